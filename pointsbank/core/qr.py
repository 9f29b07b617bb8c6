"""Draws QR codes: the only file that knows qrcode."""

import io
from html import escape

import qrcode
from qrcode.constants import ERROR_CORRECT_M

_QUIET_MODULES = 4
_DIGITS_A_VERSION = ((1, 34), (2, 63), (3, 101), (4, 149))  # numeric capacity at level M
_BYTES_A_VERSION = ((2, 26), (3, 42), (4, 62), (5, 84), (6, 106), (8, 152), (10, 213))


def modules(content: str) -> list[list[bool]]:
    """The code's dark modules by row, without the quiet zone; version fixed by length, mask fixed
    for speed.
    """
    capacities = _DIGITS_A_VERSION if content.isdigit() else _BYTES_A_VERSION
    length = len(content.encode())
    version = next((v for v, most in capacities if length <= most), None)
    code = qrcode.QRCode(
        version=version, error_correction=ERROR_CORRECT_M, mask_pattern=3, border=0
    )
    code.add_data(content, optimize=0 if not content.isdigit() else 20)
    code.make(fit=version is None)
    return code.modules  # type: ignore[no-any-return]


def svg(content: str, label: str = "") -> str:
    """An inline SVG, black on white with its quiet zone; size it by CSS. ``label`` is its text
    alternative.
    """
    rows = modules(content)
    side = len(rows) + 2 * _QUIET_MODULES
    path = "".join(
        f"M{x + _QUIET_MODULES} {y + _QUIET_MODULES}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {side} {side}" '
        'role="img" '
        f'aria-label="{escape(label)}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )


def png(content: str, module_pixels: int = 10) -> bytes:
    """A PNG image, black on white with its quiet zone."""
    from PIL import Image

    rows = modules(content)
    side = len(rows) + 2 * _QUIET_MODULES
    image = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + _QUIET_MODULES, y + _QUIET_MODULES), 0)
    file = io.BytesIO()
    image.resize((side * module_pixels, side * module_pixels)).save(file, "PNG")
    return file.getvalue()
