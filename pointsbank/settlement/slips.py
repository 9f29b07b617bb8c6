"""The slips by which those served rate an event, to be cut apart and handed out."""

from collections.abc import Sequence
from pathlib import Path

from pointsbank.core import bank, printing, qr
from pointsbank.settlement.rules import MARKS

_TEMPLATE = Path(__file__).parent / "print" / "slips.typ"


def rating_address(code: str) -> str:
    """What a slip's QR code holds: a plain short address that any scanner opens."""
    return f"{bank.settings().public_url.rstrip('/')}/r/{code}"


def sheet(title: str, organisation: str, codes: Sequence[str]) -> bytes:
    """A PDF, ten slips an A4 page. Refuses GlyphMissing."""
    slips = [{"code": code, "qr": qr.svg(rating_address(code))} for code in codes]
    told = {
        "title": title,
        "organisation": organisation,
        "site": rating_address(""),
        "slips": slips,
        "marks": list(MARKS.values()),
    }
    return printing.pdf(_TEMPLATE, told)
