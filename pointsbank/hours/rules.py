"""What a stay is worth in minutes, when they become credit, and the dated hour rule as a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pointsbank.core.errors import Invalid, say

MOST_MINUTES = 24 * 60


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
class Stay:
    """From check-in to check-out; still there while ``checked_out_at`` is None."""

    checked_in_at: datetime
    checked_out_at: datetime | None = None


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


def check_hour_terms(terms: HourTerms) -> None:
    """Refuse with HourTermsOutOfRange numbers that are negative, huge, or at odds."""
    names = ("least", "most", "early", "late", "repeat")
    fits = all(0 <= getattr(terms, f"{name}_minutes") <= MOST_MINUTES for name in names)
    if not fits or not 0 < terms.most_minutes >= terms.least_minutes:
        raise HourTermsOutOfRange


class HourTermsOutOfRange(Invalid):
    sentence = say("时长规则的分钟数须在 0 至 1440 之间，最少时长不能超过最多时长。")
