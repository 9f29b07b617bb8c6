"""Hours and points on a member's page, and the newest entries with what they came from."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel, Shown
from pointsbank.ledger.queries import balances, joint_statement
from pointsbank.ledger.rules import DEFAULT_UNITS, MINUTES, REASON_NAMES, household_account
from pointsbank.members.queries import ids_of_person, member
from pointsbank.passbook.lapses import warnings
from pointsbank.passbook.lines import Line, told, told_at_home
from pointsbank.passbook.queries import (
    accounts,
    household_balances,
    joint_balances,
    relatives_in,
    units_of,
)

PLACE = 10
_NEWEST = 10
_JOINT = 30
_NAMES = {unit.code: unit.name for unit in DEFAULT_UNITS}


def panel(session: Session, _actor: Actor, member_id: int, on: date) -> Panel:
    """Her balances, what of them lapses soon, and her newest entries of every unit."""
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
    joint = household_balances(session, member_id)
    return Panel(
        say("服务与积分"),
        figures=(
            *(Shown(_NAMES[unit], _amount(unit, amounts[unit]), _unit(unit)) for unit in units),
            *(Shown(say("家庭账户"), _amount(unit, joint[unit]), _unit(unit)) for unit in joint),
            *(
                Shown(say("即将到期"), _amount(found.unit, found.lapse.amount), _unit(found.unit))
                for found in warnings(session, member_id, on)
            ),
        ),
        lines=tuple(_happened(line) for line in lines),
    )


def household_panel(session: Session, household_id: int) -> Panel | None:
    """What a household has, and the newest entries of its account; nothing if it never had any."""
    amounts = joint_balances(session, [household_id])
    if not amounts:
        return None
    entries = [
        (unit, entry)
        for unit in amounts
        for entry in joint_statement(session, [household_account(household_id, unit)], most=_JOINT)
    ]
    entries.sort(key=lambda found: found[1].id, reverse=True)
    lines = told(session, 0, entries[:_JOINT])
    return Panel(
        say("家庭账户"),
        figures=tuple(
            Shown(_NAMES[unit], _amount(unit, amounts[unit]), _unit(unit)) for unit in amounts
        ),
        lines=tuple(
            _happened(line)
            for line in told_at_home(session, 0, relatives_in(session, [household_id]), lines)
        ),
    )


def _happened(line: Line) -> Happened:
    entry, story = line.entry, line.story
    details = (line.relative or "", story.detail if story else "")
    sign = "−" if entry.amount < 0 else "+"
    return Happened(
        entry.effective_on,
        story.title if story else REASON_NAMES.get(entry.reason, entry.reason),
        " · ".join(detail for detail in details if detail),
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
