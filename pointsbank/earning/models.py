"""The points rules: one row a version, never rewritten but for the day on which it ends."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.earning.rules import Audience, Credited, Rounding
from pointsbank.ledger.rules import OverCap


class PointsRuleRow(Table, table=True):
    """A version of an organisation's rule for one unit; fields as in ``rules.PointsRule``."""

    __tablename__ = "points_rule"
    __table_args__ = (
        UniqueConstraint("org_id", "unit", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="span"),
        CheckConstraint("points_per_hour BETWEEN 0 AND 1000", name="points_per_hour"),
        CheckConstraint(
            "most_minutes_an_activity BETWEEN 1 AND 1440", name="most_minutes_an_activity"
        ),
        CheckConstraint("over_cap <> 'refuse'", name="over_cap"),
        CheckConstraint("credited = 'member' OR unit <> 'party'", name="party_credited"),
    )

    id: int = key()
    org_id: int = reference("organisation.id")
    unit: str = Field(max_length=16)
    version: int
    from_on: date
    until_on: date | None = None
    points_per_hour: int
    by_category: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    each_time: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    most_minutes_an_activity: int | None = None
    caps: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    over_cap: OverCap = Field(sa_type=choice(OverCap))
    audience: Audience = Field(sa_type=choice(Audience))
    rounding: Rounding = Field(sa_type=choice(Rounding))
    credited: Credited = Field(sa_type=choice(Credited))
