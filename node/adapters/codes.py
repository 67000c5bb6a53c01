"""QR codes (ISO/IEC 18004): an address that a telephone reads from paper."""

from segno import make


def svg(address: str) -> str:
    """Return the code of an address as an SVG to stand in a page: black on white, without style or script."""
    code = make(address, error="m", micro=False)
    return code.svg_inline(scale=4, border=4, light="#fff", omitsize=True, svgclass="squares", lineclass=None)
