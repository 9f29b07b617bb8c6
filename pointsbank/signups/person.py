"""A member's part of the sign-ups: what she signed up for, and that she has a calendar address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.events.models import Event, Post, Shift
from pointsbank.signups.merging import give_up_doubles, take_up_again
from pointsbank.signups.models import CalendarAddress, SignUp
from pointsbank.signups.operations import withdraw_all
from pointsbank.signups.queries import calendar_address
from pointsbank.signups.rules import SIGN_UP_NAMES, WAY_NAMES

TABLES = ("sign_up", "calendar_address")


def export(session: Session, member_id: int) -> Sections:
    """Each sign-up with its post, shift, way and times; when her calendar address was made."""
    rows = session.execute(
        select(SignUp, Event, Post, Shift)
        .join(Event, col(Event.id) == col(SignUp.event_id))
        .join(Post, col(Post.id) == col(SignUp.post_id), isouter=True)
        .join(Shift, col(Shift.id) == col(SignUp.shift_id), isouter=True)
        .where(col(SignUp.member_id) == member_id)
        .order_by(col(SignUp.id))
    )
    address = calendar_address(session, member_id)
    return {
        say("活动报名"): [
            {
                say("活动名称"): event.title,
                say("岗位"): post.name if post else None,
                say("开始时间"): (shift or event).starts_at,
                say("报名方式"): WAY_NAMES[one.way],
                say("报名时间"): one.asked_at,
                say("状态"): SIGN_UP_NAMES[one.state],
                say("候补转正时间"): one.moved_up_at,
                say("退出报名时间"): one.withdrawn_at,
                say("退出原因"): one.withdrawal_reason,
            }
            for one, event, post, shift in rows
        ],
        say("日历订阅"): [{say("生成时间"): address.made_at}] if address else [],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """What is to come is withdrawn, the calendar address void, reasons go; that she had signed up
    stays under her number.
    """
    withdraw_all(session, member_id=member_id, at=at)
    session.execute(delete(CalendarAddress).where(col(CalendarAddress.member_id) == member_id))
    session.execute(
        update(SignUp).where(col(SignUp.member_id) == member_id).values(withdrawal_reason="")
    )


def merge(session: Session, *, kept_id: int, other_id: int, at: datetime) -> Mapping[str, Any]:
    """Her sign-ups are the kept one's by the record that they are under; of two for one spot one
    stays. A calendar address passes where the kept record has none.
    """
    facts: dict[str, Any] = {"given_up": give_up_doubles(session, kept_id, at)}
    address = calendar_address(session, other_id)
    if address is not None and calendar_address(session, kept_id) is None:
        facts["calendar"] = address.made_at.isoformat()
        _read_by(session, other_id, kept_id)
    return facts


def unmerge(
    session: Session, *, kept_id: int, other_id: int, facts: Mapping[str, Any], at: datetime
) -> None:
    """What was given up stands again; the calendar address goes back, unless it is another now."""
    take_up_again(session, facts.get("given_up", []), at)
    address = calendar_address(session, kept_id)
    if address is not None and address.made_at.isoformat() == facts.get("calendar"):
        _read_by(session, kept_id, other_id)


def _read_by(session: Session, from_id: int, to_id: int) -> None:
    session.execute(
        update(CalendarAddress)
        .where(col(CalendarAddress.member_id) == from_id)
        .values(member_id=to_id),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
