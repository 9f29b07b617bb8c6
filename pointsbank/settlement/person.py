"""A member's part of settlement: what changed her hours, her objections and supplements."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from pointsbank.attendance.models import Attendance
from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.events.models import Event
from pointsbank.settlement.models import Evidence, HourChange, Objection, ReviewWord, Supplement
from pointsbank.settlement.rated import rated_services
from pointsbank.settlement.rules import (
    CHANGE_NAMES,
    FINDING_NAMES,
    OBJECTION_NAMES,
    RATED,
    SUPPLEMENT_NAMES,
)

TABLES = ("hour_change", "objection", "review_word", "supplement")


def export(session: Session, member_id: int) -> Sections:
    """Each change of her hours with its reason, each objection and supplement with its answer, and
    what those served said of her services.
    """
    changes = session.execute(
        select(HourChange, col(Event.title))
        .join(Attendance, col(Attendance.id) == col(HourChange.attendance_id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(col(HourChange.member_id) == member_id)
        .order_by(col(HourChange.id))
    )
    objections = session.execute(
        select(Objection, col(Event.title))
        .join(Attendance, col(Attendance.id) == col(Objection.attendance_id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(col(Objection.member_id) == member_id)
        .order_by(col(Objection.id))
    )
    return {
        say("时长更改"): [
            {
                say("活动名称"): title,
                say("更改事项"): CHANGE_NAMES[one.kind],
                say("原分钟"): one.minutes_before,
                say("现分钟"): one.minutes_after,
                say("理由"): one.reason,
                say("更改时间"): one.at,
            }
            for one, title in changes
        ],
        say("时长异议"): [
            {
                say("活动名称"): title,
                say("异议内容"): one.text,
                say("本人认为应计分钟"): one.wanted_minutes,
                say("状态"): OBJECTION_NAMES[one.state],
                say("提出时间"): one.made_at,
                say("答复"): one.answer,
                say("答复时间"): one.answered_at,
            }
            for one, title in objections
        ],
        **_asked(session, member_id),
        RATED: [
            {
                say("活动名称"): event.title,
                say("满意度"): rated.mean,
                say("评价人数"): rated.number,
            }
            for _, event, rated in rated_services(session, [member_id])
        ],
    }


def _asked(session: Session, member_id: int) -> Sections:
    supplements = session.execute(
        select(Supplement, col(Event.title))
        .join(Event, col(Event.id) == col(Supplement.event_id))
        .where(col(Supplement.member_id) == member_id)
        .order_by(col(Supplement.id))
    )
    words = session.execute(
        select(ReviewWord)
        .where(col(ReviewWord.member_id) == member_id)
        .order_by(col(ReviewWord.id))
    ).scalars()
    return {
        say("补录申请"): [
            {
                say("活动名称"): title,
                say("开始服务"): one.came_at,
                say("结束服务"): one.left_at,
                say("说明"): one.text,
                say("状态"): SUPPLEMENT_NAMES[one.state],
                say("申请时间"): one.asked_at,
                say("答复"): one.answer,
                say("答复时间"): one.answered_at,
            }
            for one, title in supplements
        ],
        say("时长核查"): [
            {
                say("核查事项"): FINDING_NAMES[one.kind],
                say("核查结论"): one.word,
                say("核查时间"): one.at,
            }
            for one in words
        ],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Reasons, words and pictures go; minutes stay: credited hours rest on them."""
    hers = select(col(Supplement.id)).where(col(Supplement.member_id) == member_id)
    session.execute(delete(Evidence).where(col(Evidence.supplement_id).in_(hers)))
    for table, cleared in (
        (HourChange, {"reason": ""}),
        (Objection, {"text": "", "answer": ""}),
        (Supplement, {"text": "", "answer": ""}),
        (ReviewWord, {"word": ""}),
    ):
        session.execute(update(table).where(col(table.member_id) == member_id).values(**cleared))
