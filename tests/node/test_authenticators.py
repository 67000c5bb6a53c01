"""Codes of authenticator apps, against the vectors of RFC 6238 (appendix B, SHA-1, their last six digits)."""

import pytest

from node.adapters import authenticators

KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_a_code_is_what_every_app_shows(second, code):
    assert authenticators.code(KEY, at=second * 1000) == code
    assert authenticators.step(KEY, code, at=second * 1000 + 999) == second // 30


def test_a_telephone_may_be_half_a_minute_early_or_late_and_no_more():
    at = 1_800_000_000_000
    said = authenticators.code(KEY, at=at)
    near = [offset for offset in range(-90, 120, 30) if authenticators.step(KEY, said, at=at + offset * 1000)]
    assert near == [-30, 0, 30]


@pytest.mark.parametrize("said", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\0", "-12345", "é" * 6])
def test_what_is_no_code_is_of_no_step(said):
    assert authenticators.step(KEY, said, at=59_000) is None


def test_a_key_is_told_as_apps_read_it():
    assert authenticators.readable(KEY) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert authenticators.address(KEY, member="ada@mill.example", node="The Mill & Co") == (
        "otpauth://totp/The%20Mill%20%26%20Co:ada%40mill.example?digits=6&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&algorithm=SHA1&issuer=The+Mill+%26+Co&period=30"
    )
    assert len({authenticators.fresh() for _ in range(10)}) == 10
