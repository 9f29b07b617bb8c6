"""Printing: the same bytes for the same data, no markup from data, no empty boxes for names."""

from pathlib import Path

import pypdfium2
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


@pytest.mark.parametrize(
    ("name", "typefaces"),
    [
        ("张翀李堃王㼆赵龑欧阳䶮李𬱖", ["NotoSansSC"]),
        ("王𠮷", ["HanaMinB", "NotoSansSC"]),
        ("孙𡋾𨰻李𪜶", ["HanaMinB", "HanaMinB", "HanaMinB", "NotoSansSC"]),
    ],
)
def test_rare_characters_of_names_are_printed(
    template: Path, name: str, typefaces: list[str]
) -> None:
    page = pypdfium2.PdfDocument(printing.pdf(template, {"name": name}))[0]
    assert page.get_textpage().get_text_bounded().strip() == name
    fonts = {part.get_font().get_base_name() for part in page.get_objects()}
    assert sorted(one.split("+")[-1].split("-")[0] for one in fonts) == typefaces


def test_a_character_without_a_glyph_is_named(template: Path) -> None:
    with pytest.raises(GlyphMissing) as refused:
        printing.pdf(template, {"rows": [{"name": "王\U000323af\U00010400"}]})
    assert refused.value.facts["characters"] == "\U00010400\U000323af"
