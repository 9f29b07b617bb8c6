"""Recomputes the book and names the first row that is not as it was written."""

# ruff: noqa: S608 - statements are made of constants here; numbers are whole numbers

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from pointsbank.core.database import Session
from pointsbank.ledger.caps import wrong_cap
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, Columns, text_hash
from pointsbank.ledger.faults import Fault, Found
from pointsbank.ledger.holds import wrong_hold
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.periods import Sheets, closings
from pointsbank.ledger.reader import BEGINNING, END, LAYOUTS, Reach, Reader, Rows, SealRow
from pointsbank.ledger.recount import Recount
from pointsbank.ledger.rules import LARGEST_ID
from pointsbank.ledger.seals import GENESIS, Hasher, first_difference, marks_of

_verification = TABLES["verification"]


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the book was found to hold, to a seal and to a closed period, and when."""

    seal_id: int
    digest: bytes
    reach: Reach
    period_id: int
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Findings:
    """What was recomputed, and the first fault if there is one.

    ``transfers`` were read, ``tail`` of them are not sealed; ``since`` is what was taken as
    verified earlier. ``seals`` is the last seal's number, ``digest`` and ``reach`` are its own.
    """

    transfers: int
    accounts: int
    seals: int
    tail: int
    fault: Fault | None
    since: Verified | None
    digest: bytes
    reach: Reach
    period_id: int


def last_verified(session: Session) -> Verified | None:
    """How far the last verification went; None if it reached no seal or found a fault.

    So what followed a fault is a reading of the whole book, until one holds.
    """
    columns = _verification.c
    row = session.execute(
        select(
            *columns["seal_id", "digest", "last_unit_id", "last_account_id", "last_transfer_id"],
            *columns["period_id", "verified_at", "fault"],
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).first()
    if row is None or row.fault or not row.seal_id:
        return None
    return Verified(row[0], row[1], Reach(*row[2:5]), row[5], row[6])


def verify(
    session: Session,
    *,
    since: Verified | None = None,
    published: dict[int, bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Findings:
    """Recompute seals, balances, versions, floors, reversals, caps, holds, texts, closed periods.

    ``published`` are digests from public notices by seal id; ``progress`` is told how many
    transfers have been read. Memory grows with accounts, not with transfers.

    ``since``: rows up to that seal are not read again, but for the last transfer of each account,
    from which the later ones must go on. What was changed before that seal after it was verified
    is therefore missed, unless it shows in such a last transfer, in an account's figures, or in
    what later rows refer to; so is a record of verification that was itself forged.
    """
    fault = None
    with ThreadPoolExecutor(1) as ahead:
        check = _Check(session, since, published or {}, progress, ahead)
        try:
            check.opening()
            check.chain()
            check.tail()
            check.accounts()
            check.sets()
        except Found as found:
            fault = found.fault
    return check.findings(fault)


class _Check:
    """One reading of the book, from its first row or from a seal, to its last."""

    def __init__(
        self,
        session: Session,
        since: Verified | None,
        published: dict[int, bytes],
        progress: Callable[[int], None],
        ahead: Executor,
    ) -> None:
        self.session, self.reader = session, Reader(session)
        self.since, self.published, self.progress = since, dict(published), progress
        self.recount = Recount(closings(session), self.reader.floors())
        self.reach = since.reach if since else BEGINNING
        verified = since.period_id if since else 0
        self.sheets = Sheets(session, self.reader, self.recount, verified)
        self.seals, self.digest = (since.seal_id, since.digest) if since else (0, GENESIS)
        self.read = self.sealed = 0
        self._tables = [self.reader.rows(layout, self.reach, ahead) for layout in LAYOUTS]

    def findings(self, fault: Fault | None) -> Findings:
        accounts, tail = len(self.recount.standings), self.read - self.sealed
        reach = self.reach if self.seals else Reach()
        period_id = self.reader.first("SELECT max(id) FROM period") or 0
        return Findings(
            self.read, accounts, self.seals, tail, fault, self.since,
            self.digest, reach, period_id,
        )  # fmt: skip

    def opening(self) -> None:
        """The seal from which the reading begins, and how it left every account."""
        if self.since is None:
            return
        seal = self.reader.seal(self.since.seal_id)
        if seal is None:
            raise Found("missing", "seal", self.since.seal_id)
        if (seal.digest, seal.reach) != (self.since.digest, self.since.reach):
            raise Found("changed", "seal", seal.id)
        for seal_id in [number for number in self.published if number <= seal.id]:
            earlier = self.reader.seal(seal_id)
            if earlier is None or earlier.digest != self.published.pop(seal_id):
                raise Found("seal", "seal", seal_id)
        for row_id, unit_id, tracked, balance, version in self.reader.standings(self.reach):
            self.recount.open(row_id, unit_id, tracked=tracked, balance=balance, version=version)
        self.sheets.begin(self.reach)

    def chain(self) -> None:
        """Every seal, and the rows that it covers."""
        for seal in self.reader.seals(self.seals or -LARGEST_ID):
            hasher = Hasher()
            fault = self._recount(seal.reach, hasher)
            self._compare(seal, hasher)
            if fault is not None:
                raise fault
            self.reach, self.seals, self.digest = seal.reach, seal.id, seal.digest
            self.sealed = self.read
        if self.published:  # a seal that was made public is no longer in the book
            raise Found("seal", "seal", min(self.published))

    def tail(self) -> None:
        """What is not sealed yet: recounted only."""
        if (fault := self._recount(END)) is not None:
            raise fault

    def _recount(self, until: Reach, hasher: Hasher | None = None) -> Found | None:
        """Recount and hash the rows up to a reach; the first that does not follow, if any."""
        fault = None
        for kind, columns in _blocks(self._tables, until):
            if hasher is not None:
                hasher.add(kind, columns)
            if LAYOUTS[kind] is ACCOUNT:
                self.recount.accounts(columns)
            elif LAYOUTS[kind] is TRANSFER:
                if fault is None:
                    try:
                        self.recount.transfers(columns)
                        self.sheets.transfers(columns)
                    except Found as found:
                        fault = found
                self.read += len(columns[0])
                self.progress(self.read)
        return fault

    def _compare(self, seal: SealRow, hasher: Hasher) -> None:
        counted = (seal.unit_count, seal.account_count, seal.transfer_count)
        if hasher.digest(seal) != seal.digest or counted != tuple(hasher.counts):
            raise self._difference(seal, hasher)
        if seal.id != self.seals + 1 or seal.previous != self.digest:
            raise Found("chain", "seal", seal.id)
        if self.published.pop(seal.id, seal.digest) != seal.digest:
            raise Found("seal", "seal", seal.id)

    def _difference(self, seal: SealRow, hasher: Hasher) -> Found:
        """What of a run is not as it was sealed: read again, for its rows' own marks."""
        tables = [self.reader.rows(layout, self.reach) for layout in LAYOUTS]
        marks = b"".join(
            mark
            for kind, columns in _blocks(tables, seal.reach)
            for mark in marks_of(kind, columns)
        )
        place = first_difference(seal.marks, marks)
        if place is None or hasher.digest(replace(seal, marks=marks)) == seal.digest:
            return Found("changed", "seal", seal.id)
        table, row_id, what = place
        return Found(what, table, row_id)

    def accounts(self) -> None:
        """Every account's figures against those recounted."""
        standings = self.recount.standings
        for row_id, balance, version in self.reader.figures():
            if (balance, version) != standings[row_id].told:
                raise Found("balance", "account", row_id)

    def sets(self) -> None:
        """What rows say of one another."""
        since = self.since
        for statement in _wrong_reversals(since.reach.transfer_id if since else None):
            if (row_id := self.reader.first(statement)) is not None:
                raise Found("reversal", "transfer", row_id)
        if (wrong := wrong_hold(self.session)) is not None:
            raise Found("balance" if wrong[0] == "account" else "hold", *wrong)
        if (account_id := self.reader.first(_OVERDRAWN)) is not None:
            raise Found("floor", "account", account_id)
        if (use_id := wrong_cap(self.session)) is not None:
            raise Found("cap", "cap_use", use_id)
        if (period_id := self.sheets.first_wrong()) is not None:
            raise Found("sheet", "period", period_id)
        for row_id, salt, text, stored in self.reader.texts(since.reach if since else BEGINNING):
            if stored is None or text_hash(salt, text) != stored:
                raise Found("text", "transfer_text", row_id)


def _blocks(tables: Sequence[Rows], until: Reach) -> Iterator[tuple[int, Columns]]:
    for kind, rows in enumerate(tables):
        for columns in rows.until(until.of(LAYOUTS[kind])):
            yield kind, columns


_OVERDRAWN = (
    "SELECT min(a.id) FROM account a JOIN unit u ON u.id = a.unit_id"
    " WHERE a.owner_kind <> 'system' AND a.balance - a.held < u.floor"
    " AND u.spent_reversal <> 'debt'"
)
"""By what is held; what falls below by a transfer is found at the transfer."""


def _wrong_reversals(after: int | None) -> tuple[str, str]:
    """The first reversal, after a transfer, of what it may not reverse, or reversed too much of."""
    new = reversed_ = "reverses IS NOT NULL"
    if after is not None:
        new += f" AND id > {after:d}"
        reversed_ = f"reverses IN (SELECT reverses FROM transfer WHERE {new})"
    return (
        # +: or SQLite walks the whole table by id, for the first to come is the least
        f"SELECT min(+r.id) FROM (SELECT * FROM transfer WHERE {new}) r"
        " JOIN transfer o ON o.id = r.reverses"
        " WHERE r.source_id <> o.destination_id OR r.destination_id <> o.source_id"
        " OR o.reverses IS NOT NULL OR o.id >= r.id",
        "SELECT min(+o.id) FROM transfer o JOIN (SELECT reverses, sum(amount) AS amount"
        f" FROM transfer WHERE {reversed_} GROUP BY reverses) r"
        " ON r.reverses = o.id WHERE r.amount > o.amount",
    )
