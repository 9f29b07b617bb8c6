"""What a scan gets at the door, the fold over scans, and the states of an attendance."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b

from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say
from pointsbank.events.rules import EventState
from pointsbank.hours.rules import Credit, HourTerms, Stay, Way
from pointsbank.members.rules import CodeInvalid


class Verdict(StrEnum):
    """What a scan gets: the closed list, each with its own headline on the page."""

    CHECK_IN = "check_in"
    ALREADY_IN = "already_in"
    OFFER_CHECK_OUT = "offer_check_out"
    OFFER_RETURN = "offer_return"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    NOT_BEGUN = "not_begun"
    OVER = "over"
    CANCELLED = "cancelled"
    ALREADY_OUT = "already_out"
    NOT_CHECKED_IN = "not_checked_in"
    IN_REVIEW = "in_review"
    UNDONE = "undone"
    CODE_INVALID = "code_invalid"
    CODE_EXPIRED = "code_expired"
    CARD_LOST = "card_lost"
    MEMBER_LEFT = "member_left"
    NOT_ON_ROSTER = "not_on_roster"


EFFECTIVE = (Verdict.CHECKED_IN, Verdict.CHECKED_OUT, Verdict.UNDONE)
COUNTED = (
    *EFFECTIVE, Verdict.ALREADY_IN, Verdict.ALREADY_OUT, Verdict.NOT_CHECKED_IN, Verdict.OVER,
)  # fmt: skip
"""What the fold saw when it came: a device's scan may yet get something else, once an earlier one
arrives. All other verdicts hold whatever else is scanned."""


class ScanKind(StrEnum):
    """What a scan asks for; ``AUTO`` is whichever of the two is due, ``UNDO`` withdraws another."""

    AUTO = "auto"
    IN = "in"
    OUT = "out"
    UNDO = "undo"


OWN_WAYS = (Way.STATIC, Way.ROTATING)
"""Those in which people check themselves in; the others are an organiser's."""
DEVICE_WAYS = (Way.ORGANISER, Way.ROSTER, Way.COMPANION)
"""Those of them that a device or an organiser sends."""


class LateReason(StrEnum):
    """Why a scan waits for somebody's decision instead of counting."""

    AFTER_CLOSE = "after_close"
    PERIOD_CLOSED = "period_closed"
    CLOCK_MOVED = "clock_moved"
    POINTS_SPENT = "points_spent"


LATE_REASONS = {
    LateReason.AFTER_CLOSE: say("活动结束以后才收到"),
    LateReason.PERIOD_CLOSED: say("当期账目结账以后才收到"),
    LateReason.CLOCK_MOVED: say("设备的时钟被改动过"),
    LateReason.POINTS_SPENT: say("已入账的积分已经用掉，不能更正"),
}


class AttendanceState(StrEnum):
    """From the door to the ledger. ``ABSENT``: there are scans, but they tell of no stay."""

    PRESENT = "present"
    AWAITING_CLOSE = "awaiting_close"
    TO_CONFIRM = "to_confirm"
    CREDITED = "credited"
    NOTHING = "nothing"
    UNSETTLED = "unsettled"
    ABSENT = "absent"


ATTENDANCE_NAMES = {
    AttendanceState.PRESENT: say("在场"),
    AttendanceState.AWAITING_CLOSE: say("活动结束后入账"),
    AttendanceState.TO_CONFIRM: say("待确认"),
    AttendanceState.CREDITED: say("已入账"),
    AttendanceState.NOTHING: say("不计时长"),
    AttendanceState.UNSETTLED: say("待核定"),
    AttendanceState.ABSENT: say("未签到"),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """The times and state of an event, all that a scan's verdict needs of it."""

    state: EventState
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ScanFact:
    """A scan as the fold sees it. ``id`` is the client's, the same in whichever order scans arrive;
    ``by`` is whose scanner it was; an ``UNDO`` names the one that it withdraws.
    """

    scanned_at: datetime
    id: str
    kind: ScanKind
    way: Way
    undoes: str = ""
    by: tuple[str, int] = ("", 0)


@dataclass(frozen=True, slots=True)
class Told:
    """What the fold makes of one scan; ``since`` is what its answer names."""

    verdict: Verdict
    since: datetime | None = None


@dataclass(slots=True)
class Folded:
    """What a member's scans at one event tell: her stays, one after another, in which ways they
    came in, whose scanner let her in last, and of each scan what came of it.
    """

    first: ScanFact | None = None
    pairs: tuple[Stay, ...] = ()
    ways: tuple[Way, ...] = ()
    let_in_by: tuple[str, int] = ("", 0)
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def stay(self) -> Stay | None:
        """The last one."""
        return self.pairs[-1] if self.pairs else None


SECOND_DOOR = timedelta(minutes=15)
"""Who walks in past a second scanner is not leaving. A quarter of an hour brings a queue of people
from the gate to their posts, and a real stay so short counts for little or nothing.
"""


def window(
    occasion: Occasion,
    stay: Stay | None,
    terms: HourTerms,
    at: datetime,
    *,
    pairs: int = 1,
    passing: bool = False,
) -> Verdict:
    """What a scan at this instant gets. The page shows it, the verbs and the fold obey it.

    ``stay`` is the last of her ``pairs``. ``passing``: it asks for whatever is due, and another
    scanner than this one let her in.
    """
    if occasion.state is EventState.CANCELLED:
        return Verdict.CANCELLED
    if stay and stay.checked_out_at:
        return _window_outside(occasion, stay.checked_out_at, terms, at, pairs)
    if occasion.state is EventState.CLOSED:
        return Verdict.OVER
    if stay:
        return _window_inside(occasion, stay, terms, at, passing)
    if at > occasion.ends_at:
        return Verdict.OVER
    begun = at >= occasion.starts_at - timedelta(minutes=terms.early_minutes)
    return Verdict.CHECK_IN if begun and occasion.state is EventState.OPEN else Verdict.NOT_BEGUN


def _window_inside(
    occasion: Occasion, stay: Stay, terms: HourTerms, at: datetime, passing: bool
) -> Verdict:
    again = timedelta(minutes=terms.repeat_minutes)
    if at - stay.checked_in_at < (max(again, SECOND_DOOR) if passing else again):
        return Verdict.ALREADY_IN
    if at > occasion.ends_at + timedelta(minutes=terms.late_minutes):
        return Verdict.OVER
    return Verdict.OFFER_CHECK_OUT


def _window_outside(
    occasion: Occasion, left_at: datetime, terms: HourTerms, at: datetime, pairs: int
) -> Verdict:
    """Who left may come back while the event lasts, as often as the rule counts."""
    returns = (
        occasion.state is EventState.OPEN
        and pairs < terms.most_pairs
        and at <= occasion.ends_at
        and at - left_at >= timedelta(minutes=terms.repeat_minutes)
    )
    return Verdict.OFFER_RETURN if returns else Verdict.CHECKED_OUT


def fits(occasion: Occasion, terms: HourTerms, at: datetime) -> bool:
    """Whether a scan at this instant could count while the event is open."""
    opens = occasion.starts_at - timedelta(minutes=terms.early_minutes)
    return opens <= at <= occasion.ends_at + timedelta(minutes=terms.late_minutes)


def fold(scans: Iterable[ScanFact], occasion: Occasion, terms: HourTerms) -> Folded:
    """What these scans tell, whatever the order in which they arrived and however often.

    By (instant, id), each gets what ``window`` gives while the event is open.
    """
    facts = sorted({scan.id: scan for scan in scans}.values(), key=lambda s: (s.scanned_at, s.id))
    undone = {scan.undoes for scan in facts if scan.kind is ScanKind.UNDO}
    opened = Occasion(EventState.OPEN, occasion.starts_at, occasion.ends_at)
    found = Folded(facts[0] if facts else None)
    for scan in facts:
        if scan.kind is ScanKind.UNDO or scan.id in undone:
            found.told[scan.id] = Told(Verdict.UNDONE)
        else:
            at, pairs = scan.scanned_at, len(found.pairs)
            passing = scan.kind is ScanKind.AUTO and scan.by != found.let_in_by
            verdict = window(opened, found.stay, terms, at, pairs=pairs, passing=passing)
            found.told[scan.id] = _take(found, scan, verdict)
    return found


def _take(found: Folded, scan: ScanFact, verdict: Verdict) -> Told:
    """Let one scan work on what was found so far."""
    stay, at = found.stay, scan.scanned_at
    comes = verdict in (Verdict.CHECK_IN, Verdict.OFFER_RETURN) and scan.kind is not ScanKind.OUT
    if comes:
        found.pairs, found.ways = (*found.pairs, Stay(at)), (*found.ways, scan.way)
        found.let_in_by = scan.by
        return Told(Verdict.CHECKED_IN, at)
    if stay is None:
        return Told(Verdict.NOT_CHECKED_IN if verdict is Verdict.CHECK_IN else verdict)
    if verdict is Verdict.OFFER_CHECK_OUT and scan.kind is not ScanKind.IN:
        found.pairs = (*found.pairs[:-1], Stay(stay.checked_in_at, at))
        found.ways = (*found.ways, scan.way)
        return Told(Verdict.CHECKED_OUT, stay.checked_in_at)
    if stay.checked_out_at:
        return Told(Verdict.ALREADY_OUT, stay.checked_out_at)
    return Told(Verdict.OVER if verdict is Verdict.OVER else Verdict.ALREADY_IN, stay.checked_in_at)


def device_mark(event_id: int, device: str) -> bytes | None:
    """What a scan keeps of the random word that its browser sends: the same for all scans of one
    browser at this event, and of no use to find it at another.
    """
    said = f"{event_id}:{device}".encode()
    return blake2b(said, digest_size=8).digest() if device else None


CLOCK_TOLERANCE = timedelta(minutes=5)


def offset_of(measured_ms: int | None, sent_at: datetime, received_at: datetime) -> timedelta:
    """What a device's clock is behind the server's: as it measured last, or else as it sends."""
    if measured_ms is None:
        return received_at - sent_at
    return timedelta(milliseconds=measured_ms)


def clock_moved(measured_ms: int | None, sent_at: datetime, received_at: datetime) -> bool:
    """Whether the clock was set between the last measurement and the sending: then nobody knows
    which of the two holds for the scan.
    """
    apart = offset_of(measured_ms, sent_at, received_at) - (received_at - sent_at)
    return abs(apart) > CLOCK_TOLERANCE


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


class RotatingExpired(Conflict):
    sentence = say("动态码已过期，请重新扫屏幕上的码。")


class RotatingInvalid(CodeInvalid):
    sentence = say("动态码不对，请重新扫屏幕上的码。")


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


class PointsSpent(Conflict):
    sentence = say("这次活动的积分已经用掉，不能更正，请联系组织者。")


class ScanNotFound(NotFound):
    sentence = say("没有这次扫码记录。")


class NothingToUndo(Conflict):
    sentence = say("这次扫码没有生效，不用撤销。")


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands on a line of a sheet: the times of day that were written, and on a blank line the
    volunteer number.
    """

    line: int
    came: time
    left: time | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class EnteredLine:
    """What became of a line; ``verdict`` is the last of its times'."""

    line: int
    member_id: int | None
    verdict: Verdict


class SheetNotFound(NotFound):
    sentence = say("没有这张签到表，请核对表上的编号。")


class SheetEntered(Conflict):
    sentence = say("第 %(number)s 号签到表已于 %(entered_at)s 录入，不能再录一次。")


class SheetEmpty(Invalid):
    sentence = say("一行也没有填，没有录入。每张表只能录入一次，请照表填写。")


class SheetSizeInvalid(Invalid):
    sentence = say("一张签到表须有 1 至 500 行。")


class LineInvalid(Invalid):
    sentence = say("第 %(line)s 行：签退时间须晚于签到时间，且须在活动当天。")


class WalkInNotFound(NotFound):
    sentence = say("没有这条临时参加登记。")


class WalkInSettled(Conflict):
    sentence = say("这条临时参加登记已经处理过了。")


class PhoneInvalid(Invalid):
    sentence = say("请填写 11 位手机号码。")
