"""The sheet of volunteer cards, for those who come without a phone."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pointsbank.core import printing, qr
from pointsbank.members.rules import PrintedCard

_TEMPLATE = Path(__file__).parent / "print" / "cards.typ"


def sheet(cards: Sequence[PrintedCard]) -> bytes:
    """A PDF, ten cards a page. Refuses GlyphMissing."""
    return printing.pdf(
        _TEMPLATE,
        {
            "cards": [
                {**asdict(card), "digits": _grouped(card.digits), "qr": qr.svg(card.digits)}
                for card in cards
            ]
        },
    )


def _grouped(digits: str) -> str:
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
