"""Tables: kinds of organisation, organisations, and who stands above whom."""

from datetime import date

from sqlalchemy import Index
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.orgs.rules import Line


class OrganisationKind(Table, table=True):
    """A kind that organisations may be of: data, so that a town can name its own."""

    __tablename__ = "organisation_kind"

    code: str = Field(primary_key=True, max_length=30)
    line: Line = Field(sa_type=choice(Line))
    level: int
    name: str = Field(max_length=40)


class Organisation(Table, table=True):
    """A place, branch, team or unit. Closed with a date, never deleted."""

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_parent_id_kind_name", "parent_id", "kind", "name"),)

    id: int = key()
    parent_id: int | None = reference("organisation.id", optional=True)
    line: Line = Field(sa_type=choice(Line))
    kind: str = Field(foreign_key="organisation_kind.code", max_length=30)
    name: str = Field(max_length=80)
    region_code: str = Field(default="", max_length=12)
    opened_on: date
    closed_on: date | None = None


class OrganisationReach(Table, table=True):
    """Each organisation under each of its ancestors, itself at depth 0."""

    __tablename__ = "organisation_reach"
    __table_args__ = (Index("ix_organisation_reach_organisation_id", "organisation_id", "depth"),)

    ancestor_id: int = reference("organisation.id", primary_key=True)
    organisation_id: int = reference("organisation.id", primary_key=True)
    depth: int
