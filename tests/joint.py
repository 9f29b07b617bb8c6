"""Households whose points are credited to one account, for the tests of several features."""

from datetime import date, datetime, timedelta
from typing import Any

from community import Community

from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Session
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import Credited, DeedCategory
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MORALITY,
    Posting,
    SystemKind,
    household_account,
    system_account,
)
from pointsbank.members import operations as members

FOUNDED = date(2026, 11, 21)


def credit_households(session: Session, org_id: int, **terms: Any) -> None:
    """Ten points an hour from today, for the household."""
    asked = {"unit": MORALITY, "points_per_hour": 10, "credited": Credited.HOUSEHOLD} | terms
    adopt_points_rule(
        session, SYSTEM, org_id=org_id, from_on=clock.today(), at=clock.now(), **asked
    )


def household(session: Session, *member_ids: int) -> int:
    """A household founded today; the first is its head."""
    head, *others = member_ids
    return members.found_household(
        session, SYSTEM, head_id=head, member_ids=others, on=clock.today(), at=clock.now()
    ).id


def give_at_home(session: Session, household_id: int, points: int) -> None:
    """Points out of nothing, as if somebody of the household had served."""
    posting = Posting(
        key=f"given-at-home:{household_id}:{points}",
        source=system_account(MORALITY, SystemKind.ISSUED, "environment"),
        destination=household_account(household_id, MORALITY),
        amount=points,
        effective_on=clock.today(),
        reason="opening",
    )
    ledger.post_all(session, SYSTEM, [posting], at=clock.now())


def serve_today(session: Session, place: Community, *member_ids: int, minutes: int = 60) -> int:
    """These members take part in one patrol, which ended now; the event's id."""
    end: datetime = clock.now()
    begin = end - timedelta(minutes=minutes)
    event = PastEvent(place.community, "楼栋巡逻", DeedCategory.PATROL, "1号楼", begin, end)
    [event_id] = record_events(session, SYSTEM, [event], at=end)
    stays = [PastAttendance(event_id, member_id, begin, end) for member_id in member_ids]
    record_attendances(session, SYSTEM, stays, at=end)
    return event_id
