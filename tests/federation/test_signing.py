"""Signatures made beside the loop: each its own, none forgotten."""

import asyncio

import pytest

from federation.signing import Signing
from tests.patience import PATIENCE_SECONDS


async def test_everybody_gets_their_own_headers_in_every_rhythm():
    signing = Signing()

    async def one(number: int) -> None:
        for turn in range(20):
            made = await signing.headers(lambda *asked: {"asked": str(asked)}, "GET", f"{number}/{turn}", None)
            assert made == {"asked": str(("GET", f"{number}/{turn}", None))}
            if (number + turn) % 3:
                await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*[one(number) for number in range(100)])


async def test_one_that_cannot_sign_harms_no_other():
    def broken(method, url, body):
        raise ValueError(url)

    signing = Signing()
    wanted = [signing.headers(broken if n == 1 else lambda *_: {}, "GET", str(n), None) for n in range(3)]
    made = await asyncio.gather(*wanted, return_exceptions=True)
    assert made[0] == made[2] == {}
    with pytest.raises(ValueError, match="1"):
        raise made[1]
