"""What a scan gets at the door, the fold over scans, and the states of an attendance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say
from pointsbank.events.rules import EventState
from pointsbank.hours.rules import Credit, HourTerms, Stay


class Verdict(StrEnum):
    """What a scan gets: the closed list, each with its own headline on the page."""

    CHECK_IN = "check_in"
    ALREADY_IN = "already_in"
    OFFER_CHECK_OUT = "offer_check_out"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    NOT_BEGUN = "not_begun"
    OVER = "over"
    CANCELLED = "cancelled"


class AttendanceState(StrEnum):
    """From the door to the ledger."""

    PRESENT = "present"
    AWAITING_CLOSE = "awaiting_close"
    TO_CONFIRM = "to_confirm"
    CREDITED = "credited"
    NOTHING = "nothing"
    UNSETTLED = "unsettled"


ATTENDANCE_NAMES = {
    AttendanceState.PRESENT: say("在场"),
    AttendanceState.AWAITING_CLOSE: say("活动结束后入账"),
    AttendanceState.TO_CONFIRM: say("待确认"),
    AttendanceState.CREDITED: say("已入账"),
    AttendanceState.NOTHING: say("不计时长"),
    AttendanceState.UNSETTLED: say("待核定"),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """The times and state of an event, all that a scan's verdict needs of it."""

    state: EventState
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ScanFact:
    """A scan as the fold sees it: when, in which order recorded, and what it was."""

    scanned_at: datetime
    id: int
    verdict: Verdict


def window(occasion: Occasion, stay: Stay | None, terms: HourTerms, at: datetime) -> Verdict:
    """What a scan at this instant gets. The page shows it, the verbs obey it."""
    if occasion.state is EventState.CANCELLED:
        return Verdict.CANCELLED
    if stay and stay.checked_out_at:
        return Verdict.CHECKED_OUT
    if occasion.state is EventState.CLOSED:
        return Verdict.OVER
    if stay:
        return _window_inside(occasion, stay, terms, at)
    if at > occasion.ends_at:
        return Verdict.OVER
    begun = at >= occasion.starts_at - timedelta(minutes=terms.early_minutes)
    return Verdict.CHECK_IN if begun and occasion.state is EventState.OPEN else Verdict.NOT_BEGUN


def _window_inside(occasion: Occasion, stay: Stay, terms: HourTerms, at: datetime) -> Verdict:
    if at - stay.checked_in_at < timedelta(minutes=terms.repeat_minutes):
        return Verdict.ALREADY_IN
    if at > occasion.ends_at + timedelta(minutes=terms.late_minutes):
        return Verdict.OVER
    return Verdict.OFFER_CHECK_OUT


def fold(scans: Iterable[ScanFact]) -> Stay | None:
    """The stay that these scans tell, whatever the order in which they arrived.

    By (instant, id): the first check-in begins it, the first check-out after that ends it.
    """
    stay: Stay | None = None
    for scan in sorted(scans, key=lambda scan: (scan.scanned_at, scan.id)):
        if stay is None and scan.verdict is Verdict.CHECKED_IN:
            stay = Stay(scan.scanned_at)
        elif stay and not stay.checked_out_at and scan.verdict is Verdict.CHECKED_OUT:
            stay = Stay(stay.checked_in_at, scan.scanned_at)
    return stay


def state_after_check_out(worth_minutes: int, credit: Credit) -> AttendanceState:
    """Where an attendance stands once the person has left; ``CREDITED`` is posted at once."""
    if not worth_minutes:
        return AttendanceState.NOTHING
    return {
        Credit.AT_CHECK_OUT: AttendanceState.CREDITED,
        Credit.AT_CLOSE: AttendanceState.AWAITING_CLOSE,
        Credit.AFTER_CONFIRMATION: AttendanceState.TO_CONFIRM,
    }[credit]


class CodeUnknown(NotFound):
    sentence = say("活动码 %(code)s 无效，请核对海报上的六位活动码，或请组织者帮助。")


class ClaimForAnotherEvent(Invalid):
    sentence = say("这次扫码属于另一个活动，请重新扫描本活动的二维码。")


class NotAVolunteer(Forbidden):
    sentence = say("当前账号不是志愿者账号，不能签到。请用志愿者本人的手机号登录。")


class NotBegun(Conflict):
    sentence = say("活动尚未开始签到，%(title)s 于 %(starts_at)s 开始。")


class EventOver(Conflict):
    sentence = say("活动 %(title)s 已于 %(ends_at)s 结束，不能再签到签退，请联系组织者。")


class EventCancelled(Conflict):
    sentence = say("活动 %(title)s 已取消：%(reason)s")


class NotCheckedIn(Conflict):
    sentence = say("您还没有在本活动签到，不能签退。")


class SomebodyCame(Conflict):
    sentence = say("已有 %(count)s 人签到，不能取消，请改为结束活动。")
