"""Star ladders: one row a version; levels are a list of (star, hours)."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.stars.rules import Window


class StarLadderRow(Table, table=True):
    """A version of an organisation's ladder; fields as in ``rules.StarLadder``."""

    __tablename__ = "star_ladder"
    __table_args__ = (
        UniqueConstraint("org_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="span"),
    )

    id: int = key()
    org_id: int = reference("organisation.id")
    version: int
    from_on: date
    until_on: date | None = None
    window: Window = Field(sa_type=choice(Window))
    levels: list[list[int]] = Field(sa_type=JSON)
