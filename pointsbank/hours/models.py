"""Tables: dated hour rules."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.hours.rules import Credit, HourRule, HourTerms, Rounding


class HourRuleRow(Table, table=True):
    """One version of an organisation's hour rule, in force until the next one begins."""

    __tablename__ = "hour_rule"
    __table_args__ = (UniqueConstraint("org_id", "version"), UniqueConstraint("org_id", "from_on"))

    id: int | None = key()
    org_id: int = reference("organisation.id")
    version: int
    from_on: date
    rounding: Rounding = Field(sa_type=choice(Rounding))
    least_minutes: int
    most_minutes: int
    early_minutes: int
    late_minutes: int
    repeat_minutes: int
    credit_static: Credit = Field(sa_type=choice(Credit, "credit_static"))
    credit_organiser: Credit = Field(sa_type=choice(Credit, "credit_organiser"))
    credit_roster: Credit = Field(sa_type=choice(Credit, "credit_roster"))
    least_percent: int
    most_pairs: int
    day_minutes: int
    parent_minutes: int

    def frozen(self) -> HourRule:
        terms = HourTerms(**{name: getattr(self, name) for name in HourTerms.__slots__})
        return HourRule(self.id, self.org_id, self.version, self.from_on, terms)
