"""The book as the auditor reads it: transfers in order, seals, and what the book amounts to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import total
from pointsbank.ledger.faults import Fault
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.notice import SealLine
from pointsbank.ledger.reader import Reader
from pointsbank.ledger.rules import OwnerKind
from pointsbank.ledger.seals import seal_run

_unit = TABLES["unit"]
_account = TABLES["account"]
_transfer = TABLES["transfer"]
_period = TABLES["period"]
_seal = TABLES["seal"]
_verification = TABLES["verification"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a transfer: whose account, as an opaque number, and what it holds after it."""

    owner_kind: OwnerKind
    owner_id: int
    kind: str
    category: str
    balance: int | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A transfer with both its sides."""

    id: int
    unit: str
    amount: int
    source: Side
    destination: Side
    effective_on: date
    recorded_at: datetime
    reason: str
    origin_kind: str
    origin_id: int
    rule: str
    actor_kind: str
    actor_id: int
    reverses: int | None


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What is outstanding in one unit: accounts of people, and the sum of their balances."""

    unit: str
    name: str
    account_count: int
    balance: int


def transfers(
    session: Session,
    *,
    unit: str = "",
    owner_kind: OwnerKind | None = None,
    owner_id: int | None = None,
    reason: str = "",
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    most: int = 50,
) -> list[JournalEntry]:
    """A page of the book, newest first; ``before`` is the last one seen."""
    source, destination = _account.alias("source"), _account.alias("destination")
    page = (
        select(
            _transfer.c.id,
            _unit.c.code,
            _transfer.c.amount,
            *source.c[_SIDE],
            _transfer.c.source_balance,
            *destination.c[_SIDE],
            _transfer.c.destination_balance,
            *_transfer.c[_REST],
        )
        .join(_unit, _unit.c.id == _transfer.c.unit_id)
        .join(source, source.c.id == _transfer.c.source_id)
        .join(destination, destination.c.id == _transfer.c.destination_id)
        .order_by(_transfer.c.id.desc())
        .limit(most)
    )
    if unit:
        page = page.where(_unit.c.code == unit)
    if reason:
        page = page.where(_transfer.c.reason == reason)
    if since is not None:
        page = page.where(_transfer.c.effective_on >= since)
    if until is not None:
        page = page.where(_transfer.c.effective_on <= until)
    if before is not None:
        page = page.where(_transfer.c.id < before)
    if owner_kind is OwnerKind.SYSTEM:
        system = OwnerKind.SYSTEM
        page = page.where((source.c.owner_kind == system) | (destination.c.owner_kind == system))
    elif owner_kind is not None or owner_id is not None:
        page = page.where(_transfer.c.id.in_(_ids_of_owner(owner_kind, owner_id)))
    return [_journal_entry(row) for row in session.execute(page)]


_SIDE = ("owner_kind", "owner_id", "kind", "category")
_REST = (
    *("effective_on", "recorded_at", "reason", "origin_kind", "origin_id", "rule"),
    *("actor_kind", "actor_id", "reverses"),
)


def _journal_entry(row: Any) -> JournalEntry:
    source = Side(OwnerKind(row[3]), *row[4:8])
    destination = Side(OwnerKind(row[8]), *row[9:13])
    return JournalEntry(row[0], row[1], row[2], source, destination, *row[13:])


def _ids_of_owner(owner_kind: OwnerKind | None, owner_id: int | None) -> Any:
    """Transfers in or out of an owner's accounts; by their versions, so by an index."""
    owned: Select[Any] = select(_account.c.id)
    if owner_kind is not None:
        owned = owned.where(_account.c.owner_kind == owner_kind)
    if owner_id is not None:
        owned = owned.where(_account.c.owner_id == owner_id)
    return union_all(
        *(
            select(_transfer.c.id).where(
                _transfer.c[f"{side}_id"].in_(owned), _transfer.c[f"{side}_version"].is_not(None)
            )
            for side in ("source", "destination")
        )
    )


def unit_figures(session: Session) -> list[UnitFigures]:
    """What is outstanding in each unit, system accounts left out."""
    rows = session.execute(
        select(_unit.c.code, _unit.c.name, func.count(_account.c.id), total(_account.c.balance))
        .outerjoin(
            _account,
            (_account.c.unit_id == _unit.c.id) & (_account.c.owner_kind != OwnerKind.SYSTEM),
        )
        .group_by(_unit.c.id, _unit.c.code, _unit.c.name)
        .order_by(_unit.c.id)
    )
    return [UnitFigures(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class SealEntry:
    """A seal for people; ``line`` is what goes on a public notice."""

    id: int
    first_transfer_id: int
    last_transfer_id: int
    transfer_count: int
    sealed_at: datetime
    digest: bytes

    @property
    def line(self) -> str:
        return str(SealLine(self.id, self.last_transfer_id, self.sealed_at, self.digest))


def seals(session: Session, *, before: int | None = None, most: int = 20) -> list[SealEntry]:
    """A page of seals, newest first; ``before`` is the last one seen."""
    columns = ("id", "first_transfer_id", "last_transfer_id", "transfer_count", "sealed_at")
    page = select(*_seal.c[columns], _seal.c.digest).order_by(_seal.c.id.desc()).limit(most)
    if before is not None:
        page = page.where(_seal.c.id < before)
    return [SealEntry(*row) for row in session.execute(page)]


def last_seal(session: Session) -> tuple[str, bool]:
    """The last seal's line, and whether its run still gives its digest; no line if none is."""
    reader = Reader(session)
    last = reader.last_seal()
    if last is None:
        return "", True
    before = next(reader.seals(after=last.id - 2)) if last.id > 1 else None
    again = seal_run(
        reader, before, last.reach, sealed_at=last.sealed_at, until=last.last_transfer_id
    )
    return seals(session, most=1)[0].line, again.digest == last.digest


@dataclass(frozen=True, slots=True)
class VerificationEntry:
    """What a reading of the book found; ``since_seal_id`` is 0 where it read the whole book."""

    since_seal_id: int
    seal_id: int
    transfer_count: int
    verified_at: datetime
    fault: Fault | None


def last_verification(session: Session, *, whole: bool = False) -> VerificationEntry | None:
    """The last reading of the book, or the last of the whole book, whatever it found."""
    columns = _verification.c
    wanted = select(
        *columns["since_seal_id", "seal_id", "transfer_count", "verified_at"],
        *columns["fault", "fault_table", "fault_row_id"],
    )
    if whole:
        wanted = wanted.where(columns.since_seal_id == 0)
    row = session.execute(wanted.order_by(columns.id.desc()).limit(1)).first()
    if row is None:
        return None
    return VerificationEntry(row[0], row[1], row[2], row[3], Fault(*row[4:]) if row[4] else None)


@dataclass(frozen=True, slots=True)
class PeriodEntry:
    """Days that are closed, until one, and since when."""

    until_on: date
    closed_at: datetime


def periods(session: Session, *, most: int = 12) -> list[PeriodEntry]:
    """The last closed periods, newest first."""
    columns = _period.c["until_on", "closed_at"]
    rows = session.execute(select(*columns).order_by(_period.c.until_on.desc()).limit(most))
    return [PeriodEntry(*row) for row in rows]


def unsealed_count(session: Session) -> int:
    """How many transfers are not sealed yet."""
    last = select(func.coalesce(func.max(_seal.c.last_transfer_id), 0)).scalar_subquery()
    tail = select(func.count()).select_from(_transfer).where(_transfer.c.id > last)
    return int(session.execute(tail).scalar_one())


def transfer_count(session: Session, *, after_seal: int = 0) -> int:
    """How many transfers the book holds after a seal; the sealed are counted by their seals."""
    counted = select(total(_seal.c.transfer_count)).where(_seal.c.id > after_seal)
    sealed = session.execute(counted).scalar_one()
    return int(sealed) + unsealed_count(session)
