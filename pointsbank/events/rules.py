"""The states of an event, its times, and what refuses a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Invalid, NotFound, say

LONGEST_EVENT = timedelta(hours=24)
FARTHEST_AHEAD = timedelta(days=731)
ORGANISERS = (Role.ORGANISER, Role.SECRETARY)
CONFIRMERS = (*ORGANISERS, Role.REVIEWER)


class EventState(StrEnum):
    """Draft → published → open → closed; cancelled from any state before somebody came."""

    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STATE_NAMES = {
    EventState.DRAFT: say("草稿"),
    EventState.PUBLISHED: say("已发布"),
    EventState.OPEN: say("签到中"),
    EventState.CLOSED: say("已结束"),
    EventState.CANCELLED: say("已取消"),
}


def check_span(start: datetime, end: datetime) -> None:
    """Refuse with TimesImpossible an end before the start, or more than a day."""
    if not start < end <= start + LONGEST_EVENT:
        raise TimesImpossible


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an event's page: its template, and ``part`` as the template knows it."""

    template: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """A few words beside a listed event; the page translates ``sentence`` and fills in facts."""

    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    tone: str = ""


def check_state(state: EventState, *fitting: EventState) -> None:
    """Refuse with WrongState a step that does not fit an event's state."""
    if state not in fitting:
        raise WrongState(state=STATE_NAMES[state])


def check_times(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    """Refuse with EventInPast, TimesImpossible, TooFarAhead what cannot be planned."""
    if ends_at <= at:
        raise EventInPast
    check_span(starts_at, ends_at)
    if starts_at > at + FARTHEST_AHEAD:
        raise TooFarAhead


class EventNotFound(NotFound):
    sentence = say("没有这个活动。")


class KeyReused(Conflict):
    sentence = say("这个操作编号已用于另一次操作，请重新操作。")


class WrongState(Conflict):
    sentence = say("活动当前为“%(state)s”，不能进行这一步。")


class EventInPast(Conflict):
    sentence = say("活动时间已过，不能作为新活动发布。")


class PublicAddressLocal(Conflict):
    sentence = say("本系统的网址只有这台电脑能打开，扫码无效。请管理员先设置 public_url。")


class TimesImpossible(Invalid):
    sentence = say("结束时间必须晚于开始时间，且一次活动不超过 24 小时。")


class TooFarAhead(Invalid):
    sentence = say("活动时间最远可定在两年以内。")
