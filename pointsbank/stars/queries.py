"""The ladder that decides for a member, and where members stand."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Select
from sqlmodel import Session

from pointsbank.stars.rules import StarLadder, StarStanding


def ladder_in_force(session: Session, org_id: int, on: date) -> StarLadder:
    """The nearest ancestor's ladder in force on a day, itself first; else the national one."""
    raise NotImplementedError


def standing(session: Session, member_id: int, on: date) -> StarStanding:
    """Where one member stands at the end of a day, on the ladder of where she lives."""
    raise NotImplementedError


def standings(
    session: Session, members: Select[tuple[int]], on: date
) -> Iterator[tuple[int, StarStanding]]:
    """Where all members of a scope (a select of member ids) stand at the end of a day: two queries for a city."""
    raise NotImplementedError
