"""The book's tables: written once, but for the figures that an account carries."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, changes_only, choice, key, reference
from pointsbank.ledger.rules import (
    CapWindow,
    ExpiryPolicy,
    HoldOutcome,
    OwnerKind,
    SpentReversal,
)


def number(*, optional: bool = False, **options: Any) -> Any:
    """A column for amounts and counts, 64 bits wide on every database."""
    if optional:
        options.setdefault("default", None)
    return Field(sa_type=BigInteger, nullable=optional, **options)


class Unit(Table, table=True):
    """What is counted: minutes, points. Declared once."""

    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("floor <= 0", name="floor"),)

    id: int | None = key()
    code: str = Field(unique=True)
    name: str
    spendable: bool
    floor: int = number()
    expiry: ExpiryPolicy = Field(sa_type=choice(ExpiryPolicy))
    expiry_months: int
    spent_reversal: SpentReversal = Field(sa_type=choice(SpentReversal))
    declared_at: datetime


class Account(Table, table=True):
    """An owner's place in one unit. ``version`` counts its transfers.

    The system's accounts carry no figures, so that no row is hot.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("owner_kind", "owner_id", "unit_id", "kind", "category"),
        CheckConstraint("held >= 0", name="held"),
    )

    id: int | None = key()
    owner_kind: OwnerKind = Field(sa_type=choice(OwnerKind))
    owner_id: int = number()
    unit_id: int = reference("unit.id")
    kind: str
    category: str
    balance: int = number()
    held: int = number()
    version: int = number()


def _where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Transfer(Table, table=True):
    """One row, source to destination, amount > 0: it cannot be unbalanced.

    A member's side carries the balance after it and the account's version; the system's neither.
    ``expires_on`` is when the points that it brings, or takes back, lapse.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source_id <> destination_id", name="two_accounts"),
        Index(
            "uq_transfer_source", "source_id", "source_version",
            unique=True, **_where("source_version IS NOT NULL"),
        ),
        Index(
            "uq_transfer_destination", "destination_id", "destination_version",
            unique=True, **_where("destination_version IS NOT NULL"),
        ),
        Index("ix_transfer_reverses", "reverses", **_where("reverses IS NOT NULL")),
        Index("ix_transfer_origin", "origin_kind", "origin_id", **_where("origin_kind <> ''")),
        Index("ix_transfer_effective_on", "effective_on"),
        Index(
            "ix_transfer_lapsing", "destination_id", "expires_on",
            **_where("expires_on IS NOT NULL AND destination_version IS NOT NULL"),
        ),
        Index(
            "ix_transfer_lapsing_back", "source_id", "expires_on",
            **_where("expires_on IS NOT NULL AND source_version IS NOT NULL"),
        ),
    )  # fmt: skip

    id: int | None = key()
    key: str = Field(unique=True)
    request_hash: bytes = Field(sa_type=LargeBinary)
    unit_id: int = number()  # its accounts' unit
    source_id: int = reference("account.id")
    destination_id: int = reference("account.id")
    amount: int = number()
    source_balance: int | None = number(optional=True)
    source_version: int | None = number(optional=True)
    destination_balance: int | None = number(optional=True)
    destination_version: int | None = number(optional=True)
    effective_on: date
    expires_on: date | None = None
    recorded_at: datetime
    actor_kind: str
    actor_id: int = number()
    reason: str
    origin_kind: str
    origin_id: int = number()
    rule: str
    text_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    reverses: int | None = reference("transfer.id", optional=True)


class TransferText(Table, table=True):
    """The free text of a transfer, kept where it can be erased; the book has its salted hash."""

    __tablename__ = "transfer_text"

    transfer_id: int = reference("transfer.id", primary_key=True)
    salt: bytes = Field(sa_type=LargeBinary)
    text: str


class CapUse(Table, table=True):
    """What a posting used of one of its caps: ``asked`` is what it would have been without them.

    ``used`` is what counted in the window before it, as ``amount`` does since; a reversal counts
    below 0. Where its caps left nothing there is no transfer, and the key stands here alone.
    """

    __tablename__ = "cap_use"
    __table_args__ = (
        UniqueConstraint("transfer_id", "name", "window"),
        CheckConstraint("amount <= asked", name="amount"),
        CheckConstraint("used + amount >= 0", name="used"),
        CheckConstraint("amount <= 0 OR used + amount <= most", name="most"),
        CheckConstraint("(amount = 0) = (transfer_id IS NULL)", name="transfer"),
        Index("ix_cap_use_account", "account_id", "name", "window", "starts_on", "id"),
        Index(
            "uq_cap_use_nothing", "key", "name", "window",
            unique=True, **_where("transfer_id IS NULL"),
        ),
        Index("ix_cap_use_clipped", "origin_kind", "origin_id", **_where("amount < asked")),
    )  # fmt: skip

    id: int | None = key()
    key: str
    request_hash: bytes = Field(sa_type=LargeBinary)
    account_id: int = reference("account.id")
    name: str
    window: CapWindow = Field(sa_type=choice(CapWindow))
    starts_on: date
    most: int = number()
    used: int = number()
    asked: int = number()
    amount: int = number()
    transfer_id: int | None = reference("transfer.id", optional=True)
    recorded_at: datetime
    origin_kind: str
    origin_id: int = number()
    rule: str


class Hold(Table, table=True):
    """An amount reserved on an account, to be captured for ``destination_id`` or let go."""

    __tablename__ = "hold"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: int | None = key()
    key: str = Field(unique=True)
    request_hash: bytes = Field(sa_type=LargeBinary)
    source_id: int = reference("account.id")
    destination_id: int = reference("account.id")
    amount: int = number()
    placed_at: datetime
    expires_at: datetime
    actor_kind: str
    actor_id: int = number()
    reason: str
    origin_kind: str
    origin_id: int = number()
    rule: str


class OpenHold(Table, table=True):
    """The holds that are not resolved yet: what ``account.held`` is the sum of."""

    __tablename__ = "open_hold"

    hold_id: int = reference("hold.id", primary_key=True)
    expires_at: datetime = Field(index=True)


class HoldResolution(Table, table=True):
    """How a hold ended, once. ``amount`` was captured by the transfer, the rest let go."""

    __tablename__ = "hold_resolution"

    hold_id: int = reference("hold.id", primary_key=True)
    outcome: HoldOutcome = Field(sa_type=choice(HoldOutcome))
    amount: int = number()
    transfer_id: int | None = reference("transfer.id", optional=True)
    resolved_at: datetime
    actor_kind: str
    actor_id: int = number()


class Period(Table, table=True):
    """Days that are closed.

    No transfer after ``last_transfer_id`` is dated on or before ``until_on``, and none before
    ``first_later_id`` is dated after it.
    """

    __tablename__ = "period"

    id: int | None = key()
    until_on: date = Field(unique=True)
    first_later_id: int = number()
    last_transfer_id: int = number()
    closed_at: datetime
    actor_kind: str
    actor_id: int = number()


class PeriodBalance(Table, table=True):
    """The balance sheet of a closed period: what came to each account, less what went."""

    __tablename__ = "period_balance"

    period_id: int = reference("period.id", primary_key=True)
    account_id: int = reference("account.id", primary_key=True)
    balance: int = number()


class Seal(Table, table=True):
    """A closed run of the book, hashed and chained to the seal before.

    ``marks`` holds the beginning of each row's own hash, so that a changed row can be named.
    """

    __tablename__ = "seal"

    id: int | None = key()
    first_transfer_id: int = number(unique=True)
    last_transfer_id: int = number()
    transfer_count: int = number()
    last_account_id: int = number()
    account_count: int = number()
    last_unit_id: int = number()
    unit_count: int = number()
    sealed_at: datetime
    previous: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    marks: bytes = Field(sa_type=LargeBinary)


class Verification(Table, table=True):
    """One reading of the book: from its beginning, or from the seal ``since_seal_id``.

    Where no ``fault`` was found the book holds to its last seal and its last closed period then,
    and the next reading may begin there.
    """

    __tablename__ = "verification"

    id: int | None = key()
    since_seal_id: int = number()
    seal_id: int = number()
    digest: bytes = Field(sa_type=LargeBinary)
    last_unit_id: int = number()
    last_account_id: int = number()
    last_transfer_id: int = number()
    period_id: int = number()
    transfer_count: int = number()
    verified_at: datetime
    fault: str
    fault_table: str
    fault_row_id: int = number()


TABLES = Table.metadata.tables
"""The tables as Core statements name them."""

append_only(
    "unit",
    "transfer",
    "cap_use",
    "hold",
    "hold_resolution",
    "period",
    "period_balance",
    "seal",
    "verification",
)
changes_only("account", "balance", "held", "version")
