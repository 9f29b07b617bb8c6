"""Random histories: every verb, on both databases, beside the plain ledger of ``plain.py``.

``HISTORIES=5000 pytest tests/ledger/test_histories.py`` plays more of them.
"""

import itertools
import os
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations, queries
from pointsbank.ledger.periods import balance_as_of
from pointsbank.ledger.rules import (
    AccountRef,
    Cap,
    ExpiryPolicy,
    NothingPosted,
    Posted,
    Posting,
    SpentReversal,
    SystemKind,
    UnitDeclaration,
    member_account,
    system_account,
)
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import TODAY
from tests.ledger.drawing import YEARS, amounts, asks, caps, days, givers, groups, lots, members
from tests.ledger.plain import MEMBERS, Ask, Plain

HISTORIES = int(os.environ.get("HISTORIES", "100"))
# Shrinking replays a history hundreds of times: only where somebody looks into a failure.
PHASES = [Phase.generate, Phase.shrink] if os.environ.get("SHRINK") else [Phase.generate]


class Histories(RuleBasedStateMachine):
    """Each history has a unit and a new year of its own, so that all can share one bank, in which
    days are closed once and for ever.
    """

    numbers: ClassVar[Any] = itertools.count(1)
    closed: ClassVar[date | None] = None

    @initialize(
        floor=st.sampled_from([0, 0, -20]),
        debt=st.booleans(),
        spendable=st.sampled_from([True] * 4 + [False]),
        expiry=st.sampled_from(
            [
                ("never", 0),
                ("end_of_year", 0),
                ("end_of_next_year", 0),
                ("months", 0),
                ("months", 2),
            ]
        ),
        closes=st.sampled_from([False, False, False, True]),
    )
    def begin(
        self, floor: int, debt: bool, spendable: bool, expiry: tuple[str, int], closes: bool
    ) -> None:
        self.number = next(self.numbers)
        self.unit = f"u{self.number}"
        closed = Histories.closed or date.min
        still_open = [year for year in YEARS if date(year - 1, 12, 1) > closed]
        self.new_year, self.closes = date(still_open[0], 1, 1), closes and len(still_open) > 1
        expiry = expiry if spendable else ("never", 0)
        self.plain = Plain(floor, debt, spendable, expiry, Histories.closed)
        self.ids: dict[str, int] = {}
        self.hold_ids: dict[str, int] = {}
        self.asked: list[Ask] = []
        self.tick = self.reversals = 0
        reversal = SpentReversal.DEBT if debt else SpentReversal.REFUSE
        declaration = UnitDeclaration(
            self.unit, self.unit, spendable, floor=floor, spent_reversal=reversal,
            expiry=ExpiryPolicy(expiry[0]), expiry_months=expiry[1],
        )  # fmt: skip
        self.done(operations.declare_unit, unit=declaration)
        with snapshot() as session:
            last = session.execute(text("SELECT max(id) FROM account")).scalar_one()
        self.accounts_before = last or 0

    def day(self, number: int) -> date:
        return self.new_year + timedelta(days=number)

    def done(self, verb: Any, **asked: Any) -> Any:
        """What the ledger answers, in a transaction of its own; of a refusal its name."""
        at = clock.now() + timedelta(minutes=self.tick)
        try:
            with transaction() as session:
                return verb(session, SYSTEM, **asked, at=at)
        except Refused as refusal:
            return type(refusal).__name__

    def ref(self, name: str) -> AccountRef:
        if name in MEMBERS:
            return member_account(int(name[1:]), self.unit)
        return system_account(self.unit, SystemKind(name))

    def posting(self, ask: Ask) -> Posting:
        return Posting(
            key=f"{self.number}:{ask.key}",
            source=self.ref(ask.source),
            destination=self.ref(ask.destination),
            amount=ask.amount,
            effective_on=ask.day,
            reason="service",
            caps=tuple(Cap(*cap) for cap in ask.caps),
            reverses=None if ask.reverses is None else self.ids.get(ask.reverses, 10**12),
            group=ask.group,
        )

    def seen(self, ask: Ask, answer: Posted | NothingPosted | Refused) -> Any:
        if isinstance(answer, Refused):
            return type(answer).__name__
        if isinstance(answer, NothingPosted):
            return answer.amount, answer.repeated
        assert self.ids.setdefault(ask.key, answer.id) == answer.id
        return answer.amount, answer.source_balance, answer.destination_balance, answer.repeated

    def play(self, batch: list[Ask]) -> None:
        with transaction() as session:
            answers = operations.post(
                session, SYSTEM, [self.posting(ask) for ask in batch], at=clock.now()
            )
        seen = [self.seen(ask, answer) for ask, answer in zip(batch, answers, strict=True)]
        assert seen == self.plain.post(batch)
        self.asked += batch

    @rule(
        data=st.data(),
        moves=st.lists(st.tuples(asks, st.sampled_from([None, None, 1, 2])), max_size=6),
    )
    def post(self, data: st.DataObject, moves: list[Any]) -> None:
        batch = []
        for (source, destination, amount), group in moves:
            known = [ask.key for ask in self.asked] + [ask.key for ask in batch]
            key = f"k{len(self.asked) + len(batch)}"
            if known and data.draw(st.integers(0, 9)) == 0:
                key = data.draw(st.sampled_from(known))
            batch.append(Ask(key, source, destination, amount, group=group))
        self.play(batch)

    @rule(
        who=members,
        bears=caps,
        batches=st.lists(
            st.tuples(
                st.lists(st.tuples(givers, amounts, days, groups), min_size=3, max_size=6),
                st.none() | st.integers(0, 99),
                st.none() | st.none() | st.integers(0, 99),
            ),
            min_size=1,
            max_size=3,
        ),
    )
    def earn_under_caps(self, who: str, bears: Any, batches: list[Any]) -> None:
        """Maybe with a reversal among them, so that room comes back on the way."""
        for moves, back, again in batches:
            batch = [
                Ask(
                    f"k{len(self.asked) + n}", giver, who, amount, None, group, self.day(day), bears
                )
                for n, (giver, amount, day, group) in enumerate(moves)
            ]
            if again is not None and self.asked:
                batch.append(replace(self.asked[again % len(self.asked)], caps=bears, group=None))
            entries = self.plain.book.items()
            got = [key for key, (ask, *_) in entries if ask.caps and ask.destination == who]
            if back is not None and got:
                key = got[back % len(got)]
                undo = f"k{len(self.asked) + len(batch)}"
                amount, giver = max(self.plain.left(key), 1), self.plain.book[key][0].source
                batch.insert(len(batch) // 2, Ask(undo, who, giver, amount, key, moves[0][3]))
            self.play(batch)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        self.play(data.draw(st.lists(st.sampled_from(self.asked), min_size=1, max_size=4)))

    @precondition(lambda self: self.plain.book)
    @rule(data=st.data(), amount=amounts, group=st.sampled_from([None, 1]))
    def reverse_in_part(self, data: st.DataObject, amount: int, group: int | None) -> None:
        key = data.draw(st.sampled_from(list(self.plain.book)))
        original = self.plain.book[key][0]
        batch = [
            Ask(
                f"k{len(self.asked) + n}", original.destination, original.source, amount, key, group
            )
            for n in range(2)
        ]
        self.play(batch)

    @precondition(lambda self: self.plain.book)
    @rule(data=st.data())
    def reverse_what_is_left(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.plain.book)))
        original, left = self.plain.book[key][0], self.plain.left(key)
        self.reversals += 1
        name = f"r{self.reversals}"
        answer = self.done(
            operations.reverse,
            transfer_ids=[self.ids[key]],
            key=f"{self.number}:{name}",
            reason="correction",
            effective_on=TODAY,
        )
        ask = Ask(
            f"{name}:{self.ids[key]}", original.destination, original.source, max(left, 1), key
        )
        seen = answer if isinstance(answer, str) else self.seen(ask, answer[0])
        assert seen == self.plain.post([ask])[0]

    @rule(who=members, amount=amounts, minutes=st.integers(1, 4), again=st.booleans())
    def hold(self, who: str, amount: int, minutes: int, again: bool) -> None:
        key = f"h{len(self.hold_ids)}"
        if again and self.hold_ids:
            key = next(reversed(self.hold_ids))
            minutes = self.plain.holds[key]["until"] - self.tick + 9
        answer = self.done(
            operations.place_hold,
            wanted=self.posting(Ask(key, who, "redeemed", amount)),
            expires_at=clock.now() + timedelta(minutes=self.tick + minutes),
        )
        expected = self.plain.hold(key, who, amount, self.tick + minutes)
        if isinstance(answer, str):
            assert answer == expected
        else:
            self.hold_ids.setdefault(key, answer.id)
            assert (answer.available, answer.repeated) == expected

    @precondition(lambda self: self.hold_ids)
    @rule(data=st.data(), whole=st.booleans(), amount=amounts)
    def capture(self, data: st.DataObject, whole: bool, amount: int) -> None:
        key = data.draw(st.sampled_from(list(self.hold_ids)))
        amount = self.plain.holds[key]["amount"] if whole else amount
        answer = self.done(
            operations.capture, hold_id=self.hold_ids[key], amount=amount, effective_on=TODAY
        )
        expected = self.plain.capture(key, amount, self.tick)
        if isinstance(answer, str):
            assert answer == expected
        elif expected == "repeat":
            assert answer.repeated
            assert answer.amount == amount
        else:
            assert self.seen(Ask(f"hold:{key}", "", "", 0), answer) == expected

    @precondition(lambda self: self.hold_ids)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.hold_ids)))
        answer = self.done(operations.release, hold_id=self.hold_ids[key])
        assert (answer or "") == self.plain.release(key)

    @rule(
        lots=lots, on=st.sampled_from([(0, 1), (0, 2), (0, 4), (1, 1), (2, 1)]), late=st.booleans()
    )
    def points_lapse(self, lots: list[Any], on: tuple[int, int], late: bool) -> None:
        """Some months after new year; or long after, when also what was earned today has lapsed."""
        self.play(
            [
                Ask(
                    f"k{len(self.asked) + n}", giver, who, amount,
                    day=TODAY if day is None else self.day(day),
                )
                for n, (giver, who, amount, day) in enumerate(lots)
            ]
        )  # fmt: skip
        day = date((TODAY.year if late else self.new_year.year) + on[0], on[1], 1)
        name = f"l{len(self.plain.book)}"
        answer = self.done(operations.expire_points, on=day, after_account_id=self.accounts_before)
        lost = self.plain.lapse(name, day)
        if isinstance(lost, str):
            assert answer == lost
            return
        assert answer.account_count == len(lost)
        for who in lost:
            self.ids[f"{name}:{who}"] = self.newest_of(who)

    @precondition(lambda self: any(self.plain.balance.values()))
    @rule(who=members)
    def give_up(self, who: str) -> None:
        name = f"g{len(self.plain.book)}"
        answer = self.done(
            operations.give_up, member_ids=[int(who[1:])], key=f"{self.number}:{name}",
            reason="left", origin_kind="", origin_id=0, effective_on=TODAY, unit=self.unit,
        )  # fmt: skip
        amount = self.plain.give_up(name, who)
        assert answer == ({self.unit: amount} if amount else {})
        if amount:
            self.ids[f"{name}:{who}"] = self.newest_of(who)

    def newest_of(self, who: str) -> int:
        with snapshot() as session:
            return queries.statement(session, self.ref(who), most=1)[0].id

    # Each sheet has a row for every account of the bank: so not in every history.
    @precondition(lambda self: self.closes)
    @rule(day=days)
    def close(self, day: int) -> None:
        until = self.day(day)
        answer = self.done(operations.close_period, until=until)
        if Histories.closed is not None and until < Histories.closed:
            assert answer == "PeriodClosed"
        else:
            assert isinstance(answer, int)
            Histories.closed = self.plain.closed = until

    @rule(most=st.integers(1, 20))
    def seal(self, most: int) -> None:
        self.done(operations.seal_next, most=most)

    @rule(minutes=st.integers(0, 3))
    def time_passes(self, minutes: int) -> None:
        self.tick += minutes
        assert self.done(operations.expire_holds) == self.plain.expire(self.tick)

    @invariant()
    def figures_agree(self) -> None:
        if not hasattr(self, "plain"):
            return
        with snapshot() as session:
            for name in MEMBERS:
                found = queries.account(session, self.ref(name))
                assert (found.balance, found.held) == (
                    self.plain.balance[name],
                    self.plain.held[name],
                )
                assert found.version == len(self.plain.entries[name])

    def teardown(self) -> None:
        if not hasattr(self, "plain"):
            return
        with snapshot() as session:
            for name in MEMBERS:
                entries = queries.statement(session, self.ref(name), most=1_000)
                assert [(e.amount, e.balance) for e in reversed(entries)] == self.plain.entries[
                    name
                ]
                for day in (self.day(-2), self.day(3), TODAY):
                    found = balance_as_of(session, self.ref(name), day)
                    assert found == self.plain.as_of(name, day)
            uses = session.execute(
                text(
                    'SELECT u.key, u.name, u."window", u.most, u.used, u.asked, u.amount'
                    " FROM cap_use u JOIN account a ON a.id = u.account_id"
                    " JOIN unit n ON n.id = a.unit_id WHERE n.code = :unit ORDER BY u.id"
                ),
                {"unit": self.unit},
            ).all()
            assert [(row[0].split(":", 1)[1], *row[1:]) for row in uses] == self.plain.uses
        with transaction() as session:
            over = clock.now() + timedelta(days=1)
            while operations.expire_holds(session, SYSTEM, at=over):
                pass


def test_random_histories_agree_with_the_plain_ledger(bank: Database) -> None:
    Histories.numbers, Histories.closed = itertools.count(1), None
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=PHASES,
        ),
    )
    with transaction() as session:
        while operations.seal_next(session, SYSTEM, at=clock.now(), most=500):
            pass
    with snapshot() as session:
        assert verify(session).fault is None
