"""Sealed years and their rows, both append-only, and the dated rule of when a year may be."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, key, reference
from pointsbank.evaluation.rules import EvaluationRule
from pointsbank.local_rules.models import LocalRule, one_after_another


class SealedYear(Table, table=True):
    """One organisation's evaluation of one year. ``columns``: list of [name, label, unit]."""

    __tablename__ = "sealed_year"
    __table_args__ = (UniqueConstraint("org_id", "year"),)

    id: int = key()
    org_id: int = reference("organisation.id")
    year: int
    relation: str = Field(max_length=16)
    sealed_at: datetime
    sealed_by: int = Field(sa_type=BigInteger)
    columns: list[list[str]] = Field(sa_type=JSON)
    rows_count: int
    previous_digest: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    key: str = Field(max_length=64, unique=True)


class SealedRow(Table, table=True):
    """One person's line of a sealed year: ids and figures. Names are joined on output, so that
    they can be erased; ids are no foreign keys, so that nothing hangs on the sheet."""

    __tablename__ = "sealed_row"

    sealed_year_id: int = reference("sealed_year.id", primary_key=True)
    position: int = Field(primary_key=True)
    member_id: int = Field(sa_type=BigInteger)
    residence_id: int | None = Field(default=None, sa_type=BigInteger)
    branch_id: int | None = Field(default=None, sa_type=BigInteger)
    employer_id: int | None = Field(default=None, sa_type=BigInteger)
    party_status: str = Field(max_length=16)
    figures: list[int] = Field(sa_type=JSON)


class EvaluationRuleVersion(LocalRule, table=True):
    """From which day of a year an organisation, and those below it without a rule, may seal."""

    __tablename__ = "evaluation_rule"
    __table_args__: Any = (
        *one_after_another(),
        CheckConstraint("seal_from_month BETWEEN 1 AND 12", name="seal_from_month"),
        CheckConstraint("seal_from_day BETWEEN 1 AND 28", name="seal_from_day"),
    )

    seal_from_month: int
    seal_from_day: int

    def frozen(self) -> EvaluationRule:
        return EvaluationRule(**self.terms)


append_only("sealed_year", "sealed_row", "evaluation_rule")
