"""What was looked at, and what was found: one line a step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from node.errors import AllmendeError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing looked at; `what` says what is so, or what to do."""

    step: str
    ok: bool
    what: str


class Report:
    """Collects steps in the order in which they are told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, step: str, what: str, *, ok: bool = True) -> None:
        """Tell one step."""
        self.steps.append(Step(step, ok, what))

    def check(self, step: str, work: Callable[[], T], said: Callable[[T], str], *, hint: str = "") -> T | None:
        """Tell what `work` returns by `said`, or why it raises, followed by the hint; return what it returned.

        Where `said` is empty, what went well is not told.
        """
        try:
            result = work()
        except AllmendeError as error:
            self._failed(step, error, hint)
            return None
        if text := said(result):
            self.add(step, text)
        return result

    async def check_later(self, step: str, work: Awaitable[T], said: Callable[[T], str], *, hint: str = "") -> T | None:
        """The same for what has to be awaited."""
        try:
            result = await work
        except AllmendeError as error:
            self._failed(step, error, hint)
            return None
        if text := said(result):
            self.add(step, text)
        return result

    def _failed(self, step: str, error: AllmendeError, hint: str) -> None:
        self.add(step, f"{error.message.removesuffix('.')}. {hint}".strip(), ok=False)

    def failed(self, since: int = 0) -> list[str]:
        """Return the names of the steps that went wrong, each once; `since`: how many steps to pass over."""
        return list(dict.fromkeys(step.step for step in self.steps[since:] if not step.ok))

    def conclude(self, *, ok: bool, why: str = "") -> list[Step]:
        """Add the verdict and return every step."""
        if ok:
            self.add("verdict", "It would be accepted.")
        else:
            where = f"Look at: {', '.join(self.failed())}." if self.failed() else ""
            self.add("verdict", " ".join(filter(None, ["It would not be accepted.", why, where])), ok=False)
        return self.steps
