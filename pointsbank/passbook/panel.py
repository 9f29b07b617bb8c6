"""Hours and points on a member's page, and the newest entries with what they came from."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel, Shown
from pointsbank.ledger.queries import balances, joint_statement
from pointsbank.ledger.rules import DEFAULT_UNITS, MINUTES, REASON_NAMES
from pointsbank.members.queries import ids_of_person, member
from pointsbank.passbook.lines import Line, told
from pointsbank.passbook.queries import accounts, units_of

PLACE = 10
_NEWEST = 10
_NAMES = {unit.code: unit.name for unit in DEFAULT_UNITS}


def panel(session: Session, _actor: Actor, member_id: int, _on: date) -> Panel:
    """Her balances, and her newest entries of every unit."""
    person = member(session, member_id)
    amounts = balances(session, *ids_of_person(session, member_id))
    units = units_of(person, amounts)
    entries = [
        (unit, entry)
        for unit in units
        for entry in joint_statement(session, accounts(session, member_id, unit), most=_NEWEST)
    ]
    entries.sort(key=lambda found: found[1].id, reverse=True)
    lines = told(session, member_id, entries[:_NEWEST])
    return Panel(
        say("服务与积分"),
        figures=tuple(
            Shown(_NAMES[unit], _amount(unit, amounts[unit]), _unit(unit)) for unit in units
        ),
        lines=tuple(_happened(line) for line in lines),
    )


def _happened(line: Line) -> Happened:
    entry, story = line.entry, line.story
    sign = "−" if entry.amount < 0 else "+"
    return Happened(
        entry.effective_on,
        story.title if story else REASON_NAMES.get(entry.reason, entry.reason),
        story.detail if story else "",
        f"{sign}{_amount(line.unit, abs(entry.amount))}",
        _unit(line.unit),
        story.url if story else "",
    )


def _amount(unit: str, amount: int) -> str:
    """Minutes as hours, to a tenth, rounded down; points as they are."""
    if unit != MINUTES:
        return f"{amount:,}"
    tenths = amount // 6
    return f"{tenths // 10:,}.{tenths % 10}".removesuffix(".0")


def _unit(unit: str) -> str:
    return say("小时") if unit == MINUTES else say("分")
