"""What is printed: the report slip with its receipt, and the poster that leads to the form."""

from datetime import date
from pathlib import Path

from pointsbank.core import bank, printing, qr

_PRINT = Path(__file__).parent / "print"


def register_address(community_id: int) -> str:
    """What a community's poster leads to: a plain short address that any scanner opens."""
    return f"{bank.settings().public_url.rstrip('/')}/register/{community_id}"


def poster(community: str, community_id: int) -> bytes:
    """The A4 poster of a community. Refuses GlyphMissing."""
    address = register_address(community_id)
    data = {"community": community, "address": address, "qr": qr.svg(address)}
    return printing.pdf(_PRINT / "poster.typ", data)


def slip(
    *,
    number: str,
    name: str,
    volunteer_number: str,
    party_status: str,
    unit: str,
    branch: str,
    community: str,
    grid: str,
    duty: str,
    reported_on: date,
) -> bytes:
    """The report slip 报到单 and, its receipt 回执, on A4. Refuses GlyphMissing."""
    return printing.pdf(
        _PRINT / "slip.typ",
        {
            "number": number,
            "name": name,
            "volunteer_number": volunteer_number,
            "party_status": party_status,
            "unit": unit,
            "branch": branch,
            "community": community,
            "grid": grid,
            "duty": duty,
            "day": f"{reported_on.year}年{reported_on.month}月{reported_on.day}日",
        },
    )
