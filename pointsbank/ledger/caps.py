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
    """A row for the book, one for each cap of a posting; days and instants as ISO text.

    ``used`` is what counted before it. ``entry`` is its transfer's place in the batch, None if
    nothing was posted.
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


@dataclass(slots=True)
class CapCount:
    """What is used of each cap that a batch bears, and the rows that tell of it.

    ``capped``: where the transfers count that are reversed in it. ``mark``, ``undo``: for groups.
    """

    used: dict[CapPlace, int] = field(default_factory=dict)
    capped: Mapping[int, Sequence[CapPlace]] = field(default_factory=dict)
    uses: list[CapUse] = field(default_factory=list)
    _changes: list[tuple[CapPlace, int]] = field(default_factory=list)

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
        """Count what was posted, and tell of it in a row for each cap."""
        for cap, place in zip(posting.caps, places, strict=True):
            used = self.used[place]
            self.uses.append(
                CapUse(
                    posting.key, request_hash, *place, cap.most, used, posting.amount, amount,
                    recorded_at, posting.origin_kind, posting.origin_id, posting.rule, entry,
                )
            )  # fmt: skip
            self._change(place, amount)

    def give_back(self, transfer_id: int, amount: int) -> None:
        """A transfer was reversed: what it had counted is free again."""
        for place in self.capped.get(transfer_id, ()):
            if place in self.used:
                self._change(place, -amount)

    def _change(self, place: CapPlace, amount: int) -> None:
        self.used[place] += amount
        self._changes.append((place, amount))

    def mark(self) -> tuple[int, int]:
        return len(self._changes), len(self.uses)

    def undo(self, mark: tuple[int, int]) -> list[str]:
        """Take back everything since a mark; the keys of which nothing was posted."""
        changes, uses = mark
        for place, amount in self._changes[changes:]:
            self.used[place] -= amount
        gone = [use.key for use in self.uses[uses:] if use.entry is None]
        del self._changes[changes:], self.uses[uses:]
        return gone


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
    """The first use that its transfer does not bear out, or by which a window got over its most."""
    borne_out = and_(
        _transfer.c.key == _use.c.key,
        _transfer.c.request_hash == _use.c.request_hash,
        _transfer.c.destination_id == _use.c.account_id,
        _transfer.c.amount == _use.c.amount,
        _transfer.c.effective_on >= _use.c.starts_on,
    )
    same_key = _transfer.alias("same_key")
    wrong = (
        select(_use.c.id)
        .outerjoin(_transfer, and_(_transfer.c.id == _use.c.transfer_id, borne_out))
        .outerjoin(same_key, and_(_use.c.transfer_id.is_(None), same_key.c.key == _use.c.key))
        .where(
            or_(
                and_(_use.c.transfer_id.is_not(None), _transfer.c.id.is_(None)),
                same_key.c.id.is_not(None),
            )
        )
    )
    for statement in (wrong, _over_most()):
        found = session.execute(statement.order_by(statement.selected_columns[0]).limit(1)).scalar()
        if found is not None:
            return int(found)
    return None


def _over_most() -> Select[tuple[int]]:
    """The last use of each window that got more than the most of any of its uses, net."""
    place = ("account_id", "name", "window", "starts_on")
    counted = _use.c.amount > 0
    suspect = (  # reversals are looked up for these only
        select(*_use.c[place], func.max(_use.c.most).label("most"))
        .where(counted)
        .group_by(*_use.c[place])
        .having(func.sum(_use.c.amount) > func.max(_use.c.most))
        .subquery()
    )
    back = select(func.coalesce(func.sum(_transfer.c.amount), 0)).where(
        _transfer.c.reverses == _use.c.transfer_id
    )
    return (
        select(func.max(_use.c.id))
        .join(suspect, and_(*(suspect.c[name] == _use.c[name] for name in place)))
        .where(counted)
        .group_by(*_use.c[place], suspect.c.most)
        .having(func.sum(_use.c.amount - back.scalar_subquery()) > suspect.c.most)
    )
