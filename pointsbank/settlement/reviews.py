"""A reviewer's word on what stands on the review list."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance import operations as attendances
from pointsbank.attendance.models import LateScan
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.events import operations as events
from pointsbank.settlement.changes import check_not_own
from pointsbank.settlement.findings import Finding, findings
from pointsbank.settlement.models import ReviewWord
from pointsbank.settlement.rules import REVIEWERS, FindingKind, NoSuchFinding, PointsSpent


def review(
    session: Session, actor: Actor, *, kind: FindingKind, subject: str, word: str, accept: bool,
    at: datetime,
) -> Finding:  # fmt: skip
    """Take something off the review list with a word; a late scan counts where it is accepted.

    Hours that turn out wrong are corrected by themselves. Refuses, in order: NoSuchFinding (not on
    this actor's list, or settled already), OwnHours, PointsSpent.
    """
    on_list = [one for one in findings(session, actor, at) if one.kind is kind]
    found = next((one for one in on_list if one.subject == subject), None)
    if found is None:
        raise NoSuchFinding
    for member_id in (found.member_id, *(other for other, _ in found.others)):
        check_not_own(session, actor, member_id)
    event = events.held(session, actor, found.event_id, *REVIEWERS)
    if kind is FindingKind.LATE_SCAN:
        late = session.execute(
            select(LateScan).where(col(LateScan.scan_id) == int(subject)).with_for_update()
        ).scalar_one()
        if not attendances.decide_late(session, actor, event, late, accept=accept, at=at):
            raise PointsSpent
    session.add(
        ReviewWord(
            kind=kind, subject=subject, event_id=found.event_id, member_id=found.member_id,
            word=word, by_kind=actor.kind, by_id=actor.id, at=at,
        )
    )  # fmt: skip
    audit.record(
        session, actor, "settlement.review", ("event", found.event_id), at=at, org_id=event.org_id,
        kind=kind.value, which=subject, accept=accept,
    )  # fmt: skip
    return found
