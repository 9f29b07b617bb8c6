"""Tables: members, their teams and cards, and the series of volunteer numbers."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.core.encryption import digested, sealed
from pointsbank.members.rules import PartyStatus


class Member(Table, table=True):
    """A person in the register. ``phone_digest`` finds the sealed phone."""

    __tablename__ = "member"

    id: int = key()
    number: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=50, index=True)
    pinyin: str = Field(max_length=300, index=True)
    initials: str = Field(max_length=50, index=True)
    phone_sealed: bytes | None = sealed(optional=True)
    phone_digest: bytes | None = digested("phone_sealed", "phone", unique=True)
    phone_tail: str = Field(default="", max_length=4, index=True)
    residence_id: int = reference("organisation.id", index=True)
    branch_id: int | None = reference("organisation.id", optional=True, index=True)
    employer_id: int | None = reference("organisation.id", optional=True, index=True)
    party_status: PartyStatus = Field(default=PartyStatus.NONE, sa_type=choice(PartyStatus))
    registered_on: date
    left_on: date | None = None


class TeamMembership(Table, table=True):
    """A member in a volunteer team, from a day until (and with) a day."""

    __tablename__ = "team_membership"
    __table_args__ = (Index("ix_team_membership_team_id", "team_id"),)

    member_id: int = reference("member.id", primary_key=True)
    team_id: int = reference("organisation.id", primary_key=True)
    since_on: date = Field(primary_key=True)
    until_on: date | None = None


class Card(Table, table=True):
    """A printed card. Lost ones stay, so that they can say so."""

    __tablename__ = "card"

    id: int = key()
    member_id: int = reference("member.id", index=True)
    digits: str = Field(unique=True, max_length=20)
    issued_at: datetime
    lost_at: datetime | None = None


class MemberNumbering(Table, table=True):
    """The last serial given in a year; its row is the lock of registrations."""

    __tablename__ = "member_numbering"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int
