"""Tables: dated hour rules."""

from typing import Any

from sqlmodel import Field

from pointsbank.core.database import append_only, choice
from pointsbank.hours.rules import Credit, HourRule, HourTerms, Rounding
from pointsbank.local_rules.models import LocalRule, one_after_another


class HourRuleRow(LocalRule, table=True):
    """One version of an organisation's hour rule, in force until the next one begins."""

    __tablename__ = "hour_rule"
    __table_args__: Any = one_after_another()

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
        terms = HourTerms(**self.terms)
        return HourRule(self.id, self.org_id, self.version, self.from_on, terms)


append_only("hour_rule")
