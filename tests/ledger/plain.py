"""The ledger once more, as plainly as it can be said: dicts and lists, nothing shared with it."""

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

MEMBERS = ("m1", "m2", "m3")
SPANS = {
    "day": lambda day: day,
    "week": lambda day: day.isocalendar()[:2],
    "month": lambda day: (day.year, day.month),
    "quarter": lambda day: (day.year, (day.month + 2) // 3),
    "year": lambda day: day.year,
}
STRICT = ("clip", "withhold", "refuse")


@dataclass(frozen=True)
class Ask:
    """One transfer asked for, between names; ``reverses`` is the key of another.

    ``caps``: (name, window, most, what becomes of the rest).
    """

    key: str
    source: str
    destination: str
    amount: int
    reverses: str | None = None
    group: int | None = None
    day: date = date(2026, 11, 21)
    caps: tuple[tuple[str, str, int, str], ...] = ()

    @property
    def content(self) -> tuple[Any, ...]:
        return self.source, self.destination, self.amount, self.reverses, self.day, self.caps


@dataclass
class Plain:
    """``floor``: how far down a balance may go. ``debt``: what is spent may be reversed.
    ``expiry``: the policy and its months. ``closed``: nothing more is dated until this day.
    """

    floor: int = 0
    debt: bool = False
    spendable: bool = True
    expiry: tuple[str, int] = ("never", 0)
    closed: date | None = None
    balance: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    book: dict[str, tuple[Ask, int, int | None, int | None]] = field(default_factory=dict)
    nothing: dict[str, Ask] = field(default_factory=dict)
    uses: list[tuple[Any, ...]] = field(default_factory=list)
    entries: dict[str, list[tuple[int, int]]] = field(
        default_factory=lambda: {name: [] for name in MEMBERS}
    )
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def post(self, asks: list[Ask]) -> list[Any]:
        """For each: (amount, balance of source, of destination, repeated), or a refusal's name;
        (0, repeated) of which caps left nothing.
        """
        before_batch = set(self.book)
        answers: list[Any] = [None] * len(asks)
        for place, ask in enumerate(asks):
            if answers[place] is not None:
                continue
            if ask.group is None:
                answers[place] = self._one(ask, before_batch)
                continue
            places = [p for p, other in enumerate(asks) if other.group == ask.group]
            saved = copy.deepcopy(vars(self))
            for p in places:
                answers[p] = self._one(asks[p], before_batch)
                if isinstance(answers[p], str):
                    vars(self).update(saved)
                    for other in places:
                        if other != p:
                            answers[other] = "GroupRefused"
                    break
        return answers

    def left(self, key: str) -> int:
        undone = sum(entry[1] for entry in self.book.values() if entry[0].reverses == key)
        return self.book[key][1] - undone

    def as_of(self, who: str, day: date) -> int:
        """What had come to somebody less what had gone, by the end of a day."""
        dated = [(ask, amount) for ask, amount, *_ in self.book.values() if ask.day <= day]
        came = sum(amount for ask, amount in dated if ask.destination == who)
        return came - sum(amount for ask, amount in dated if ask.source == who)

    def end(self, day: date) -> date:
        """The last day of what is earned on a day."""
        policy, months = self.expiry
        if policy == "never":
            return date.max
        if policy != "months":
            return date(day.year + (policy == "end_of_next_year"), 12, 31)
        for _ in range(months + 1):
            day = day.replace(day=28) + timedelta(days=4)  # some day of the next month
            day = day.replace(day=1)
        return day - timedelta(days=1)

    def lots(self, who: str) -> list[tuple[date, int]]:
        """What came to somebody, by its end, less what of it was reversed; what had lapsed and
        came back has a new end.
        """
        return sorted(
            (self.end(ask.day), self.left(key))
            for key, (ask, *_) in self.book.items()
            if ask.destination == who and (ask.reverses is None or self._had_lapsed(ask))
        )

    def _had_lapsed(self, ask: Ask) -> bool:
        return self.book[ask.reverses or ""][0].destination == "expired"

    def gone(self, who: str) -> int:
        """What somebody spent or lost, less what of the spending was taken back."""
        gone = 0
        for ask, amount, *_ in self.book.values():
            if ask.source == who and ask.reverses is None:
                gone += amount
            elif ask.destination == who and ask.reverses and not self._had_lapsed(ask):
                gone -= amount
        return gone

    def lapse(self, name: str, on: date) -> dict[str, int] | str:
        """Who loses how much on a day, as of each lot what is over is taken from the first on."""
        lost = {who: self.over(who, on) for who in MEMBERS}
        lost = {who: amount for who, amount in lost.items() if amount}
        if lost and self.closed is not None and on <= self.closed:
            return "PeriodClosed"
        for who, amount in lost.items():
            self._one(Ask(f"{name}:{who}", who, "expired", amount, day=on), set())
        return lost

    def over(self, who: str, on: date) -> int:
        """What of somebody's lots has lapsed before a day and is neither gone nor held."""
        if not self.spendable:
            return 0
        taken, over = self.gone(who) + self.held[who], 0
        for end, amount in self.lots(who):
            here = min(amount, taken)
            taken -= here
            over += amount - here if end < on else 0
        return over

    def give_up(self, name: str, who: str) -> int:
        amount = self.balance[who] - self.held[who] if self.spendable else 0
        if amount > 0:
            self._one(Ask(f"{name}:{who}", who, "expired", amount), set())
        return max(amount, 0)

    def used(self, who: str, name: str, window: str, day: date) -> int:
        """What came to somebody under a name in the window of a day, and was not reversed."""
        span = SPANS[window]
        return sum(
            self.left(key)
            for key, (ask, *_) in self.book.items()
            if ask.destination == who
            and span(ask.day) == span(day)
            and any(cap[:2] == (name, window) for cap in ask.caps)
        )

    def fitting(self, ask: Ask) -> int | str:
        """What of the amount its caps leave, or the refusal's name."""
        least = None
        for name, window, most, over in ask.caps:
            left = max(most - self.used(ask.destination, name, window, ask.day), 0)
            if least is None or (left, -STRICT.index(over)) < (least[0], -STRICT.index(least[1])):
                least = (left, over)
        if least is None or ask.amount <= least[0]:
            return ask.amount
        return {"clip": least[0], "withhold": 0, "refuse": "CapReached"}[least[1]]

    def available(self, name: str) -> int:
        return self.balance[name] - self.held[name] - self.floor

    def _one(self, ask: Ask, before_batch: set[str]) -> Any:
        if ask.key in self.book:
            known, amount, source_balance, destination_balance = self.book[ask.key]
            if known.content != ask.content:
                return "KeyReused"
            return amount, source_balance, destination_balance, True
        if ask.key in self.nothing:
            return (0, True) if self.nothing[ask.key].content == ask.content else "KeyReused"
        if refusal := self._refusal(ask, before_batch):
            return refusal
        amount = self.fitting(ask)
        if isinstance(amount, str):
            return amount
        owes = ask.reverses is not None and self.debt
        if amount and ask.source in MEMBERS and not owes and amount > self.available(ask.source):
            return "InsufficientBalance"
        for name, window, most, _ in ask.caps:
            used = self.used(ask.destination, name, window, ask.day)
            self.uses.append((ask.key, name, window, most, used, ask.amount, amount))
        if ask.reverses is not None:
            original = self.book[ask.reverses][0]
            for name, window, most, _ in original.caps:
                used = self.used(original.destination, name, window, original.day)
                self.uses.append((ask.key, name, window, most, used, -amount, -amount))
        if amount == 0:
            self.nothing[ask.key] = ask
            return 0, False
        after: dict[str, int] = {}
        for name, change in ((ask.source, -amount), (ask.destination, amount)):
            if name in MEMBERS:
                self.balance[name] += change
                after[name] = self.balance[name]
                self.entries[name].append((change, self.balance[name]))
        figures = after.get(ask.source), after.get(ask.destination)
        self.book[ask.key] = (ask, amount, *figures)
        return amount, *figures, False

    def _refusal(self, ask: Ask, before_batch: set[str]) -> str:
        if ask.source == ask.destination:
            return "PostingMalformed"
        if ask.caps and (ask.destination not in MEMBERS or ask.reverses is not None):
            return "PostingMalformed"
        if ask.reverses is not None and ask.reverses not in before_batch:
            return "UnknownTransfer"
        if self.closed is not None and ask.day <= self.closed:
            return "PeriodClosed"
        if ask.reverses is not None:
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
