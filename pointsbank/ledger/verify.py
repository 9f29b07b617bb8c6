"""Recomputes the whole book and names the first row that is not as it was written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.ledger.caps import wrong_cap
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, UNIT, text_hash
from pointsbank.ledger.holds import wrong_hold
from pointsbank.ledger.periods import wrong_sheet
from pointsbank.ledger.seals import (
    CHUNK_ROWS,
    END,
    GENESIS,
    LAYOUTS,
    Hasher,
    Reach,
    Reader,
    SealRow,
    first_difference,
)

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
class _Recount:
    """Balances and versions recounted from the transfers."""

    owners: dict[int, tuple[int, bool]] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)

    def account(self, row: Sequence[Any]) -> None:
        """``row``: id, unit, owner id, mask, owner kind …"""
        self.owners[row[0]] = row[1], row[4] != "system"

    def transfer(self, row: Sequence[Any]) -> None:
        """Refuse a transfer whose figures do not follow from those before it."""
        row_id, unit_id, source_id, destination_id, amount = row[:5]
        source_balance, source_version, destination_balance, destination_version = row[7:11]
        source, destination = self.owners.get(source_id), self.owners.get(destination_id)
        if source is None or destination is None or not source[0] == unit_id == destination[0]:
            raise Found("unit", "transfer", row_id)
        mask = 0
        if source[1]:
            self._step(row_id, source_id, -amount, source_balance, source_version)
        else:
            mask |= 0b0011
        if destination[1]:
            self._step(row_id, destination_id, amount, destination_balance, destination_version)
        else:
            mask |= 0b1100
        if row[12] & 0b1111 != mask or amount <= 0:
            raise Found("balance", "transfer", row_id)

    def _step(self, row_id: int, account_id: int, amount: int, balance: int, version: int) -> None:
        counted = self.balances.get(account_id, 0) + amount
        place = self.versions.get(account_id, 0) + 1
        if counted != balance or place != version:
            raise Found("balance", "transfer", row_id)
        self.balances[account_id], self.versions[account_id] = counted, place


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
    try:
        check.chain()
        tail = check.tail()
        check.accounts()
        check.sets()
    except Found as found:
        tail = check.read - check.sealed
        return Verification(check.read, len(check.recount.owners), check.seals, tail, found.fault)
    return Verification(check.read, len(check.recount.owners), check.seals, tail, None)


class _Check:
    """One reading of the book from its first row to its last."""

    def __init__(
        self, session: Session, published: dict[int, bytes], progress: Callable[[int], None]
    ) -> None:
        self.session, self.reader = session, Reader(session)
        self.published = dict(published)
        self.progress = progress
        self.recount = _Recount()
        self.reach = Reach()
        self.read = self.sealed = self.seals = 0
        self._unit, self._account, self._transfer = (layout.coder() for layout in LAYOUTS)

    def chain(self) -> None:
        """Every seal, and the rows that it covers."""
        previous = GENESIS
        for seal in self.reader.seals():
            hasher, fault = self._rows(seal.reach, hashed=True)
            self._compare(seal, hasher, previous)
            if fault is not None:
                raise fault
            previous = seal.digest
            self.reach, self.seals, self.sealed = seal.reach, seal.id, self.read
        if self.published:  # a seal that was made public is no longer in the book
            raise Found("seal", "seal", min(self.published))

    def tail(self) -> int:
        """What is not sealed yet: recounted only."""
        _, fault = self._rows(END, hashed=False)
        if fault is not None:
            raise fault
        return self.read - self.sealed

    def _rows(self, until: Reach, *, hashed: bool) -> tuple[Hasher, Found | None]:
        """Hash and recount the rows up to a reach; the first that does not follow, if any."""
        hasher, reader, reach = Hasher(), self.reader, self.reach
        for row in reader.rows(UNIT, reach.unit_id, until.unit_id):
            hasher.add(0, row[0], self._unit(row))
        for row in reader.rows(ACCOUNT, reach.account_id, until.account_id):
            hasher.add(1, row[0], self._account(row))
            self.recount.account(row)
        fault = None
        for row in reader.rows(TRANSFER, reach.transfer_id, until.transfer_id):
            if hashed:
                hasher.add(2, row[0], self._transfer(row))
            if fault is None:
                try:
                    self.recount.transfer(row)
                except Found as found:
                    fault = found
            self.read += 1
            if self.read % CHUNK_ROWS == 0:
                self.progress(self.read)
        return hasher, fault

    def _compare(self, seal: SealRow, hasher: Hasher, previous: bytes) -> None:
        counted = (seal.unit_count, seal.account_count, seal.transfer_count)
        sound = hasher.digest(seal) == seal.digest and counted == tuple(hasher.counts)
        if not sound and (place := first_difference(seal.marks, hasher.marks)):
            table, row_id, what = place
            raise Found(what, table, row_id)
        if not sound or seal.marks != hasher.marks:
            raise Found("changed", "seal", seal.id)
        if seal.id != self.seals + 1 or seal.previous != previous:
            raise Found("chain", "seal", seal.id)
        if self.published.pop(seal.id, seal.digest) != seal.digest:
            raise Found("seal", "seal", seal.id)

    def accounts(self) -> None:
        """Every account's figures against those recounted."""
        recount = self.recount
        for row_id, balance, version in self.reader.figures():
            counted = recount.balances.get(row_id, 0), recount.versions.get(row_id, 0)
            if (balance, version) != counted:
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
        "SELECT min(r.id) FROM transfer r JOIN transfer o ON o.id = r.reverses"
        " WHERE r.source_id <> o.destination_id OR r.destination_id <> o.source_id"
        " OR o.reverses IS NOT NULL OR o.id >= r.id",
    ),
    (
        "reversal",
        "transfer",
        "SELECT min(o.id) FROM transfer o JOIN (SELECT reverses, sum(amount) AS amount"
        " FROM transfer WHERE reverses IS NOT NULL GROUP BY reverses) r"
        " ON r.reverses = o.id WHERE r.amount > o.amount",
    ),
    (
        "period",
        "transfer",
        "SELECT min(t.id) FROM period p JOIN transfer t ON t.effective_on <= p.until_on"
        " AND t.id > p.last_transfer_id",
    ),
)
