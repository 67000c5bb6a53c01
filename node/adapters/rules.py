"""Rules of addresses that are ready at once: a start makes hundreds of them."""

from collections.abc import Callable
from typing import Any

from quart import Quart
from quart.routing import QuartRule

Builder = Callable[..., tuple[str, str]]


class LateRule(QuartRule):
    """A rule that learns how to write its address when that is first asked for.

    Werkzeug compiles two functions for each rule beforehand, a third of a node's start; hardly any is ever called, for
    addresses are written in `node.domain.uris`. Should a newer Werkzeug do otherwise, this is never called.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compiled = super()._compile_builder

        def build(rule: Any, /, **values: Any) -> tuple[str, str]:
            made = compiled(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", made)
            written: tuple[str, str] = made(**values)
            return written

        return build


class App(Quart):
    """A Quart application with such rules."""

    url_rule_class = LateRule
