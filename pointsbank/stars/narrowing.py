"""The register narrowed to those of one star level."""

from datetime import date

from sqlalchemy import Select
from sqlmodel import Session

from pointsbank.stars.queries import standing_at
from pointsbank.stars.rules import STAR_NAMES

OPTIONS = STAR_NAMES


def narrowed(session: Session, scope: Select[int], value: int, on: date) -> Select[int]:
    """The ids of those of a scope who stand at this star at the end of a day."""
    return standing_at(session, scope, value, on)
