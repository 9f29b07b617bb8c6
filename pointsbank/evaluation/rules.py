"""What an evaluation is made of, when a year may be sealed, what the seal is taken over."""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pointsbank.core.errors import Conflict, NotFound, say


class Relation(StrEnum):
    """What makes a person one of an organisation's: the column that an evaluation reads."""

    RESIDENCE = "residence"
    BRANCH = "branch"
    EMPLOYER = "employer"
    TEAM = "team"


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
}


def relation_of(line: str) -> Relation:
    """The relation that an organisation's line of the tree stands for."""
    return _RELATION_OF_LINE[str(line)]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of the sheet: name for programs, Chinese label, unit.

    ``unit``: ``minutes``, ``points``, ``count`` or ``star``; ``summed``: a sum means something.
    """

    name: str
    label: str
    unit: str

    @property
    def summed(self) -> bool:
        return self.unit != "star"


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


def check_sealable(year: int, *, on: date, rule: EvaluationRule) -> None:
    """Refuse a year that is not far enough gone on this day of the service's calendar."""
    if on < rule.seal_from(year):
        raise TooEarlyToSeal(year=year, from_on=rule.seal_from(year))


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


def totals(columns: Sequence[Column], rows: Iterable[Sequence[int]]) -> list[int | None]:
    """The sum row: one sum a column, None where a sum means nothing."""
    sums = [0] * len(columns)
    for figures in rows:
        for place, figure in enumerate(figures):
            sums[place] += figure
    return [total if column.summed else None for column, total in zip(columns, sums, strict=True)]


def hour_tenths(minutes: int) -> int:
    """Minutes as tenths of an hour: the named rounding of the sheet (0.1 h, floor)."""
    return minutes // 6


def in_batches(rows: Iterable[SealedFigures], size: int) -> Iterator[list[SealedFigures]]:
    batch: list[SealedFigures] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
