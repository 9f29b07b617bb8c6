"""Units: what is counted, on terms that are declared once and stand for ever."""

from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Conflict, Forbidden, Invalid, say
from pointsbank.ledger.book import open_book
from pointsbank.ledger.models import Unit
from pointsbank.ledger.rules import (
    DEFAULT_UNITS,
    LONGEST_CODE,
    MOST_AMOUNT,
    ExpiryPolicy,
    UnitDeclaration,
)

LONGEST_TERM_MONTHS = 600


class UnitMalformed(Invalid):
    """Terms that no book could keep: a code too long, a floor above 0, months without need."""

    sentence = say("计量单位的条款不合规范（%(what)s）。")


class UnitDeclared(Conflict):
    """A unit's terms stand for ever: other terms are another unit."""

    sentence = say("“%(unit)s”已经设立，条款不能更改，请另设一种。")


def units(session: Session) -> list[UnitDeclaration]:
    """Every unit with its terms, in the order in which they were declared."""
    columns = [col(getattr(Unit, term.name)) for term in fields(UnitDeclaration)]
    return [
        UnitDeclaration(*row) for row in session.execute(select(*columns).order_by(col(Unit.id)))
    ]


def declare_default_units(session: Session, actor: Actor, *, at: datetime) -> None:
    """Declare minutes, morality and party points where they are not declared yet, on any terms.

    For the program itself; others are ``Forbidden``.
    """
    _take_place(session, actor)
    declared = {unit.code for unit in units(session)}
    for unit in DEFAULT_UNITS:
        if unit.code not in declared:
            _write(session, unit, at)


def declare_unit(session: Session, actor: Actor, *, unit: UnitDeclaration, at: datetime) -> None:
    """Declare a unit; its terms stand for ever. A repeat with the same terms is no change.

    Refuses ``Forbidden`` but to the program itself, ``UnitDeclared`` where the code stands for
    other terms, ``UnitMalformed``.
    """
    _take_place(session, actor)
    declared = {one.code: one for one in units(session)}.get(unit.code)
    if declared == unit:
        return
    if declared is not None:
        raise UnitDeclared(unit=unit.code)
    if (what := _fault(unit)) is not None:
        raise UnitMalformed(what=what)
    unit_id = _write(session, unit, at)
    audit.record(
        session, actor, "ledger.declare_unit", ("unit", unit_id), at=at,
        unit=unit.code, expiry=unit.expiry, spent_reversal=unit.spent_reversal,
    )  # fmt: skip


def _take_place(session: Session, actor: Actor) -> None:
    if actor.kind != "system":
        raise Forbidden
    open_book(session).units()  # takes its place in the sealer's queue


def _write(session: Session, unit: UnitDeclaration, at: datetime) -> int:
    declared = insert(Unit).values(declared_at=at, **asdict(unit))
    unit_id: int = session.execute(declared.returning(col(Unit.id))).scalar_one()
    return unit_id


def _fault(unit: UnitDeclaration) -> str | None:
    """What no book could keep; None if well."""
    if not 1 <= len(unit.code) <= LONGEST_CODE or not 1 <= len(unit.name) <= LONGEST_CODE:
        return "code"
    if not -MOST_AMOUNT <= unit.floor <= 0:
        return "floor"
    if unit.expiry is not ExpiryPolicy.NEVER and not unit.spendable:  # only what is spent lapses
        return "expiry"
    longest = LONGEST_TERM_MONTHS if unit.expiry is ExpiryPolicy.MONTHS else 0
    return None if 0 <= unit.expiry_months <= longest else "months"
