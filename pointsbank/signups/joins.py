"""How sign-ups are joined to people and times: a person is asked for under all her records."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from pointsbank.events.models import Event, Shift
from pointsbank.members.models import Member
from pointsbank.signups.models import SignUp
from pointsbank.signups.rules import SignUpState


def of_event(event_id: int | None) -> ColumnElement[bool]:
    return col(SignUp.event_id) == event_id


def is_in(state: SignUpState) -> ColumnElement[bool]:
    return col(SignUp.state) == state


def person() -> Any:
    """The record that a sign-up is counted under: the kept one of those merged."""
    return func.coalesce(col(Member.merged_into_id), col(Member.id))


def is_here() -> ColumnElement[bool]:
    """Who left the register keeps no seat; a merged record is its kept one's."""
    return or_(col(Member.left_on).is_(None), col(Member.merged_into_id).is_not(None))


def people(*columns: Any) -> Any:
    return (
        select(*columns).select_from(SignUp).join(Member, col(Member.id) == col(SignUp.member_id))
    )


def with_times(*columns: Any) -> Any:
    return (
        people(*columns)
        .join(Event, col(Event.id) == col(SignUp.event_id))
        .join(Shift, col(Shift.id) == col(SignUp.shift_id), isouter=True)
    )


def begins() -> Any:
    return func.coalesce(col(Shift.starts_at), col(Event.starts_at))


def ends() -> Any:
    return func.coalesce(col(Shift.ends_at), col(Event.ends_at))


def shift_end(event_id: Any, member_id: Any) -> Any:
    """SQL: when the last shift ends for which the member of one column signed up at the event of
    the other; NULL: for none."""
    return (
        select(func.max(col(Shift.ends_at)))
        .join(SignUp, col(SignUp.shift_id) == col(Shift.id))
        .where(
            col(SignUp.event_id) == event_id,
            col(SignUp.member_id) == member_id,
            col(SignUp.state) == SignUpState.SIGNED_UP,
        )
        .scalar_subquery()
    )
