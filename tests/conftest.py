"""Runs coroutine tests, each on a loop of its own, with a time limit that a hung test cannot outlive."""

import asyncio
import inspect
from typing import Any

import pytest

LONGEST_SECONDS = 120


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names if name in pyfuncitem.funcargs}

    async def limited() -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            await pyfuncitem.obj(**arguments)

    asyncio.run(limited())
    return True
