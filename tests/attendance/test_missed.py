"""Whoever never checks out stands to be settled once her shift is over."""

from typing import Any

from community import build
from sqlmodel import select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance import queries
from pointsbank.attendance.jobs import JOBS, end_shifts
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.events import operations
from pointsbank.events.models import Event
from pointsbank.signups import operations as signups
from pointsbank.signups.operations import Asked


def test_a_missed_check_out_stands_to_be_settled_when_the_shift_is_over(
    bank: Database, make_scene: Any
) -> None:
    with transaction() as session:
        scene = make_scene(session, build(session))
        c, event = scene.community, scene.published()
        shift = operations.add_shift(
            session, c.organiser, event_id=event.id, at=scene.at(-45), note="分班次", post_id=None,
            starts_at=scene.at(0), ends_at=scene.at(60), capacity=None,
        )  # fmt: skip
        for member in (c.wang, c.li):
            asked = Asked(event.id, shift_id=shift.id, key=f"shift-of-{member}")
            signups.sign_up(session, _herself(member), asked=asked, at=scene.at(-30))
        scene.do(operations.open_event, event, -10)
        for member, came in ((c.wang, 0), (c.li, 70), (c.zhao, 0)):
            scene.scan(attendance.check_in, event, came, actor=_herself(member))
    assert end_shifts in [job.run for job in JOBS]
    end_shifts(scene.at(74))
    assert _unsettled(event) == []
    end_shifts(scene.at(75))
    assert _unsettled(event) == [c.wang]  # 李 came after her shift; 赵 had chosen none
    end_shifts(scene.at(80))
    with transaction() as session:
        now = make_scene(session, c)
        assert now.do(attendance.end_shifts, event, 80, actor=SYSTEM) == 0  # and tells nobody so
        counted = queries.counts(session, event.id)
        assert (counted.came, counted.present, counted.unsettled) == (3, 2, 1)
        assert now.scan(attendance.check_out, event, 90).state is AttendanceState.TO_CONFIRM
        noted = select(AuditEntry.facts).where(AuditEntry.action == "attendance.end_shifts")
        assert session.execute(noted).scalars().all() == [{"unsettled": 1}]
    end_shifts(scene.at(164))
    assert _unsettled(event) == []
    end_shifts(scene.at(165))
    assert _unsettled(event) == sorted([c.li, c.zhao])


def _unsettled(event: Event) -> list[int]:
    with snapshot() as session:
        rows = session.execute(
            select(Attendance.member_id)
            .where(Attendance.event_id == event.id)
            .where(Attendance.state == AttendanceState.UNSETTLED)
            .order_by(Attendance.member_id)
        )
        return list(rows.scalars())


def _herself(member_id: int) -> Actor:
    return Actor("user", SYSTEM.id, member_id=member_id)
