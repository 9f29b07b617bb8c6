"""Turns a typst template and data into a PDF: the only file that knows typst."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typst

from pointsbank.core import typefaces
from pointsbank.core.errors import Invalid, say


class GlyphMissing(Invalid):
    """A text holds a character that no typeface has; it would print as an empty box."""

    sentence = say("“%(text)s”中的“%(characters)s”无法打印，请换一种写法。")


def pdf(template: Path, data: dict[str, Any]) -> bytes:
    """The document as PDF; the same input gives the same bytes.

    The template reads ``json(bytes(sys.inputs.data))``, so that no text is ever parsed as markup;
    pictures are handed over in it as SVG texts. Refuses with ``GlyphMissing``.
    """
    texts = list(_texts(data))
    for text in texts:
        if missing := typefaces.unprintable(text):
            raise GlyphMissing(text=text[:20], characters="".join(missing))
    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(folder) for folder in typefaces.folders("".join(texts))],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in however deep a structure."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
