"""Tables: kinds of organisation, organisations, who stands above whom, and what was before."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.core.encryption import sealed
from pointsbank.orgs.rules import (
    MOST_ADDRESS_CHARACTERS,
    MOST_CREDIT_CODE_CHARACTERS,
    MOST_KIND_CHARACTERS,
    MOST_NAME_CHARACTERS,
    MOST_REGION_DIGITS,
    Line,
    Verb,
    credit_code_doubtful,
)


class OrganisationKind(Table, table=True):
    """A kind that organisations may be of: data, so that a town can name its own."""

    __tablename__ = "organisation_kind"

    code: str = Field(primary_key=True, max_length=30)
    line: Line = Field(sa_type=choice(Line))
    level: int
    name: str = Field(max_length=MOST_KIND_CHARACTERS)


class Organisation(Table, table=True):
    """A place, branch, team or unit. Closed with a date, never deleted; ``closed_on`` is the first
    day without it, ``successor_id`` what it was merged into. The contact's name and number are
    sealed."""

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_parent_id_kind_name", "parent_id", "kind", "name"),)

    id: int = key()
    parent_id: int | None = reference("organisation.id", optional=True)
    line: Line = Field(sa_type=choice(Line))
    kind: str = Field(foreign_key="organisation_kind.code", max_length=30)
    name: str = Field(max_length=MOST_NAME_CHARACTERS)
    region_code: str = Field(default="", max_length=MOST_REGION_DIGITS)
    credit_code: str = Field(default="", max_length=MOST_CREDIT_CODE_CHARACTERS)
    address: str = Field(default="", max_length=MOST_ADDRESS_CHARACTERS)
    contact_name_sealed: bytes | None = sealed(optional=True)
    contact_phone_sealed: bytes | None = sealed(optional=True)
    opened_on: date
    closed_on: date | None = None
    successor_id: int | None = reference("organisation.id", optional=True)

    @property
    def credit_code_doubtful(self) -> bool:
        return credit_code_doubtful(self.credit_code)


class OrganisationReach(Table, table=True):
    """Each organisation under each of its ancestors today, itself at depth 0, and since when.

    What ended goes to ``FormerReach``, so that this table answers for today alone.
    """

    __tablename__ = "organisation_reach"
    __table_args__ = (Index("ix_organisation_reach_organisation_id", "organisation_id", "depth"),)

    ancestor_id: int = reference("organisation.id", primary_key=True)
    organisation_id: int = reference("organisation.id", primary_key=True)
    depth: int
    from_on: date


class FormerReach(Table, table=True):
    """Who stood above whom from a day until (and with) a day: the tree of past years."""

    __tablename__ = "former_organisation_reach"
    __table_args__: Any = (
        Index("ix_former_organisation_reach_organisation_id", "organisation_id"),
        CheckConstraint("from_on <= until_on", name="period"),
    )

    ancestor_id: int = reference("organisation.id", primary_key=True)
    organisation_id: int = reference("organisation.id", primary_key=True)
    from_on: date = Field(primary_key=True)
    until_on: date
    depth: int


class FormerName(Table, table=True):
    """What an organisation was called from a day until (and with) a day."""

    __tablename__ = "former_organisation_name"
    __table_args__: Any = (CheckConstraint("from_on <= until_on", name="period"),)

    organisation_id: int = reference("organisation.id", primary_key=True)
    from_on: date = Field(primary_key=True)
    until_on: date
    name: str = Field(max_length=MOST_NAME_CHARACTERS)


class OrganisationChange(Table, table=True):
    """What was done to an organisation, for which day. ``from_id`` and ``to_id``: its parents
    before and after; of a merger ``to_id`` is the successor, of a split ``from_id`` the origin.

    ``key`` and ``asked`` are those of the request, on the row that answers its repeat.
    """

    __tablename__ = "organisation_change"

    id: int = key()
    organisation_id: int = reference("organisation.id", index=True)
    verb: Verb = Field(sa_type=choice(Verb))
    effective_on: date
    at: datetime
    actor_id: int = Field(sa_type=BigInteger)
    from_id: int | None = reference("organisation.id", optional=True, index=True)
    to_id: int | None = reference("organisation.id", optional=True, index=True)
    name_before: str = Field(default="", max_length=MOST_NAME_CHARACTERS)
    name_after: str = Field(default="", max_length=MOST_NAME_CHARACTERS)
    key: str | None = Field(default=None, unique=True, max_length=64)
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


append_only("organisation_change")
