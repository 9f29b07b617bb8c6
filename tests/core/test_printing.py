"""Printing: the same bytes for the same data, no markup from data, no empty boxes for names."""

from pathlib import Path

import pytest

from pointsbank.core import printing
from pointsbank.core.printing import GlyphMissing

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(date: none)
#set text(font: "Noto Sans SC")
#data.name
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "name.typ"
    path.write_text(TEMPLATE)
    return path


def test_the_same_data_gives_the_same_bytes(template: Path) -> None:
    first = printing.pdf(template, {"name": "王桂芳"})
    assert first.startswith(b"%PDF")
    assert first == printing.pdf(template, {"name": "王桂芳"})


def test_data_is_never_parsed_as_markup(template: Path) -> None:
    assert printing.pdf(template, {"name": "#panic() *粗* $x$ \\"}).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["张翀", "李堃", "王㼆", "赵龑", "欧阳䶮"])
def test_rare_characters_of_names_can_be_printed(name: str) -> None:
    printing.check_glyphs({"rows": [{"name": name}]})


def test_a_character_without_a_glyph_is_named() -> None:
    with pytest.raises(GlyphMissing) as refused:
        printing.check_glyphs({"rows": [{"name": "王𠮷"}]})
    assert refused.value.facts["characters"] == "𠮷"
