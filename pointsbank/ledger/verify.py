"""Recomputes the whole book and names the first row that is not as it was written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.ledger.caps import wrong_cap
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, Columns, text_hash
from pointsbank.ledger.holds import wrong_hold
from pointsbank.ledger.periods import closed_periods, wrong_sheet
from pointsbank.ledger.reader import BEGINNING, END, LAYOUTS, Reach, Reader, Rows, SealRow
from pointsbank.ledger.seals import GENESIS, Hasher, first_difference, marks_of

SENTENCES = {
    "changed": say("%(table)s 第 %(row_id)s 行在封存后被改动。"),
    "missing": say("%(table)s 第 %(row_id)s 行在封存后被删除。"),
    "added": say("%(table)s 第 %(row_id)s 行是封存后插入的。"),
    "chain": say("%(table)s 第 %(row_id)s 行与前后的封存连不上。"),
    "balance": say("%(table)s 第 %(row_id)s 行的余额或序号与往来不符。"),
    "unit": say("%(table)s 第 %(row_id)s 行的计量单位与账户不符。"),
    "reversal": say("%(table)s 第 %(row_id)s 行冲正了不该冲正的，或冲多了。"),
    "text": say("%(table)s 第 %(row_id)s 行的文字被改动。"),
    "period": say("%(table)s 第 %(row_id)s 行在结账后记入了已结账期。"),
    "sheet": say("%(table)s 第 %(row_id)s 行的结账余额与往来不符。"),
    "cap": say("%(table)s 第 %(row_id)s 行与账不符，或超过了上限。"),
    "hold": say("%(table)s 第 %(row_id)s 行预留的了结与账不符。"),
    "seal": say("%(table)s 第 %(row_id)s 行与公布的封存不符。"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row that differs; ``what`` is a key of ``SENTENCES``."""

    what: str
    table: str
    row_id: int

    @property
    def sentence(self) -> str:
        return SENTENCES[self.what] % {"table": self.table, "row_id": self.row_id}


@dataclass(frozen=True, slots=True)
class Verification:
    """What was recomputed, and the first fault if there is one. ``tail``: transfers not sealed."""

    transfers: int
    accounts: int
    seals: int
    tail: int
    fault: Fault | None


class Found(Exception):
    """Stops the reading at the first fault."""

    def __init__(self, what: str, table: str, row_id: int) -> None:
        super().__init__(what)
        self.fault = Fault(what, table, row_id)


@dataclass(slots=True)
class _Standing:
    """An account's figures, recounted. ``tracked``: it carries figures at all."""

    unit_id: int
    tracked: bool
    balance: int = 0
    version: int = 0


class _Recount:
    """Balances and versions, recounted from the transfers. Grows with accounts only."""

    def __init__(self, closed: Sequence[tuple[int, bytes]]) -> None:
        """``closed``: of each period the last transfer before its close, and its last day."""
        self.standings: dict[int, _Standing] = {}
        self._closed = closed

    def accounts(self, columns: Columns) -> None:
        for row_id, unit_id, owner_kind in zip(*columns[:2], columns[4], strict=True):
            self.standings[row_id] = _Standing(unit_id, owner_kind != b"system")

    def transfers(self, columns: Columns) -> None:
        """Refuse the first transfer whose figures do not follow from those before it."""
        standings = self.standings
        for (
            row_id, unit_id, source_id, destination_id, amount,
            source_balance, source_version, destination_balance, destination_version, mask,
        ) in zip(*columns[:9], columns[12], strict=True):  # fmt: skip
            try:
                source, destination = standings[source_id], standings[destination_id]
            except KeyError:
                raise Found("unit", "transfer", row_id) from None
            if source.unit_id != unit_id or destination.unit_id != unit_id:
                raise Found("unit", "transfer", row_id)
            nothing = 0
            if source.tracked:
                source.balance -= amount
                source.version += 1
                if source.balance != source_balance or source.version != source_version:
                    raise Found("balance", "transfer", row_id)
            else:
                nothing = 0b0011
            if destination.tracked:
                destination.balance += amount
                destination.version += 1
                if (
                    destination.balance != destination_balance
                    or destination.version != destination_version
                ):
                    raise Found("balance", "transfer", row_id)
            else:
                nothing |= 0b1100
            if mask & 0b1111 != nothing or amount <= 0:
                raise Found("balance", "transfer", row_id)
        self._days(columns[0], columns[18])

    def _days(self, ids: Sequence[int], days: Sequence[bytes]) -> None:
        """Refuse the first transfer that is dated into a period after its close."""
        closed = [(last_id, until) for last_id, until in self._closed if last_id < ids[-1]]
        if closed and min(days) <= max(until for _, until in closed):
            for row_id, day in zip(ids, days, strict=True):
                if any(row_id > last_id and day <= until for last_id, until in closed):
                    raise Found("period", "transfer", row_id)


def verify(
    session: Session,
    *,
    published: dict[int, bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verification:
    """Recompute seals, balances, versions, reversals, texts and closed periods.

    ``published`` are digests from public notices by seal id; ``progress`` is told how many
    transfers have been read. Memory grows with accounts, not with transfers.
    """
    check = _Check(session, published or {}, progress)
    fault = None
    try:
        check.chain()
        check.tail()
        check.accounts()
        check.sets()
    except Found as found:
        fault = found.fault
    tail = check.read - check.sealed
    return Verification(check.read, len(check.recount.standings), check.seals, tail, fault)


class _Check:
    """One reading of the book from its first row to its last."""

    def __init__(
        self, session: Session, published: dict[int, bytes], progress: Callable[[int], None]
    ) -> None:
        self.session, self.reader = session, Reader(session)
        self.published = dict(published)
        self.progress = progress
        self.recount = _Recount(
            [(last_id, until.isoformat().encode()) for last_id, until in closed_periods(session)]
        )
        self.reach = BEGINNING
        self.read = self.sealed = self.seals = 0
        self._tables = [self.reader.rows(layout, self.reach) for layout in LAYOUTS]

    def chain(self) -> None:
        """Every seal, and the rows that it covers."""
        previous = GENESIS
        for seal in self.reader.seals():
            hasher = Hasher()
            fault = self._recount(seal.reach, hasher)
            self._compare(seal, hasher, previous)
            if fault is not None:
                raise fault
            previous = seal.digest
            self.reach, self.seals, self.sealed = seal.reach, seal.id, self.read
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
                    except Found as found:
                        fault = found
                self.read += len(columns[0])
                self.progress(self.read)
        return fault

    def _compare(self, seal: SealRow, hasher: Hasher, previous: bytes) -> None:
        counted = (seal.unit_count, seal.account_count, seal.transfer_count)
        if hasher.digest(seal) != seal.digest or counted != tuple(hasher.counts):
            raise self._difference(seal, hasher)
        if seal.id != self.seals + 1 or seal.previous != previous:
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
            counted = standings[row_id]
            if (balance, version) != (counted.balance, counted.version):
                raise Found("balance", "account", row_id)

    def sets(self) -> None:
        """What rows say of one another."""
        for what, table, statement in _SETS:
            if (row_id := self.reader.first(statement)) is not None:
                raise Found(what, table, row_id)
        if (wrong := wrong_hold(self.session)) is not None:
            raise Found("balance" if wrong[0] == "account" else "hold", *wrong)
        if (use_id := wrong_cap(self.session)) is not None:
            raise Found("cap", "cap_use", use_id)
        if (period_id := wrong_sheet(self.session)) is not None:
            raise Found("sheet", "period", period_id)
        for row_id, salt, text, stored in self.reader.texts():
            if stored is None or text_hash(salt, text) != stored:
                raise Found("text", "transfer_text", row_id)


_SETS = (
    (
        "reversal",
        "transfer",
        # +: or SQLite walks the whole table by id, for the first to come is the least
        "SELECT min(+r.id) FROM transfer r JOIN transfer o ON o.id = r.reverses"
        " WHERE r.reverses IS NOT NULL AND (r.source_id <> o.destination_id"
        " OR r.destination_id <> o.source_id OR o.reverses IS NOT NULL OR o.id >= r.id)",
    ),
    (
        "reversal",
        "transfer",
        "SELECT min(o.id) FROM transfer o JOIN (SELECT reverses, sum(amount) AS amount"
        " FROM transfer WHERE reverses IS NOT NULL GROUP BY reverses) r"
        " ON r.reverses = o.id WHERE r.amount > o.amount",
    ),
)


def _blocks(tables: Sequence[Rows], until: Reach) -> Iterator[tuple[int, Columns]]:
    for kind, rows in enumerate(tables):
        for columns in rows.until(until.of(LAYOUTS[kind])):
            yield kind, columns
