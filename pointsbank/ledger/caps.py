"""The room that caps leave as a batch goes on, and whether the book has kept to them."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Select, and_, func, or_, select

from pointsbank.core.database import Session
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.rules import (
    LONGEST_CODE,
    MOST_AMOUNT,
    WINDOW_NAMES,
    Cap,
    CapReached,
    CapWindow,
    OverCap,
    OwnerKind,
    Posting,
    window_start,
)

_use = TABLES["cap_use"]
_transfer = TABLES["transfer"]

_CAP = struct.Struct(">q3H")
_WINDOWS, _STRICTEST = tuple(CapWindow), tuple(OverCap)


class CapPlace(NamedTuple):
    """What counts together: what an account gets under a name in one window."""

    account_id: int
    name: str
    window: str
    starts_on: str


class CapUse(NamedTuple):
    """A row for the book: what a posting used of a cap, or a reversal gave back; ISO texts.

    ``used`` is what counted before it: of one place, each row goes on from the one before.
    ``entry`` is its transfer's place in the batch, None if nothing was posted.
    """

    key: str
    request_hash: bytes
    account_id: int
    name: str
    window: str
    starts_on: str
    most: int
    used: int
    asked: int
    amount: int
    recorded_at: str
    origin_kind: str
    origin_id: int
    rule: str
    entry: int | None

    @property
    def place(self) -> CapPlace:
        return CapPlace(*self[2:6])


@dataclass(slots=True)
class CapCount:
    """What is used of each cap that a batch concerns, and the rows that tell of it.

    ``capped``: the transfers that may be reversed in it, each with where it counts and the most
    there.
    """

    used: dict[CapPlace, int] = field(default_factory=dict)
    capped: Mapping[int, Sequence[tuple[CapPlace, int]]] = field(default_factory=dict)
    uses: list[CapUse] = field(default_factory=list)

    def fitting(self, posting: Posting, places: Sequence[CapPlace]) -> int:
        """What of its amount a posting's caps leave, 0 or more; refuses ``CapReached``."""
        left, decides = posting.amount, None
        for cap, place in zip(posting.caps, places, strict=True):
            room = max(cap.most - self.used[place], 0)
            if room < left or (room == left and decides and _is_stricter(cap, decides[0])):
                left, decides = room, (cap, place)
        if decides is None:
            return left
        cap, place = decides
        if cap.over is OverCap.REFUSE:
            raise CapReached(
                window=WINDOW_NAMES[cap.window],
                most=cap.most,
                used=self.used[place],
                asked=posting.amount,
            )
        return left if cap.over is OverCap.CLIP else 0

    def note(
        self, posting: Posting, request_hash: bytes, places: Sequence[CapPlace],
        *, amount: int, recorded_at: str, entry: int | None,
    ) -> None:  # fmt: skip
        """Count what was posted, 0 or more; and what a reversal gives back."""

        def count(place: CapPlace, most: int, asked: int, counted: int) -> None:
            self.uses.append(
                CapUse(
                    posting.key, request_hash, *place, most, self.used[place], asked, counted,
                    recorded_at, posting.origin_kind, posting.origin_id, posting.rule, entry,
                )
            )  # fmt: skip
            self.used[place] += counted

        for cap, place in zip(posting.caps, places, strict=True):
            count(place, cap.most, posting.amount, amount)
        for place, most in self.capped.get(posting.reverses or 0, ()):
            count(place, most, -amount, -amount)

    def undo(self, mark: int) -> list[str]:
        """Take the last uses back, all but so many; the keys of which nothing was posted."""
        undone = self.uses[mark:]
        del self.uses[mark:]
        for use in undone:
            self.used[use.place] -= use.amount
        return [use.key for use in undone if use.entry is None]


def _is_stricter(cap: Cap, other: Cap) -> bool:
    return _STRICTEST.index(cap.over) < _STRICTEST.index(other.over)


def places_of(posting: Posting, account_id: int) -> list[CapPlace]:
    """Where a posting to this account counts, in the order of its caps."""
    day = posting.effective_on
    return [CapPlace(account_id, cap.name, *_window_of(cap.window, day)) for cap in posting.caps]


@lru_cache(maxsize=1_000)  # a batch asks for the same few windows thousands of times
def _window_of(window: CapWindow, day: date) -> tuple[str, str]:
    return window.value, window_start(window, day).isoformat()


def caps_fault(posting: Posting) -> bool:
    """Whether no book could count these caps: of a system account, on a reversal, two alike."""
    caps = posting.caps
    if posting.destination.owner_kind is OwnerKind.SYSTEM or posting.reverses is not None:
        return True
    if len({(cap.name, cap.window) for cap in caps}) < len(caps):
        return True
    return not all(
        1 <= len(cap.name) <= LONGEST_CODE and 0 <= cap.most <= MOST_AMOUNT for cap in caps
    )


def capped_hash(request_hash: bytes, caps: Sequence[Cap]) -> bytes:
    """A request's hash that its caps count in; empty if it could not be booked."""
    content = request_hash
    try:
        for cap in caps:
            kinds = _WINDOWS.index(cap.window), _STRICTEST.index(cap.over)
            content += _CAP.pack(cap.most, *kinds, len(cap.name)) + cap.name.encode()
    except struct.error:
        return b""
    return blake2b(content, digest_size=16).digest() if request_hash else b""


def wrong_cap(session: Session) -> int | None:
    """The first use that does not go on from the one before it, or that its transfer does not
    bear out, or whose reversal gave nothing back."""
    for statement in (_not_borne_out(), _not_going_on(), _not_given_back()):
        found = session.execute(statement.order_by(statement.selected_columns[0]).limit(1)).scalar()
        if found is not None:
            return int(found)
    return None


def _not_borne_out() -> Select[tuple[int]]:
    """Uses that are not as their transfers; and of nothing, whose key has a transfer after all."""
    same = and_(_transfer.c.key == _use.c.key, _transfer.c.request_hash == _use.c.request_hash)
    got = and_(
        _transfer.c.destination_id == _use.c.account_id,
        _transfer.c.amount == _use.c.amount,
        _transfer.c.effective_on >= _use.c.starts_on,
    )
    gave_back = and_(
        _transfer.c.source_id == _use.c.account_id,
        _transfer.c.amount == -_use.c.amount,
        _transfer.c.reverses.is_not(None),
    )
    borne_out = and_(_transfer.c.id == _use.c.transfer_id, same, or_(got, gave_back))
    other = _transfer.alias("other")
    return (
        select(_use.c.id)
        .outerjoin(_transfer, borne_out)
        .outerjoin(other, and_(_use.c.transfer_id.is_(None), other.c.key == _use.c.key))
        .where(
            or_(
                and_(_use.c.transfer_id.is_not(None), _transfer.c.id.is_(None)),
                other.c.id.is_not(None),
            )
        )
    )


def _not_going_on() -> Select[tuple[int]]:
    """Uses whose ``used`` is not what the uses of the place before them amount to."""
    before = func.lag(_use.c.used + _use.c.amount, 1, 0).over(
        partition_by=[_use.c[name] for name in CapPlace._fields], order_by=_use.c.id
    )
    chain = select(_use.c.id, _use.c.used, before.label("before")).subquery()
    return select(chain.c.id).where(chain.c.used != chain.c.before)


def _not_given_back() -> Select[tuple[int]]:
    """Uses of transfers that were reversed, where a reversal gave nothing back in their place."""
    reversal, back = _transfer.alias("reversal"), _use.alias("back")
    in_place = (back.c[name] == _use.c[name] for name in CapPlace._fields)
    return (
        select(_use.c.id)
        .join(reversal, reversal.c.reverses == _use.c.transfer_id)
        .outerjoin(back, and_(back.c.transfer_id == reversal.c.id, *in_place))
        .where(back.c.id.is_(None))
    )
