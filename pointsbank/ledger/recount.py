"""Balances and versions, recounted from the transfers as they go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pointsbank.ledger.encoding import TRANSFER, Columns
from pointsbank.ledger.faults import Found

_REVERSES = 1 << TRANSFER.optional.index("reverses")  # in the mask of what is NULL


@dataclass(slots=True)
class Standing:
    """An account's figures, recounted; ``tracked``: the book tells them too.

    A balance never falls below ``floor``, but by a reversal where that may leave a ``debt``.
    """

    unit_id: int
    tracked: bool
    floor: int
    debt: bool
    balance: int = 0
    version: int = 0

    def move(self, amount: int) -> None:
        self.balance += amount
        self.version += 1

    @property
    def told(self) -> tuple[int, int]:
        """Balance and version as the book has them."""
        return (self.balance, self.version) if self.tracked else (0, 0)


class Recount:
    """Grows with accounts only."""

    def __init__(
        self,
        closings: Sequence[tuple[int, int, bytes]],
        floors: Mapping[int, tuple[int, bool]],
    ) -> None:
        """``closings``: of each period the first transfer that may be dated later, the last before
        its close, and its last day. ``floors``: of each unit its floor, and whether a reversal may
        leave a debt."""
        self.standings: dict[int, Standing] = {}
        self._closings, self._floors = closings, floors

    def accounts(self, columns: Columns) -> None:
        for row_id, unit_id, owner_kind in zip(*columns[:2], columns[4], strict=True):
            self.open(row_id, unit_id, tracked=owner_kind != b"system")

    def open(self, account_id: int, unit_id: int, *, tracked: bool, **figures: int) -> None:
        floor, debt = self._floors.get(unit_id, (0, False))
        self.standings[account_id] = Standing(unit_id, tracked, floor, debt, **figures)

    def transfers(self, columns: Columns) -> None:
        """Raise ``Found`` for the first transfer whose figures do not follow from those before."""
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
            source.balance -= amount
            source.version += 1
            destination.balance += amount
            destination.version += 1
            if source.tracked:
                if source.balance != source_balance or source.version != source_version:
                    raise Found("balance", "transfer", row_id)
                if source.balance < source.floor and (mask & _REVERSES or not source.debt):
                    raise Found("floor", "transfer", row_id)
            else:
                nothing = 0b0011
            if destination.tracked:
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
        """Raise ``Found`` for the first transfer dated into a period after its close, or beyond it
        before the first that may be."""
        first, last, earliest, latest = ids[0], ids[-1], min(days), max(days)
        doubtful = [
            (first_id, last_id, until)
            for first_id, last_id, until in self._closings
            if (last_id < last and earliest <= until) or (first < first_id and latest > until)
        ]
        for row_id, day in zip(ids, days, strict=True) if doubtful else ():
            for first_id, last_id, until in doubtful:
                if row_id > last_id if day <= until else row_id < first_id:
                    raise Found("period", "transfer", row_id)
