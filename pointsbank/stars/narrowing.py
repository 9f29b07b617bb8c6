"""The register narrowed to those of one star level."""

from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session

from pointsbank.stars.queries import few_at, standing_at
from pointsbank.stars.rules import STAR_NAMES

OPTIONS = STAR_NAMES


def holds(session: Session, value: int, on: date) -> ColumnElement[bool]:
    """That a member stands at this star at the end of a day."""
    return standing_at(session, value, on)


def few(session: Session, value: int, on: date, *, most: int) -> list[int] | None:
    """Everybody who may stand there, and others; None where they are more than ``most``."""
    return few_at(session, value, on, most=most)
