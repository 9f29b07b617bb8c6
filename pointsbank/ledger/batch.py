"""A batch of postings, decided one after another against what the book holds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pointsbank.core.errors import Refused
from pointsbank.ledger.caps import CapCount, CapPlace, caps_fault
from pointsbank.ledger.rules import (
    LARGEST_ID,
    LONGEST_CODE,
    LONGEST_KEY,
    LONGEST_TEXT,
    MOST_AMOUNT,
    AccountRef,
    AlreadyReversed,
    AmountOutOfRange,
    ExpiryPolicy,
    GroupRefused,
    InsufficientBalance,
    KeyReused,
    MoreThanLeft,
    NotReversible,
    NotSpendable,
    OwnerKind,
    PeriodClosed,
    Posting,
    PostingMalformed,
    SpentReversal,
    SystemKind,
    UnknownTransfer,
    UnknownUnit,
    expires_on,
)


class UnitRow(NamedTuple):
    """A unit as the book holds it."""

    id: int
    code: str
    spendable: bool
    floor: int
    expiry: ExpiryPolicy
    expiry_months: int
    spent_reversal: SpentReversal


@dataclass(slots=True)
class Standing:
    """An account's figures as the batch goes on."""

    id: int
    tracked: bool
    balance: int
    held: int
    version: int


@dataclass(slots=True)
class Original:
    """A transfer that is to be reversed, and what is left of it; ``counts`` under a cap."""

    source_id: int
    destination_id: int
    left: int
    expires_on: str | None
    is_reversal: bool
    is_expiry: bool
    counts: bool


class Entry(NamedTuple):
    """A row for the book, without its id; days and instants as ISO text."""

    key: str
    request_hash: bytes
    unit_id: int
    source_id: int
    destination_id: int
    amount: int
    source_balance: int | None
    source_version: int | None
    destination_balance: int | None
    destination_version: int | None
    effective_on: str
    expires_on: str | None
    recorded_at: str
    actor_kind: str
    actor_id: int
    reason: str
    origin_kind: str
    origin_id: int
    rule: str
    text_hash: bytes | None
    reverses: int | None


Asked = tuple[Posting, bytes, bytes | None, str | None, Sequence[CapPlace]]
"""A posting, the hashes of its request and of its text, what no book could hold of it, and where
its caps count, in their order."""


class Known(NamedTuple):
    """What a key already stands for; no ``id`` where its caps left nothing."""

    request_hash: bytes
    id: int | None
    amount: int
    source_balance: int | None
    destination_balance: int | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The answer to a key that an earlier posting of the same batch took: that entry's place."""

    place: int


# An int is the place of a new entry; None: its caps left nothing.
Answer = int | None | Repeat | Known | Refused


@dataclass(slots=True)
class Batch:
    """What the book holds of the accounts, keys and transfers concerned, and the entries so far."""

    recorded_at: str
    actor_kind: str
    actor_id: int
    units: dict[str, UnitRow]
    closed_until: date | None
    standings: dict[AccountRef, Standing]
    known: dict[str, Known]
    originals: dict[int, Original]
    caps: CapCount = field(default_factory=CapCount)
    entries: list[Entry] = field(default_factory=list)
    touched: list[tuple[Standing, Standing]] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    days: dict[tuple[int, date], tuple[str, str | None]] = field(default_factory=dict)

    def decide(self, postings: Sequence[Asked], *, linked: bool) -> list[Answer]:
        """Answer each posting; a group is applied where its first posting stands."""
        if linked:
            return self._group(postings)
        if all(asked[0].group is None for asked in postings):
            return [self._answer(asked) for asked in postings]
        groups: dict[tuple[str, int], list[int]] = {}
        for place, asked in enumerate(postings):
            group = asked[0].group
            name = ("alone", place) if group is None else ("group", group)
            groups.setdefault(name, []).append(place)
        answers: dict[int, Answer] = {}
        for places in groups.values():
            answers.update(zip(places, self._group([postings[p] for p in places]), strict=True))
        return [answers[place] for place in range(len(postings))]

    def _group(self, postings: Sequence[Asked]) -> list[Answer]:
        before, mark = len(self.entries), len(self.caps.uses)
        answers: list[Answer] = []
        for asked in postings:
            answer = self._answer(asked)
            if isinstance(answer, Refused):
                self._undo(before, mark)
                rest = len(postings) - len(answers) - 1
                return [*(GroupRefused() for _ in answers), answer, *(GroupRefused(),) * rest]
            answers.append(answer)
        return answers

    def _undo(self, before: int, mark: int) -> None:
        for key in self.caps.undo(mark):
            self.known.pop(key, None)
        while len(self.entries) > before:
            entry = self.entries.pop()
            source, destination = self.touched.pop()
            del self.taken[entry.key]
            if source.tracked:
                source.balance += entry.amount
                source.version -= 1
            if destination.tracked:
                destination.balance -= entry.amount
                destination.version -= 1
            if entry.reverses is not None:
                self.originals[entry.reverses].left += entry.amount

    def _answer(self, asked: Asked) -> Answer:
        posting, request_hash, text_hash, fault, places = asked
        key = posting.key
        try:
            if (known := self.known.get(key)) is not None:
                if known.request_hash != request_hash:
                    raise KeyReused
                return known
            if (place := self.taken.get(key)) is not None:
                if self.entries[place].request_hash != request_hash:
                    raise KeyReused
                return Repeat(place)
            if fault is not None:
                raise PostingMalformed(what=fault)
            return self._enter(posting, request_hash, text_hash, places)
        except Refused as refusal:
            return refusal

    def _enter(
        self,
        posting: Posting,
        request_hash: bytes,
        text_hash: bytes | None,
        places: Sequence[CapPlace],
    ) -> int | None:
        """Refuse, or enter and say at which place; None if its caps leave nothing.

        After the last check nothing fails.
        """
        unit = self.units.get(posting.source.unit)
        if unit is None:
            raise UnknownUnit(unit=posting.source.unit)
        original = None if posting.reverses is None else self._original(posting.reverses)
        source = self.standings[posting.source]
        destination = self.standings[posting.destination]
        days = self.days.get((unit.id, posting.effective_on))
        effective, expires = days or self._days(unit, posting.effective_on)
        if original is not None:
            self._check_reversal(posting, original, source, destination)
            if not original.is_expiry:
                expires = original.expires_on
        elif source.tracked and not unit.spendable and not _is_adjustment(posting):
            raise NotSpendable(unit=unit.code)
        amount = self._amount(posting, places, original)
        if not amount:
            self._note_caps(posting, request_hash, places, 0, None)
            self.known[posting.key] = Known(request_hash, None, 0, None, None)
            return None
        if source.tracked:
            self._check_balance(unit, posting, source, amount)

        source_balance = source_version = destination_balance = destination_version = None
        if source.tracked:
            source.balance = source_balance = source.balance - amount
            source.version = source_version = source.version + 1
        if destination.tracked:
            destination.balance = destination_balance = destination.balance + amount
            destination.version = destination_version = destination.version + 1
        elif original is None:
            expires = None
        if original is not None:
            original.left -= amount
        place = self.taken[posting.key] = len(self.entries)
        if posting.caps or (original is not None and original.counts):
            self._note_caps(posting, request_hash, places, amount, place)
        self.touched.append((source, destination))
        self.entries.append(
            Entry(
                posting.key, request_hash, unit.id, source.id, destination.id, amount,
                source_balance, source_version, destination_balance, destination_version,
                effective, expires, self.recorded_at, self.actor_kind, self.actor_id,
                posting.reason, posting.origin_kind, posting.origin_id, posting.rule,
                text_hash, posting.reverses,
            )
        )  # fmt: skip
        return place

    def _amount(
        self, posting: Posting, places: Sequence[CapPlace], original: Original | None
    ) -> int:
        """What is to be posted: what was asked for, or what its caps leave of it."""
        amount = posting.amount
        if not 1 <= amount <= MOST_AMOUNT:
            raise AmountOutOfRange(most=MOST_AMOUNT)
        if original is not None and amount > original.left:
            raise MoreThanLeft(transfer_id=posting.reverses, left=original.left)
        return self.caps.fitting(posting, places) if posting.caps else amount

    def _note_caps(
        self, posting: Posting, request_hash: bytes, places: Sequence[CapPlace],
        amount: int, place: int | None,
    ) -> None:  # fmt: skip
        at = self.recorded_at
        self.caps.note(posting, request_hash, places, amount=amount, recorded_at=at, entry=place)

    def _original(self, transfer_id: int) -> Original:
        if transfer_id not in self.originals:
            raise UnknownTransfer(transfer_id=transfer_id)
        return self.originals[transfer_id]

    def _days(self, unit: UnitRow, day: date) -> tuple[str, str | None]:
        """The effective day, refused if closed, and the day on which points earned then lapse."""
        if self.closed_until is not None and day <= self.closed_until:
            raise PeriodClosed(until=self.closed_until)
        lapses = expires_on(unit.expiry, unit.expiry_months, day)
        days = self.days[unit.id, day] = (day.isoformat(), lapses.isoformat() if lapses else None)
        return days

    def _check_reversal(
        self, posting: Posting, original: Original, source: Standing, destination: Standing
    ) -> None:
        if (source.id, destination.id) != (original.destination_id, original.source_id):
            raise PostingMalformed(what="reversed accounts")
        if original.is_reversal:
            raise NotReversible(transfer_id=posting.reverses)
        if original.left == 0:
            raise AlreadyReversed(transfer_id=posting.reverses)

    def _check_balance(
        self, unit: UnitRow, posting: Posting, source: Standing, amount: int
    ) -> None:
        if posting.reverses is not None and unit.spent_reversal is SpentReversal.DEBT:
            return
        available = source.balance - source.held - unit.floor
        if amount > available:
            raise InsufficientBalance(needed=amount, available=max(available, 0))


def form_fault(posting: Posting) -> str | None:
    """What no book could hold: two units, one account twice, a code too long, caps that cannot be
    counted; None if well."""
    source, destination = posting.source, posting.destination
    if source == destination or source.unit != destination.unit:
        return "accounts"
    if not (
        0 <= source.owner_id <= LARGEST_ID
        and 0 <= destination.owner_id <= LARGEST_ID
        and 0 <= posting.origin_id <= LARGEST_ID
        and 0 <= (posting.reverses or 0) <= LARGEST_ID
    ):
        return "number"
    if not 1 <= len(posting.key) <= LONGEST_KEY:
        return "key"
    if not (
        1 <= len(posting.reason) <= LONGEST_CODE
        and len(posting.origin_kind) <= LONGEST_CODE
        and len(posting.rule) <= LONGEST_CODE
        and len(source.kind) <= LONGEST_CODE
        and len(source.category) <= LONGEST_CODE
        and len(destination.kind) <= LONGEST_CODE
        and len(destination.category) <= LONGEST_CODE
    ):
        return "code"
    if len(posting.text) > LONGEST_TEXT:
        return "text"
    return "caps" if posting.caps and caps_fault(posting) else None


def _is_adjustment(posting: Posting) -> bool:
    destination = posting.destination
    return (
        destination.owner_kind is OwnerKind.SYSTEM and destination.kind == SystemKind.ADJUSTED.value
    )
