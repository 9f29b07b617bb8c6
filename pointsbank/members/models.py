"""Tables: members and what ties them to organisations, dated; consents, guardians, cards."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, text
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.core.encryption import digested, sealed
from pointsbank.local_rules.models import LocalRule, one_after_another
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    DeputyKind,
    DocumentKind,
    HonourLevel,
    Leaving,
    PartyStatus,
    RegistrationRule,
    Relation,
    Sex,
)


def ordered(length: int) -> String:
    """A text ordered by its bytes on every database, so that what begins alike is a range."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Member(Table, table=True):
    """A person in the register, as she is now. ``phone_digest`` and ``document_digest`` find what
    is sealed; ``version`` counts the changes of her record.
    """

    __tablename__ = "member"
    __table_args__ = (
        # The ids of a street's people are read from these alone: SQLite's indexes hold them anyway.
        *(
            Index(f"ix_member_{place}_number", place, "number", postgresql_include=["id"])
            for place in ("residence_id", "branch_id", "employer_id")
        ),
        Index("ix_member_party_status_number", "party_status", "number"),
        Index(
            "ix_member_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_member_left_number",
            "number",
            sqlite_where=text("left_on IS NOT NULL"),
            postgresql_where=text("left_on IS NOT NULL"),
        ),
    )

    id: int = key()
    number: str = Field(unique=True, sa_type=ordered(20))
    name: str = Field(max_length=50, index=True)
    sex: Sex | None = Field(default=None, sa_type=choice(Sex))
    birth_on: date | None = None
    phone_sealed: bytes | None = sealed(optional=True)
    phone_digest: bytes | None = digested("phone_sealed", "phone", unique=True)
    phone_tail: str = Field(default="", max_length=4, index=True)
    document_kind: DocumentKind | None = Field(default=None, sa_type=choice(DocumentKind))
    document_sealed: bytes | None = sealed(optional=True)
    document_digest: bytes | None = digested(
        "document_sealed", "document", "{document_kind}:{text}", unique=True
    )
    document_tail: str = Field(default="", max_length=4)
    residence_id: int = reference("organisation.id")
    branch_id: int | None = reference("organisation.id", optional=True)
    employer_id: int | None = reference("organisation.id", optional=True)
    party_status: PartyStatus = Field(default=PartyStatus.NONE, sa_type=choice(PartyStatus))
    joined_party_on: date | None = None
    skills: list[str] = Field(default_factory=list, sa_type=JSON)
    available: str = Field(default="", max_length=200)
    registered_on: date
    left_on: date | None = None
    leaving: Leaving | None = Field(default=None, sa_type=choice(Leaving))
    merged_into_id: int | None = reference("member.id", optional=True)
    version: int = 1


class NameKey(Table, table=True):
    """What a member is found by when a part of her name or its sound is typed: 王桂芳, 桂芳,
    wangguifang, guifang, wgf …
    """

    __tablename__ = "name_key"
    __table_args__ = (
        Index("ix_name_key_member_id_key", "member_id", "key"),
        {"sqlite_with_rowid": False},
    )

    key: str = Field(
        primary_key=True,
        sa_type=ordered(40),
    )
    member_id: int = reference("member.id", primary_key=True)


class Affiliation(Table, table=True):
    """A member's tie to an organisation, from a day until (and with) a day.

    ``Member`` repeats the residence, branch and employer of today.
    """

    __tablename__ = "affiliation"
    __table_args__ = (Index("ix_affiliation_org_id", "org_id", "relation"),)

    member_id: int = reference("member.id", primary_key=True)
    relation: Relation = Field(primary_key=True, sa_type=choice(Relation))
    org_id: int = reference("organisation.id", primary_key=True)
    from_on: date = Field(primary_key=True)
    until_on: date | None = None


class PartyStanding(Table, table=True):
    """A member's party status, from a day until (and with) a day; without a row: none."""

    __tablename__ = "party_standing"

    member_id: int = reference("member.id", primary_key=True)
    from_on: date = Field(primary_key=True)
    status: PartyStatus = Field(sa_type=choice(PartyStatus))
    until_on: date | None = None


class MemberConsent(Table, table=True):
    """A consent to a version of its text, and when it was withdrawn."""

    __tablename__ = "member_consent"

    id: int = key()
    member_id: int = reference("member.id", index=True)
    kind: Consent = Field(sa_type=choice(Consent))
    text_version: int
    way: ConsentWay = Field(sa_type=choice(ConsentWay))
    given_at: datetime
    withdrawn_at: datetime | None = None


class ConsentText(LocalRule, table=True):
    """A version of what is agreed to, in use from a day; the program's is no row."""

    __tablename__ = "consent_text"
    __table_args__: Any = one_after_another("kind")
    PART: ClassVar[str] = "kind"

    kind: Consent = Field(sa_type=choice(Consent))
    body: str = Field(max_length=2000)


class MemberGuardian(Table, table=True):
    """Who agreed to a minor's registration, and when."""

    __tablename__ = "member_guardian"

    member_id: int = reference("member.id", primary_key=True)
    name: str = Field(max_length=50)
    phone_sealed: bytes = sealed()
    relation: str = Field(max_length=20)
    consented_at: datetime


class RegistrationRuleRow(LocalRule, table=True):
    """A version of an organisation's rule for registrations."""

    __tablename__ = "registration_rule"
    __table_args__: Any = one_after_another()

    least_age: int

    def frozen(self) -> RegistrationRule:
        return RegistrationRule(self.least_age)


class Skill(Table, table=True):
    """A skill that members may have: the program's list, and what the bank added."""

    __tablename__ = "skill"

    name: str = Field(primary_key=True, max_length=20)


class Household(Table, table=True):
    """People who live and count together; ended when the last of them left it."""

    __tablename__ = "household"

    id: int = key()
    head_id: int = reference("member.id", index=True)
    founded_on: date
    ended_on: date | None = None


class HouseholdMember(Table, table=True):
    """A member's time in a household, from a day until (and with) a day; in one at a time."""

    __tablename__ = "household_member"

    member_id: int = reference("member.id", primary_key=True)
    from_on: date = Field(primary_key=True)
    household_id: int = reference("household.id", index=True)
    until_on: date | None = None


class DeputyRole(Table, table=True):
    """A term as a delegate, deputy or member of a conference, until (and with) a day."""

    __tablename__ = "deputy_role"

    id: int = key()
    member_id: int = reference("member.id", index=True)
    kind: DeputyKind = Field(sa_type=choice(DeputyKind))
    body: str = Field(max_length=80)
    from_on: date
    until_on: date | None = None


class TrainingRecord(Table, table=True):
    """A training that a member took part in: one of the record's five groups (民政部令67号)."""

    __tablename__ = "training_record"

    id: int = key()
    member_id: int = reference("member.id", index=True)
    title: str = Field(max_length=80)
    provider: str = Field(max_length=80)
    on_day: date
    minutes: int


class HonourRecord(Table, table=True):
    """An honour that a member was given: another of the five groups."""

    __tablename__ = "honour_record"

    id: int = key()
    member_id: int = reference("member.id", index=True)
    title: str = Field(max_length=80)
    awarded_by: str = Field(max_length=80)
    level: HonourLevel = Field(sa_type=choice(HonourLevel))
    on_day: date


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


append_only("consent_text", "registration_rule")
