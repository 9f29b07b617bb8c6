"""What a scan gets and what a stay is worth: hour rules, an event's window, the fold over scans."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say

LONGEST_EVENT = timedelta(hours=24)
FARTHEST_AHEAD = timedelta(days=731)
MOST_MINUTES = 24 * 60
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


class Way(StrEnum):
    """How a scan came in. All ways stand here from the start: the scans' table is never altered."""

    STATIC = "static"
    ROTATING = "rotating"
    ORGANISER = "organiser"
    ROSTER = "roster"
    SHEET = "sheet"
    COMPANION = "companion"
    IMPORTED = "imported"


# The provenance of an hour is the account that it is issued from.
PROVENANCE = {
    Way.STATIC: "scanned",
    Way.ROTATING: "scanned",
    Way.ORGANISER: "scanned",
    Way.ROSTER: "roster",
    Way.SHEET: "sheet",
    Way.COMPANION: "roster",
    Way.IMPORTED: "imported",
}


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


class Credit(StrEnum):
    """When an hour becomes credit, from the earliest to the latest."""

    AT_CHECK_OUT = "at_check_out"
    AT_CLOSE = "at_close"
    AFTER_CONFIRMATION = "after_confirmation"


class Rounding(StrEnum):
    """Minutes are cut down to whole steps. No national rule exists: a community names its own."""

    MINUTE = "minute"
    TENTH = "tenth"
    QUARTER = "quarter"
    HALF = "half"
    HOUR = "hour"


STEP_MINUTES = {
    Rounding.MINUTE: 1, Rounding.TENTH: 6, Rounding.QUARTER: 15, Rounding.HALF: 30,
    Rounding.HOUR: 60,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HourTerms:
    """What residents adopt: how a stay becomes minutes and when those are credited.

    ``early_minutes``: check-in begins so long before the start. ``late_minutes``: check-out is
    taken so long after the end. Only time within the event counts. ``repeat_minutes``: a second
    scan within them only answers.
    """

    rounding: Rounding = Rounding.MINUTE
    least_minutes: int = 10
    most_minutes: int = 480
    early_minutes: int = 30
    late_minutes: int = 120
    repeat_minutes: int = 5
    credit_static: Credit = Credit.AFTER_CONFIRMATION
    credit_organiser: Credit = Credit.AT_CHECK_OUT
    credit_roster: Credit = Credit.AT_CHECK_OUT

    def credit_of(self, *ways: Way) -> Credit:
        """When minutes are credited whose scans came in these ways: the latest of what they ask."""
        return max((self._credit_of(way) for way in ways), key=tuple(Credit).index)

    def _credit_of(self, way: Way) -> Credit:
        if way is Way.STATIC:
            return self.credit_static
        if way in (Way.ROTATING, Way.ORGANISER):
            return self.credit_organiser
        return self.credit_roster


@dataclass(frozen=True, slots=True)
class HourRule:
    """One version of an organisation's hour rule.

    ``id`` is None for the rule that holds where none was adopted.
    """

    id: int | None
    org_id: int | None
    version: int
    from_on: date
    terms: HourTerms


def hour_rule_ref(rule_id: int | None) -> str:
    """The rule's name in the ledger; empty for the standing rule."""
    return f"hour_rule:{rule_id}" if rule_id else ""


STANDING_RULE = HourRule(
    id=None, org_id=None, version=0, from_on=date(2000, 1, 1), terms=HourTerms()
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The times and state of an event, all that a scan's verdict needs of it."""

    state: EventState
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """From check-in to check-out; still there while ``checked_out_at`` is None."""

    checked_in_at: datetime
    checked_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScanFact:
    """A scan as the fold sees it: when, in which order recorded, and what it was."""

    scanned_at: datetime
    id: int
    verdict: Verdict


class CutKind(StrEnum):
    """Why a stay is worth less than its length."""

    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    ROUNDED = "rounded"
    OVER_MOST = "over_most"
    UNDER_LEAST = "under_least"
    NOT_CHECKED_OUT = "not_checked_out"


CUT_SENTENCES = {
    CutKind.BEFORE_START: say("活动开始前的 %(minutes)s 分钟不计。"),
    CutKind.AFTER_END: say("活动结束后的 %(minutes)s 分钟不计。"),
    CutKind.ROUNDED: say("按规则取整，尾数 %(minutes)s 分钟不计。"),
    CutKind.OVER_MOST: say("一次活动最多计 %(minutes)s 分钟，超出的部分不计。"),
    CutKind.UNDER_LEAST: say("不足 %(minutes)s 分钟，不计时长。"),
    CutKind.NOT_CHECKED_OUT: say("没有签退，时长待组织者核定。"),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """One reason with its number of minutes."""

    kind: CutKind
    minutes: int = 0


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


def worth(
    stay: Stay, starts_at: datetime, ends_at: datetime, terms: HourTerms
) -> tuple[int, list[Cut]]:
    """The minutes that a stay counts, actual service within the event, and why not more."""
    if stay.checked_out_at is None:
        return 0, [Cut(CutKind.NOT_CHECKED_OUT)]
    cuts = []
    early = _minutes(stay.checked_in_at, min(starts_at, stay.checked_out_at))
    late = _minutes(max(ends_at, stay.checked_in_at), stay.checked_out_at)
    if early:
        cuts.append(Cut(CutKind.BEFORE_START, early))
    if late:
        cuts.append(Cut(CutKind.AFTER_END, late))
    minutes = _minutes(max(stay.checked_in_at, starts_at), min(stay.checked_out_at, ends_at))
    if minutes < terms.least_minutes:
        return 0, [*cuts, Cut(CutKind.UNDER_LEAST, terms.least_minutes)]
    if minutes > terms.most_minutes:
        minutes = terms.most_minutes
        cuts.append(Cut(CutKind.OVER_MOST, minutes))
    rest = minutes % STEP_MINUTES[terms.rounding]
    if rest:
        cuts.append(Cut(CutKind.ROUNDED, rest))
    return minutes - rest, cuts


def why_of(cuts: Iterable[Cut]) -> list[list[str | int]]:
    """Reasons as they are stored beside an attendance."""
    return [[cut.kind.value, cut.minutes] for cut in cuts]


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()) // 60)


def state_after_check_out(worth_minutes: int, credit: Credit) -> AttendanceState:
    """Where an attendance stands once the person has left; ``CREDITED`` is posted at once."""
    if not worth_minutes:
        return AttendanceState.NOTHING
    return {
        Credit.AT_CHECK_OUT: AttendanceState.CREDITED,
        Credit.AT_CLOSE: AttendanceState.AWAITING_CLOSE,
        Credit.AFTER_CONFIRMATION: AttendanceState.TO_CONFIRM,
    }[credit]


def check_span(start: datetime, end: datetime) -> None:
    """Refuse with TimesImpossible an end before the start, or more than a day."""
    if not start < end <= start + LONGEST_EVENT:
        raise TimesImpossible


def check_times(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    """Refuse with EventInPast, TimesImpossible, TooFarAhead what cannot be planned."""
    if ends_at <= at:
        raise EventInPast
    check_span(starts_at, ends_at)
    if starts_at > at + FARTHEST_AHEAD:
        raise TooFarAhead


def check_hour_terms(terms: HourTerms) -> None:
    """Refuse with HourTermsOutOfRange numbers that are negative, huge, or at odds."""
    names = ("least", "most", "early", "late", "repeat")
    fits = all(0 <= getattr(terms, f"{name}_minutes") <= MOST_MINUTES for name in names)
    if not fits or not 0 < terms.most_minutes >= terms.least_minutes:
        raise HourTermsOutOfRange


class EventNotFound(NotFound):
    sentence = say("没有这个活动。")


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


class KeyReused(Conflict):
    sentence = say("这个操作编号已用于另一次操作，请重新操作。")


class WrongState(Conflict):
    sentence = say("活动当前为“%(state)s”，不能进行这一步。")


class EventInPast(Conflict):
    sentence = say("活动时间已过，不能作为新活动发布。")


class SomebodyCame(Conflict):
    sentence = say("已有 %(count)s 人签到，不能取消，请改为结束活动。")


class PublicAddressLocal(Conflict):
    sentence = say("本系统的网址只有这台电脑能打开，扫码无效。请管理员先设置 public_url。")


class TimesImpossible(Invalid):
    sentence = say("结束时间必须晚于开始时间，且一次活动不超过 24 小时。")


class TooFarAhead(Invalid):
    sentence = say("活动时间最远可定在两年以内。")


class HourTermsOutOfRange(Invalid):
    sentence = say("时长规则的分钟数须在 0 至 1440 之间，最少时长不能超过最多时长。")


class HourRuleBackdated(Conflict):
    sentence = say("时长规则不能追溯：须晚于%(from_on)s起施行。")
