"""The points rules: one row a version, never rewritten."""

from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field

from pointsbank.core.database import append_only, choice
from pointsbank.earning.rules import Audience, Credited, PointsRule, Rounding
from pointsbank.ledger.rules import OverCap
from pointsbank.local_rules.models import LocalRule, one_after_another


class PointsRuleRow(LocalRule, table=True):
    """A version of an organisation's rule for one unit; fields as in ``rules.PointsRule``."""

    __tablename__ = "points_rule"
    __table_args__: Any = (
        *one_after_another("unit"),
        CheckConstraint("points_per_hour BETWEEN 0 AND 1000", name="points_per_hour"),
        CheckConstraint(
            "most_minutes_an_activity BETWEEN 1 AND 1440", name="most_minutes_an_activity"
        ),
        CheckConstraint("over_cap <> 'refuse'", name="over_cap"),
        CheckConstraint("credited = 'member' OR unit <> 'party'", name="party_credited"),
    )

    PART: ClassVar[str] = "unit"

    unit: str = Field(max_length=16)
    points_per_hour: int
    by_category: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    each_time: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    most_minutes_an_activity: int | None = None
    caps: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    over_cap: OverCap = Field(sa_type=choice(OverCap))
    audience: Audience = Field(sa_type=choice(Audience))
    rounding: Rounding = Field(sa_type=choice(Rounding))
    credited: Credited = Field(sa_type=choice(Credited))

    def frozen(self) -> PointsRule:
        return PointsRule(self.id, self.org_id, self.unit, self.version, self.from_on, **self.terms)


append_only("points_rule")
