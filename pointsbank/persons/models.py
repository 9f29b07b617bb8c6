"""Tables: merges of two records, pairs known to be two people's, departures, erasures, and the
dated rule of who leaves.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.local_rules.models import LocalRule, one_after_another
from pointsbank.members.rules import Leaving
from pointsbank.persons.rules import LONGEST_REASON, ErasureAsked, LeavingRule, PointsOnLeaving

_STANDS = text("undone_at IS NULL")
_NOT_TAKEN_BACK = text("taken_back_at IS NULL")


class Merge(Table, table=True):
    """Two records known to be one person's. ``facts``: what undoes it, by feature."""

    __tablename__ = "merge"
    __table_args__ = (
        Index(
            "uq_merge_other_id_stands", "other_id",
            unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS,
        ),
        Index("ix_merge_kept_id", "kept_id"),
    )  # fmt: skip

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    kept_id: int = reference("member.id")
    other_id: int = reference("member.id")
    merged_at: datetime
    merged_by: int
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=JSON)
    undone_at: datetime | None = None
    undone_by: int | None = None


class DistinctPair(Table, table=True):
    """Two records that look like one person's and are known to be two people's."""

    __tablename__ = "distinct_pair"
    __table_args__ = (
        CheckConstraint("one_id < two_id", name="order"),
        Index(
            "uq_distinct_pair_stands", "one_id", "two_id",
            unique=True, sqlite_where=_NOT_TAKEN_BACK, postgresql_where=_NOT_TAKEN_BACK,
        ),
    )  # fmt: skip

    id: int = key()
    one_id: int = reference("member.id")
    two_id: int = reference("member.id")
    told_at: datetime
    told_by: int
    taken_back_at: datetime | None = None
    taken_back_by: int | None = None


class Departure(Table, table=True):
    """A member's leaving or death, as it was recorded. ``reason`` can be erased."""

    __tablename__ = "departure"

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    member_id: int = reference("member.id", index=True)
    leaving: Leaving = Field(sa_type=choice(Leaving))
    left_on: date
    reason: str = Field(default="", max_length=LONGEST_REASON)
    rule_version: int
    points_given_up: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    recorded_at: datetime
    recorded_by: int


class Erasure(Table, table=True):
    """That a person's data was erased: when, by whom, how she had asked."""

    __tablename__ = "erasure"

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    member_id: int = reference("member.id", unique=True)
    asked: ErasureAsked = Field(sa_type=choice(ErasureAsked))
    asked_on: date
    points_given_up: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    erased_at: datetime
    erased_by: int


class LeavingRuleRow(LocalRule, table=True):
    """One version of an organisation's rule of what becomes of points."""

    __tablename__ = "leaving_rule"
    __table_args__: Any = one_after_another()

    points: PointsOnLeaving = Field(sa_type=choice(PointsOnLeaving))

    def frozen(self) -> LeavingRule:
        return LeavingRule(self.org_id, self.version, self.from_on, self.points)


append_only("erasure", "leaving_rule")
