"""What an evaluation is made of, when a year may be sealed, what the seal is taken over."""

import hashlib
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from pointsbank.core.errors import Conflict, Invalid, NotFound, say
from pointsbank.members.rules import Relation

RELATION_NAMES = {
    Relation.RESIDENCE: say("按居住地"),
    Relation.BRANCH: say("按党组织关系"),
    Relation.EMPLOYER: say("按工作单位"),
    Relation.TEAM: say("按志愿服务队"),
}

_RELATION_OF_LINE = {
    "territory": Relation.RESIDENCE,
    "party": Relation.BRANCH,
    "employer": Relation.EMPLOYER,
    "team": Relation.TEAM,
    # Nobody belongs to a partner; what it holds and hands out is counted.
    "partner": Relation.TEAM,
}


def relation_of(line: str) -> Relation:
    """The relation that an organisation's line of the tree stands for."""
    return _RELATION_OF_LINE[str(line)]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of the sheet: name for programs, Chinese label, unit (minutes, points, count)."""

    name: str
    label: str
    unit: str

    @property
    def summed(self) -> bool:
        """Whether the sum of the column means anything."""
        return self.name != "star"


@dataclass(frozen=True, slots=True)
class SealedFigures:
    """One person's line as it is sealed: ids and figures, nothing that names anybody."""

    member_id: int
    residence_id: int | None
    branch_id: int | None
    employer_id: int | None
    party_status: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EvaluationRule:
    """When a year may be sealed: from this day of it on (local rule; default 1 December)."""

    seal_from_month: int = 12
    seal_from_day: int = 1

    def seal_from(self, year: int) -> date:
        return date(year, self.seal_from_month, self.seal_from_day)


REFERENCE_ONLY = say("本表仅供年度民主评议参考，不是评议等次；等次由党组织评定。")
HOURS_ROUNDED = say("服务时长按分钟合计后换算为小时，不足0.1小时的舍去。")


class NoSuchEvaluation(NotFound):
    sentence = say("没有找到该组织的年度评议，或者它不在您的管理范围内。")


class SealKeyReused(Conflict):
    sentence = say("同一次提交已用于另一个组织或年度的封存，请刷新页面后重试。")


class YearAlreadySealed(Conflict):
    sentence = say("%(year)s年度评议已于%(sealed_at)s封存，不能重复封存；可导出封存的评议表。")


class TooEarlyToSeal(Conflict):
    sentence = say("%(year)s年度评议要从%(from_on)s起才能封存，请届时再来办理。")


class NobodyToEvaluate(Conflict):
    sentence = say("%(year)s年度该组织名下没有可评议的人员，不能封存。请先核对人员归属。")


class SealDayImpossible(Invalid):
    sentence = say("封存起始日须是1月至12月中每月1日至28日的某一天。")


def check_seal_day(month: int, day: int) -> None:
    """Refuse a day that not every year has."""
    if not (1 <= month <= 12 and 1 <= day <= 28):
        raise SealDayImpossible


def check_sealable(year: int, *, on: date, rule: EvaluationRule) -> None:
    """Refuse a year that is not far enough gone on this day of the service's calendar."""
    if on < rule.seal_from(year):
        raise TooEarlyToSeal(year=str(year), from_on=rule.seal_from(year))


_HEAD = struct.Struct(">8sqiqq32sI")
_ROW = struct.Struct(">IqqqqI")
_VERSION = b"PBYEAR01"
NO_SEAL_BEFORE = bytes(32)


def seal_digest(
    *,
    org_id: int,
    year: int,
    sealed_at: datetime,
    sealed_by: int,
    previous: bytes,
    columns: Sequence[Column],
    rows: Iterable[SealedFigures],
) -> bytes:
    """SHA-256 over a fixed binary encoding: head, columns, rows in order. 32 bytes.

    Integers are big-endian and of fixed width, instants microseconds since 1970, texts UTF-8 after
    their length; ``previous`` is the digest of the organisation's seal before (zeros for its
    first), which chains the years.
    """
    sum_ = hashlib.sha256()
    micros = round(sealed_at.timestamp() * 1_000_000)
    sum_.update(_HEAD.pack(_VERSION, org_id, year, micros, sealed_by, previous, len(columns)))
    for column in columns:
        for text in (column.name, column.label, column.unit):
            sum_.update(_text(text))
    figures_of = struct.Struct(f">{len(columns)}q")
    for position, row in enumerate(rows):
        places = (row.residence_id or 0, row.branch_id or 0, row.employer_id or 0)
        sum_.update(_ROW.pack(position, row.member_id, *places, len(row.figures)))
        sum_.update(_text(row.party_status))
        sum_.update(figures_of.pack(*row.figures))
    return sum_.digest()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">I", len(encoded)) + encoded


def hour_tenths(minutes: int) -> int:
    """Minutes as tenths of an hour: the named rounding of the sheet (0.1 h, floor)."""
    return minutes // 6


@dataclass(frozen=True, slots=True)
class PointsUnit:
    """A unit of points as the sheet needs it."""

    code: str
    name: str


_HOURS = Column("hours", say("服务时长"), "minutes")
_SUPPLEMENTED = Column("hours.supplemented", say("其中补录"), "minutes")
_ENTERED_LATER = frozenset({"supplemented", "imported"})
_SPENT = frozenset({"redeemed", "expired"})


@cache
def columns_of_total(unit: str, kind: str, category: str) -> tuple[tuple[str, int], ...]:
    """The columns that a sum of the book goes into, each with its sign.

    ``unit`` is the ledger's, ``kind`` and ``category`` those of the system account opposite.
    """
    if unit == "minutes":
        later = category in _ENTERED_LATER
        return ((_HOURS.name, 1), (_SUPPLEMENTED.name, 1)) if later else ((_HOURS.name, 1),)
    if kind in _SPENT:
        return ((f"{kind}.{unit}", -1),)
    if kind == "issued":
        return ((f"earned.{unit}", 1), (f"earned.{unit}.{category}", 1))
    return ((f"adjusted.{unit}", 1),) if kind == "adjusted" else ()


def measure_of(column: str) -> str:
    """What a column of the sheet is in a roll-up (``minutes``, ``in.party`` …); else empty."""
    if column == _HOURS.name:
        return "minutes"
    kind, _, unit = column.partition(".")
    way = {"earned": "in", "redeemed": "out"}.get(kind)
    return f"{way}.{unit}" if way and "." not in unit else ""


def columns_of_book(
    units: Sequence[PointsUnit], found: Collection[str], categories: Mapping[str, str]
) -> list[Column]:
    """The sheet's columns that come from the book; ``categories``: code to name, in their order.

    Hours and points earned are always there; the rest where there is something to show. What was
    redeemed is the counter's figure.
    """
    columns = [_HOURS]
    if _SUPPLEMENTED.name in found:
        columns.append(_SUPPLEMENTED)
    for unit in units:
        columns.append(Column(f"earned.{unit.code}", unit.name, "points"))
        others = {
            name.split(".", 2)[2] for name in found if name.startswith(f"earned.{unit.code}.")
        }
        order = [code for code in categories if code in others]
        for code in order + sorted(others - set(order)):
            label = f"{unit.name}·{categories.get(code, code) or say('其他')}"
            columns.append(Column(f"earned.{unit.code}.{code}", label, "points"))
        for kind, label in (("adjusted", say("调整")), ("expired", say("已到期"))):
            if f"{kind}.{unit.code}" in found:
                columns.append(Column(f"{kind}.{unit.code}", f"{unit.name}·{label}", "points"))
    return columns


def in_order(book: Sequence[Column], contributed: Sequence[Column]) -> tuple[Column, ...]:
    """Hours first, then star and activities, then points; what other features count comes last."""
    early = ("star", "activities")
    hours = [column for column in book if column.unit == "minutes"]
    known = sorted((c for c in contributed if c.name in early), key=lambda c: early.index(c.name))
    points = [column for column in book if column.unit != "minutes"]
    return (*hours, *known, *points, *(c for c in contributed if c.name not in early))
