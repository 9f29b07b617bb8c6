"""The sheet of volunteer cards, for those who come without a phone: to be cut out, or on labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pointsbank.core import printing, qr
from pointsbank.members.labels import LabelSheet, NoSuchLabel
from pointsbank.members.rules import PrintedCard

_PRINT = Path(__file__).parent / "print"


def sheet(cards: Sequence[PrintedCard]) -> bytes:
    """A PDF, ten cards a page. Refuses GlyphMissing."""
    return printing.pdf(_PRINT / "cards.typ", {"cards": _shown(cards)})


def label_sheet(cards: Sequence[PrintedCard], labels: LabelSheet, first: int = 1) -> bytes:
    """A PDF for sheets of labels; those before the ``first``, counted from 1, are used already.

    Refuses, in order: NoSuchLabel (the first), GlyphMissing.
    """
    if first > labels.count:
        raise NoSuchLabel(count=labels.count)
    data = {"cards": _shown(cards), "labels": asdict(labels), "first": first}
    return printing.pdf(_PRINT / "labels.typ", data)


def _shown(cards: Sequence[PrintedCard]) -> list[dict[str, Any]]:
    return [
        {**asdict(card), "digits": _grouped(card.digits), "qr": qr.svg(card.digits)}
        for card in cards
    ]


def _grouped(digits: str) -> str:
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
