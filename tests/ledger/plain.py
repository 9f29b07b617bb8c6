"""The ledger once more, as plainly as it can be said: dicts and lists, nothing shared with it."""

import copy
from dataclasses import dataclass, field
from typing import Any

MEMBERS = ("m1", "m2", "m3")


@dataclass(frozen=True)
class Ask:
    """One transfer asked for, between names; ``reverses`` is the key of another."""

    key: str
    source: str
    destination: str
    amount: int
    reverses: str | None = None
    group: int | None = None

    @property
    def content(self) -> tuple[Any, ...]:
        return self.source, self.destination, self.amount, self.reverses


@dataclass
class Plain:
    """``floor``: how far down a balance may go. ``debt``: what is spent may be reversed."""

    floor: int = 0
    debt: bool = False
    spendable: bool = True
    balance: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    book: dict[str, tuple[Ask, int | None, int | None]] = field(default_factory=dict)
    entries: dict[str, list[tuple[int, int]]] = field(
        default_factory=lambda: {name: [] for name in MEMBERS}
    )
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def post(self, asks: list[Ask]) -> list[Any]:
        """For each: (amount, balance of source, of destination, repeated), or a refusal's name."""
        before_batch = set(self.book)
        answers: list[Any] = [None] * len(asks)
        for place, ask in enumerate(asks):
            if answers[place] is not None:
                continue
            if ask.group is None:
                answers[place] = self._one(ask, before_batch)
                continue
            places = [p for p, other in enumerate(asks) if other.group == ask.group]
            saved = copy.deepcopy((self.balance, self.held, self.book, self.entries))
            for p in places:
                answers[p] = self._one(asks[p], before_batch)
                if isinstance(answers[p], str):
                    self.balance, self.held, self.book, self.entries = saved
                    for other in places:
                        if other != p:
                            answers[other] = "GroupRefused"
                    break
        return answers

    def left(self, key: str) -> int:
        undone = sum(ask.amount for ask, _, _ in self.book.values() if ask.reverses == key)
        return self.book[key][0].amount - undone

    def available(self, name: str) -> int:
        return self.balance[name] - self.held[name] - self.floor

    def _one(self, ask: Ask, before_batch: set[str]) -> Any:
        if ask.key in self.book:
            known, source_balance, destination_balance = self.book[ask.key]
            if known.content != ask.content:
                return "KeyReused"
            return ask.amount, source_balance, destination_balance, True
        if refusal := self._refusal(ask, before_batch):
            return refusal
        after: dict[str, int] = {}
        for name, change in ((ask.source, -ask.amount), (ask.destination, ask.amount)):
            if name in MEMBERS:
                self.balance[name] += change
                after[name] = self.balance[name]
                self.entries[name].append((change, self.balance[name]))
        figures = after.get(ask.source), after.get(ask.destination)
        self.book[ask.key] = (ask, *figures)
        return ask.amount, *figures, False

    def _refusal(self, ask: Ask, before_batch: set[str]) -> str:
        if ask.source == ask.destination:
            return "PostingMalformed"
        if ask.reverses is not None:
            if ask.reverses not in before_batch:
                return "UnknownTransfer"
            original = self.book[ask.reverses][0]
            if (original.destination, original.source) != (ask.source, ask.destination):
                return "PostingMalformed"
            if original.reverses is not None:
                return "NotReversible"
            if self.left(ask.reverses) == 0:
                return "AlreadyReversed"
        elif ask.source in MEMBERS and not self.spendable:
            return "NotSpendable"
        if ask.amount < 1:
            return "AmountOutOfRange"
        if ask.reverses is not None and ask.amount > self.left(ask.reverses):
            return "MoreThanLeft"
        owes = ask.reverses is not None and self.debt
        if ask.source in MEMBERS and not owes and ask.amount > self.available(ask.source):
            return "InsufficientBalance"
        return ""

    def hold(self, key: str, who: str, amount: int, until: int) -> Any:
        """What is available after it and whether it is a repeat, or a refusal's name."""
        if key in self.holds:
            known = self.holds[key]
            if (known["who"], known["amount"]) != (who, amount):
                return "KeyReused"
            return self.available(who), True
        if not self.spendable:
            return "NotSpendable"
        if amount < 1:
            return "AmountOutOfRange"
        if amount > self.available(who):
            return "InsufficientBalance"
        self.held[who] += amount
        self.holds[key] = {"who": who, "amount": amount, "until": until, "end": None}
        return self.available(who), False

    def capture(self, key: str, amount: int, now: int) -> Any:
        hold = self.holds[key]
        if hold["end"] is not None:
            if hold["end"] != ("captured", amount):
                return "HoldResolved"
            return "repeat"
        if hold["until"] <= now:
            return "HoldOver"
        if not 1 <= amount <= hold["amount"]:
            return "AmountOutOfRange"
        who = hold["who"]
        if amount > self.available(who) + hold["amount"]:
            return "InsufficientBalance"  # a debt has come between
        self.held[who] -= hold["amount"]
        hold["end"] = ("captured", amount)
        return self._one(Ask(f"hold:{key}", who, "redeemed", amount), set())

    def release(self, key: str) -> str:
        hold = self.holds[key]
        if hold["end"] is not None:
            return "" if hold["end"] == "released" else "HoldResolved"
        self.held[hold["who"]] -= hold["amount"]
        hold["end"] = "released"
        return ""

    def expire(self, now: int) -> int:
        over = [h for h in self.holds.values() if h["end"] is None and h["until"] <= now]
        for hold in over:
            self.held[hold["who"]] -= hold["amount"]
            hold["end"] = "expired"
        return len(over)
