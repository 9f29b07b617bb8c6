"""The typefaces of what is printed: one for all but the rarest characters of names, and for those
the pieces of another. The only file that knows fonts.
"""

import tempfile
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

from pointsbank.core import resources

_SANS = Path(str(files("pylopdf_fonts_zh_cn")))
_RARE = resources.folder("static") / "vendor" / "hanamin-0.0.5"


def unprintable(characters: Iterable[str]) -> list[str]:
    """Those of these characters for which no typeface has a glyph, in order."""
    return sorted(one for one in _beyond_sans(characters) if ord(one) not in _pieces())


def folders(characters: Iterable[str]) -> list[Path]:
    """Where typst finds a glyph for each of these, which all are printable."""
    rare = {_pieces()[ord(one)] for one in _beyond_sans(characters)}
    for piece in rare:
        _unpack(piece)
    return [_SANS, *([Path(_unpacked().name)] if rare else [])]


def _beyond_sans(characters: Iterable[str]) -> set[str]:
    return {one for one in characters if ord(one) > 0x7F and ord(one) not in _of_sans()}


@cache
def _of_sans() -> frozenset[int]:
    """Every code point of the ordinary typeface: GB 18030 up to extension A, and what of the others
    stands in the national table of 8,105 characters (通用规范汉字表).
    """
    with TTFont(_SANS / "NotoSansSC-Regular.otf", lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _pieces() -> dict[int, Path]:
    """The piece that has a code point of the extensions B to F. Takes two seconds, once, for the
    first name that needs it.
    """
    found = {}
    for piece in sorted(_RARE.glob("*.woff2")):
        with TTFont(piece, lazy=True) as font:
            found.update(dict.fromkeys(font.getBestCmap(), piece))
    return found


@cache
def _unpacked() -> tempfile.TemporaryDirectory[str]:
    """Where this process keeps its unpacked pieces; gone with it."""
    return tempfile.TemporaryDirectory(prefix="pb-fonts-")


@cache
def _unpack(piece: Path) -> None:
    """Write a piece as OpenType, for typst reads no WOFF2; whole at once, others may be reading."""
    folder = Path(_unpacked().name)
    with TTFont(piece) as font, tempfile.NamedTemporaryFile(dir=folder, delete=False) as half:
        font.flavor = None
        font.save(half)
    Path(half.name).replace(folder / f"{piece.stem}.otf")
