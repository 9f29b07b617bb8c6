"""Turns a typst template and data into a PDF: the only file that knows typst and the fonts."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
from fontTools.ttLib import TTFont

from pointsbank.core.errors import Invalid, say


class GlyphMissing(Invalid):
    """A text holds a character that the printing font lacks; it would print as an empty box."""

    sentence = say("“%(text)s”中的“%(characters)s”无法打印，请换一种写法。")


def pdf(template: Path, data: dict[str, Any], images: dict[str, bytes] | None = None) -> bytes:
    """The document as PDF; the same input gives the same bytes.

    The template reads ``json(bytes(sys.inputs.data))``, so that no text is ever parsed as markup.
    ``images`` are
    handed over as SVG texts in the same data. Refuses with ``GlyphMissing``.
    """
    check_glyphs(data)
    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(_fonts())],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
    )


def check_glyphs(value: Any) -> None:
    """Refuse a text, in however deep a structure, that the font cannot show."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            check_glyphs(part)
    elif isinstance(value, str):
        missing = sorted({c for c in value if ord(c) > 0x7F and ord(c) not in _characters()})
        if missing:
            raise GlyphMissing(text=value[:20], characters="".join(missing))


def _fonts() -> Path:
    return Path(str(files("pylopdf_fonts_zh_cn")))


@cache
def _characters() -> frozenset[int]:
    """Every code point that the printing font can show."""
    with TTFont(_fonts() / "NotoSansSC-Regular.otf", lazy=True) as font:
        return frozenset(font.getBestCmap())
