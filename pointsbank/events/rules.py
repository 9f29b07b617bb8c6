"""The states of an event, what is said of it, its times, and what refuses a plan or a change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypedDict

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Invalid, NotFound, say
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.repetition import FARTHEST_AHEAD

LONGEST_EVENT = timedelta(hours=24)
LATEST_OPENING = timedelta(hours=12)
"""After its end: where people signed on paper, it is opened to enter the sheet."""
MOST_POST_DIGITS = 3
ORGANISERS = (Role.ORGANISER, Role.SECRETARY)
CONFIRMERS = (*ORGANISERS, Role.REVIEWER)
# Kinds of organisation that have a house where events take place.
HOUSES = ("station", "alliance_unit", "social_organisation", "merchant_partner")


class EventState(StrEnum):
    """Draft → published → open → closed; cancelled from any state before somebody came."""

    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class PosterOf(StrEnum):
    """What a poster is for: the event, each of its posts, each place where posts are, or the
    station where it takes place, for all its events.
    """

    EVENT = "event"
    POST = "post"
    PLACE = "place"
    STATION = "station"


PER_SHEET = (1, 2, 4, 8)
STATE_NAMES = {
    EventState.DRAFT: say("草稿"),
    EventState.PUBLISHED: say("已发布"),
    EventState.OPEN: say("签到中"),
    EventState.CLOSED: say("已结束"),
    EventState.CANCELLED: say("已取消"),
}


class Content(TypedDict, total=False):
    """What is said of an event. Title, kind and times are needed, and either a place or, as
    ``place_id``, the organisation whose house it is; the rest may be empty.

    An activity record carries name, date, place, persons served, content, person in charge and
    recorder (民函〔2012〕340号 art. 7); recruitment states the risks, and what is dangerous needs
    accident insurance (志愿服务条例 art. 12 to 17).
    """

    title: str
    kind: DeedCategory
    place: str
    place_id: int | None
    starts_at: datetime
    ends_at: datetime
    description: str
    capacity: int | None
    served: str
    dangerous: bool
    risks: str
    insurance: str
    skill: str
    least_age: int | None
    in_charge: str
    recorder: str


FIELD_NAMES = {
    "title": say("活动名称"),
    "kind": say("活动类别"),
    "place": say("地点"),
    "place_id": say("地点"),
    "starts_at": say("开始时间"),
    "ends_at": say("结束时间"),
    "description": say("活动说明"),
    "capacity": say("计划人数"),
    "served": say("服务对象"),
    "dangerous": say("有危险性的活动"),
    "risks": say("可能的风险"),
    "insurance": say("意外保险"),
    "skill": say("所需技能"),
    "least_age": say("最低年龄"),
    "in_charge": say("负责人"),
    "recorder": say("记录人"),
}
CHANGED_NAMES = FIELD_NAMES | {"posts": say("岗位"), "shifts": say("班次")}
EMPTY: Mapping[str, Any] = MappingProxyType(
    {
        "place": "", "place_id": None, "description": "", "capacity": None, "served": "",
        "dangerous": False, "risks": "", "insurance": "", "skill": "", "least_age": None,
        "in_charge": "", "recorder": "",
    }
)  # fmt: skip
# What people signed up for: changed under their feet, it would mislead them.
PROMISED = frozenset(
    {
        "kind", "place", "place_id", "starts_at", "ends_at", "dangerous", "risks", "skill",
        "least_age",
    }
)  # fmt: skip
# What completes the record of an event that has begun.
OF_THE_RECORD = ("served", "in_charge", "recorder")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many places of an event are taken: in all, by post and by shift (those with any)."""

    people: int = 0
    posts: Mapping[int, int] = field(default_factory=dict)
    shifts: Mapping[int, int] = field(default_factory=dict)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields of a content in which two differ, in their order on the form."""
    return [name for name in FIELD_NAMES if before[name] != after[name]]


def check_change(state: EventState, changed: Collection[str], *, note: str, people: int) -> None:
    """Whether an event in this state, with so many people signed up, may change in these fields.

    Refuses, in order: WrongState (cancelled; begun, but for its record), NoteMissing (known
    already, and nothing said of the change), Misleading.
    """
    if state is EventState.DRAFT:
        return
    if state is not EventState.PUBLISHED:
        kept = state in (EventState.OPEN, EventState.CLOSED) and set(changed) <= set(OF_THE_RECORD)
        if not kept:
            raise WrongState(state=STATE_NAMES[state])
    if not note:
        raise NoteMissing
    promised = [name for name in changed if name in PROMISED]
    if people and promised:
        raise Misleading(count=people, what=FIELD_NAMES[promised[0]])


def moved(content: Content, starts_at: datetime) -> Content:
    """The same, as long as before, beginning at another time."""
    ends_at = starts_at + (content["ends_at"] - content["starts_at"])
    return {**content, "starts_at": starts_at, "ends_at": ends_at}


def stricter(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The name of what a post asks now that it did not ask of those who chose it, or is now
    elsewhere; empty if nothing.
    """
    if after["place"] != before["place"]:
        return FIELD_NAMES["place"]
    if after["skill"] not in ("", before["skill"]):
        return FIELD_NAMES["skill"]
    return (
        FIELD_NAMES["least_age"] if (after["least_age"] or 0) > (before["least_age"] or 0) else ""
    )


def check_safe(content: Mapping[str, Any]) -> None:
    """Refuse with RisksMissing, then InsuranceMissing, to publish something dangerous without."""
    if content["dangerous"] and not content["risks"]:
        raise RisksMissing
    if content["dangerous"] and not content["insurance"]:
        raise InsuranceMissing


def lacking(content: Mapping[str, Any]) -> list[str]:
    """Names of what the record of the event still lacks."""
    return [FIELD_NAMES[name] for name in OF_THE_RECORD if not content[name]]


def check_places(capacity: int | None, taken: int) -> None:
    """Refuse with PlacesTaken fewer places than are taken already; ``None`` is no limit."""
    if capacity is not None and capacity < taken:
        raise PlacesTaken(taken=taken)


def check_within(
    starts_at: datetime, ends_at: datetime, *, begins: datetime, ends: datetime
) -> None:
    """Refuse with ShiftOutside a shift that is not within the time of its event."""
    if not begins <= starts_at < ends_at <= ends:
        raise ShiftOutside


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


def post_code(code: str, number: int) -> str:
    """The code of an event's n-th post: ``AC34HK-2``."""
    return f"{code}-{number}"


def code_parts(text: str) -> tuple[str, int]:
    """A code as somebody scanned or typed it: the event's, and the number of its post or 0. What is
    no number stays part of the code, which then nobody knows.
    """
    text = text.strip().upper()
    code, _, number = text.partition("-")
    if number.isascii() and number.isdecimal() and len(number) <= MOST_POST_DIGITS:
        return code, int(number)
    return text, 0


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


class OpenedTooLate(Conflict):
    sentence = say("活动已于%(ends_at)s结束，不能再开始签到。有人到过现场的，请按补录办理。")


class PublicAddressLocal(Conflict):
    sentence = say("本系统的网址只有这台电脑能打开，扫码无效。请管理员先设置 public_url。")


class TimesImpossible(Invalid):
    sentence = say("结束时间必须晚于开始时间，且一次活动不超过 24 小时。")


class TooFarAhead(Invalid):
    sentence = say("活动时间最远可定在两年以内。")


class PlaceMissing(Invalid):
    sentence = say("请填写活动地点。")


class NotAHouse(Invalid):
    sentence = say("“%(name)s”不能选作活动地点，请直接填写地点。")


class RisksMissing(Conflict):
    sentence = say("有危险性的活动，招募时必须写明可能的风险，补充后才能发布。")


class InsuranceMissing(Conflict):
    sentence = say("有危险性的活动，必须先为志愿者办理意外保险并填写，才能发布。")


class NoteMissing(Invalid):
    sentence = say("活动已经发布，请写一句改了什么、为什么，看过通知的人会看到。")


class Misleading(Conflict):
    sentence = say("已有 %(count)s 人报名，不能再改“%(what)s”。请取消后另发一个活动。")


class PlacesTaken(Conflict):
    sentence = say("已有 %(taken)s 人报名，名额不能少于这个数。")


class PostsMissing(Conflict):
    sentence = say("这个活动没有分岗位，请打印整个活动的海报。")


class StationMissing(Conflict):
    sentence = say("这个活动的地点不是登记的站点，请打印整个活动的海报。")


class PostNotFound(NotFound):
    sentence = say("没有这个岗位。")


class PostNameTaken(Conflict):
    sentence = say("这个活动已经有“%(name)s”岗位。")


class ShiftNotFound(NotFound):
    sentence = say("没有这个班次。")


class ShiftTwice(Conflict):
    sentence = say("这个时间已经有班次。")


class ShiftOutside(Invalid):
    sentence = say("班次必须在活动时间之内，结束晚于开始。")


class SeriesNotFound(NotFound):
    sentence = say("没有这个系列活动。")


class TemplateNotFound(NotFound):
    sentence = say("没有这个模板。")


class InSeries(Conflict):
    sentence = say("这个活动已经属于一个系列。")


class NotInSeries(Conflict):
    sentence = say("这个活动不属于任何系列，只能改这一场。")
