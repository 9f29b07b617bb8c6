"""What a stay is worth in minutes, when they become credit, and the dated hour rule as a value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pointsbank.core.errors import Invalid, say

MOST_MINUTES = 24 * 60
MOST_PAIRS = 20


class Way(StrEnum):
    """How a scan came in. All ways stand here from the start: the scans' table is never altered."""

    STATIC = "static"
    ROTATING = "rotating"
    ORGANISER = "organiser"
    ROSTER = "roster"
    SHEET = "sheet"
    COMPANION = "companion"
    IMPORTED = "imported"
    SUPPLEMENTED = "supplemented"


WAY_NAMES = {
    Way.STATIC: say("扫海报"),
    Way.ROTATING: say("扫动态码"),
    Way.ORGANISER: say("组织者扫码"),
    Way.ROSTER: say("名单登记"),
    Way.SHEET: say("签到表补录"),
    Way.COMPANION: say("由同伴代签"),
    Way.IMPORTED: say("导入"),
    Way.SUPPLEMENTED: say("补录"),
}

# The provenance of an hour is the account that it is issued from.
PROVENANCE = {
    Way.STATIC: "scanned",
    Way.ROTATING: "scanned",
    Way.ORGANISER: "scanned",
    Way.ROSTER: "roster",
    Way.SHEET: "sheet",
    Way.COMPANION: "roster",
    Way.IMPORTED: "imported",
    Way.SUPPLEMENTED: "supplemented",
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


CREDIT_NAMES: dict[str, str] = {
    Credit.AT_CHECK_OUT: say("签退时记入"),
    Credit.AT_CLOSE: say("活动结束时记入"),
    Credit.AFTER_CONFIRMATION: say("组织者确认后记入"),
}
ROUNDING_NAMES: dict[str, str] = {
    Rounding.MINUTE: say("按分钟"),
    Rounding.TENTH: say("按 0.1 小时"),
    Rounding.QUARTER: say("按一刻钟"),
    Rounding.HALF: say("按半小时"),
    Rounding.HOUR: say("按整小时"),
}


@dataclass(frozen=True, slots=True)
class HourTerms:
    """What residents adopt: how a stay becomes minutes and when those are credited.

    ``early_minutes``: check-in begins so long before the start. ``late_minutes``: check-out is
    taken so long after the end. Only time within the event counts: the way there never does.
    ``repeat_minutes``: a second scan within them only answers. ``least_percent``: of the activity's
    length, below which nothing counts. ``most_pairs``: so many check-ins with their check-outs
    count. ``day_minutes``: of a member's day so many are credited by themselves; what is over, up
    to ``parent_minutes``, the organisation above the event's approves, the rest the next above
    (``MOST_MINUTES``: nothing is held).
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
    least_percent: int = 0
    most_pairs: int = 3
    day_minutes: int = MOST_MINUTES
    parent_minutes: int = MOST_MINUTES

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
class Stay:
    """From check-in to check-out; still there while ``checked_out_at`` is None."""

    checked_in_at: datetime
    checked_out_at: datetime | None = None


class CutKind(StrEnum):
    """Why a stay is worth less than its length."""

    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    MORE_PAIRS = "more_pairs"
    ROUNDED = "rounded"
    OVER_MOST = "over_most"
    UNDER_LEAST = "under_least"
    UNDER_SHARE = "under_share"
    FOR_PARENT = "for_parent"
    FOR_ABOVE = "for_above"
    NOT_CHECKED_OUT = "not_checked_out"
    SETTLED = "settled"
    CORRECTED = "corrected"
    SUPPLEMENTED = "supplemented"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"


_BY_HAND = {CutKind.SETTLED, CutKind.CORRECTED, CutKind.APPROVED, CutKind.NOT_APPROVED}

CUT_SENTENCES = {
    CutKind.BEFORE_START: say("活动开始前的 %(minutes)s 分钟不计。"),
    CutKind.AFTER_END: say("活动结束后的 %(minutes)s 分钟不计。"),
    CutKind.MORE_PAIRS: say("签到签退次数超过规定，多出的 %(minutes)s 分钟不计。"),
    CutKind.ROUNDED: say("按规则取整，尾数 %(minutes)s 分钟不计。"),
    CutKind.OVER_MOST: say("一次活动最多计 %(minutes)s 分钟，超出的部分不计。"),
    CutKind.UNDER_LEAST: say("不足 %(minutes)s 分钟，不计时长。"),
    CutKind.UNDER_SHARE: say("在场时间占活动时长的比例不够，须满 %(minutes)s 分钟，不计时长。"),
    CutKind.FOR_PARENT: say("当日时长超过自动计入的上限，超出的 %(minutes)s 分钟须上级组织审批。"),
    CutKind.FOR_ABOVE: say(
        "当日时长超过上级组织可审批的上限，超出的 %(minutes)s 分钟须再上一级组织审批。"
    ),
    CutKind.NOT_CHECKED_OUT: say("没有签退，时长待组织者核定。"),
    CutKind.SETTLED: say("没有签退，组织者核定为 %(minutes)s 分钟。"),
    CutKind.CORRECTED: say("复核后更正为 %(minutes)s 分钟。"),
    CutKind.SUPPLEMENTED: say("没有签到记录，经审核补录 %(minutes)s 分钟。"),
    CutKind.APPROVED: say("超出当日上限的时长，上级组织批准 %(minutes)s 分钟。"),
    CutKind.NOT_APPROVED: say("超出当日上限的时长，上级组织未批准 %(minutes)s 分钟。"),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """One reason with its number of minutes."""

    kind: CutKind
    minutes: int = 0


def worth(
    pairs: Sequence[Stay],
    starts_at: datetime,
    ends_at: datetime,
    terms: HourTerms,
    *,
    counted_today: int = 0,
) -> tuple[int, list[Cut]]:
    """The minutes that somebody's stays at an event count, actual service within it, and why not
    more, in the order in which it was taken off.

    ``pairs`` follow one another; while the last is open nothing counts. ``counted_today``: what
    her other activities of the day count, what is held for approval included.
    """
    if pairs[-1].checked_out_at is None:
        return 0, [Cut(CutKind.NOT_CHECKED_OUT)]
    minutes, cuts = _within(pairs, starts_at, ends_at, terms.most_pairs)
    if minutes < terms.least_minutes:
        return 0, [*cuts, Cut(CutKind.UNDER_LEAST, terms.least_minutes)]
    if terms.least_percent:
        share = -(-_minutes(starts_at, ends_at) * terms.least_percent // 100)
        if minutes < share:
            return 0, [*cuts, Cut(CutKind.UNDER_SHARE, share)]
    if minutes > terms.most_minutes:
        minutes = terms.most_minutes
        cuts.append(Cut(CutKind.OVER_MOST, minutes))
    step = STEP_MINUTES[terms.rounding]
    rest = minutes % step
    if rest:
        minutes -= rest
        cuts.append(Cut(CutKind.ROUNDED, rest))
    counted, held = within_day(minutes, terms, counted_today)
    return counted, cuts + held


def _within(
    pairs: Sequence[Stay], starts_at: datetime, ends_at: datetime, most_pairs: int
) -> tuple[int, list[Cut]]:
    """Minutes within the event of the pairs that count, and what lies outside."""
    counted = early = late = surplus = 0.0
    for place, pair in enumerate(pairs):
        came, went = pair.checked_in_at, pair.checked_out_at
        assert went is not None  # noqa: S101 - only the last may be open, and it is not
        inside = _seconds(max(came, starts_at), min(went, ends_at))
        if place >= most_pairs:
            surplus += inside
            continue
        counted += inside
        early += _seconds(came, min(starts_at, went))
        late += _seconds(max(ends_at, came), went)
    outside = (
        (CutKind.BEFORE_START, early),
        (CutKind.AFTER_END, late),
        (CutKind.MORE_PAIRS, surplus),
    )
    return int(counted // 60), [
        Cut(kind, int(seconds // 60)) for kind, seconds in outside if seconds >= 60
    ]


def within_day(minutes: int, terms: HourTerms, counted_today: int) -> tuple[int, list[Cut]]:
    """What of a stay's minutes is credited by itself, and what the organisations above have to
    approve.
    """
    if counted_today + minutes <= terms.day_minutes:
        return minutes, []
    free = max(0, terms.day_minutes - counted_today)
    free -= free % STEP_MINUTES[terms.rounding]
    for_above = min(minutes - free, max(0, counted_today + minutes - terms.parent_minutes))
    for_parent = minutes - free - for_above
    held = (CutKind.FOR_PARENT, for_parent), (CutKind.FOR_ABOVE, for_above)
    return free, [Cut(kind, many) for kind, many in held if many]


def held_minutes(cuts: Iterable[Cut]) -> int:
    """What of a stay waits for an organisation above."""
    return sum(cut.minutes for cut in cuts if cut.kind in (CutKind.FOR_PARENT, CutKind.FOR_ABOVE))


def why_of(cuts: Iterable[Cut]) -> list[list[str | int]]:
    """Reasons as they are stored beside an attendance."""
    return [[cut.kind.value, cut.minutes] for cut in cuts]


def cuts_of(why: Iterable[Sequence[Any]]) -> list[Cut]:
    """Reasons as they were stored."""
    return [Cut(CutKind(kind), minutes) for kind, minutes in why]


def is_by_hand(cuts: Iterable[Cut]) -> bool:
    """Whether somebody set these hours: then no scan that is heard of later changes them."""
    return any(cut.kind in _BY_HAND for cut in cuts)


def _seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def _minutes(start: datetime, end: datetime) -> int:
    return int(_seconds(start, end) // 60)


def check_hour_terms(terms: HourTerms) -> None:
    """Refuse with HourTermsOutOfRange numbers that are negative, huge, or at odds."""
    names = ("least", "most", "early", "late", "repeat")
    fits = (
        all(0 <= getattr(terms, f"{name}_minutes") <= MOST_MINUTES for name in names)
        and 0 < terms.most_minutes >= terms.least_minutes
        and 0 < terms.day_minutes <= terms.parent_minutes <= MOST_MINUTES
        and 0 <= terms.least_percent <= 100
        and 1 <= terms.most_pairs <= MOST_PAIRS
    )
    if not fits:
        raise HourTermsOutOfRange


class HourTermsOutOfRange(Invalid):
    sentence = say(
        "时长规则的分钟数须在 0 至 1440 之间，由低到高；比例为 0 至 100，签到签退为 1 至 20 次。"
    )
