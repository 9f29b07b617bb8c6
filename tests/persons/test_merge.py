"""Two records of one person: seen together, joined without moving an entry, and parted again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from pointsbank.access import operations as access
from pointsbank.access import queries as access_queries
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import Database, Session, snapshot, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.evaluation import queries as evaluation
from pointsbank.evaluation.roll_ups import roll_up
from pointsbank.exchange import operations as exchange
from pointsbank.exchange import queries as counter
from pointsbank.exchange import receipts
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.models import Transfer
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY
from pointsbank.ledger.verify import verify
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Leaving, NoSuchMember, Relation
from pointsbank.passbook import queries as passbook
from pointsbank.persons import operations, queries, rules
from pointsbank.persons.models import Merge
from pointsbank.persons.rules import Sign
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.queries import standing, standings
from pointsbank.stars.rules import NATIONAL, Window
from pointsbank.transfers import operations as transfers
from pointsbank.transfers import queries as transfer_queries
from tests.community import SINCE
from tests.exchange.test_two_clerks import at_once
from tests.persons.conftest import Twice, earn


def join(twice: Twice, actor: Actor | None = None, **changes: Any) -> Merge:
    asked = {
        "kept_id": twice.kept, "other_id": twice.other, "key": "join-them", "at": clock.now(),
        **changes,
    }  # fmt: skip
    with transaction() as session:
        return operations.merge(session, actor or twice.shop.people.secretary, **asked)


def part(twice: Twice, merge_id: int, actor: Actor | None = None) -> Merge:
    with transaction() as session:
        return operations.undo_merge(
            session, actor or twice.shop.people.secretary, merge_id=merge_id, at=clock.now()
        )


def entries() -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(Transfer)).scalar_one())


def test_no_entry_moves_and_one_person_has_both_histories(twice: Twice) -> None:
    before = entries()
    join(twice)
    assert entries() == before
    with snapshot() as session:
        mine = passbook.overview(session, twice.kept, clock.now())
        assert mine.balances == {MINUTES: 6_060, MORALITY: 180, PARTY: 30}
        assert [row[1].title for row in mine.activities] == ["清扫楼道"]
        assert standing(session, twice.kept, clock.today()).star == 1
        assert counter.customer(session, twice.kept, clock.now()).balances[MORALITY] == 180
        assert {line.entry.id for line in mine.newest}
        assert verify(session).fault is None


def test_a_joint_statement_is_one_with_the_balances_of_the_time(twice: Twice) -> None:
    join(twice)
    with snapshot() as session:
        refs = passbook.accounts(session, twice.kept, MORALITY)
        whole = ledger.joint_statement(session, refs, most=50)
        assert [entry.amount for entry in whole] == [-5, 65, 120]
        assert [entry.balance for entry in whole] == [180, 185, 120]
        paged = []
        before = None
        while page := ledger.joint_statement(session, refs, before=before, most=1):
            paged += page
            before = page[-1].id
        assert paged == whole
        today = ledger.joint_statement(session, refs, since=clock.today(), most=50)
        assert today == whole
        figures = passbook.period_figures_of(session, refs, since=clock.today())
        assert (figures.opening, figures.came, figures.went, figures.closing) == (0, 185, 5, 180)
        none = ledger.joint_statement(session, refs, until=SINCE)
        assert none == []
        drawn = passbook.year_picture(session, refs, clock.today().year)
        assert drawn == passbook.year_picture(session, refs, clock.today().year)


def test_her_stars_count_all_hours_by_either_window(twice: Twice) -> None:
    join(twice)
    everybody = member_queries.residing_below([twice.shop.people.city])
    with transaction() as session:
        found = dict(standings(session, everybody, clock.today()))
        assert found[twice.kept].minutes == 6_060
        assert twice.other not in found
        adopt_star_ladder(
            session, SYSTEM, org_id=twice.shop.people.community, from_on=clock.today(),
            levels=NATIONAL.levels, window=Window.CALENDAR_YEAR, at=clock.now(),
        )  # fmt: skip
        assert standing(session, twice.kept, clock.today()).minutes == 120
        assert dict(standings(session, everybody, clock.today()))[twice.kept].minutes == 120


def test_the_year_counts_her_once_with_both_histories(twice: Twice) -> None:
    people = twice.shop.people
    year = clock.today().year

    def line() -> dict[str, int]:
        with snapshot() as session:
            found = evaluation.evaluation(
                session, people.secretary, org_id=people.community, year=year
            )
            by_name = [column.name for column in found.columns]
            mine = [p for p in found.people if p.line.member_id in (twice.kept, twice.other)]
            whole = roll_up(session, people.secretary, org_id=people.community, year=year).whole
            figures = [dict(zip(by_name, p.line.figures, strict=True)) for p in mine]
            return {
                "records": len(mine),
                "members": whole.members,
                "minutes": whole.minutes,
                "redeemed": whole.points_out.get(MORALITY, 0),
                **{name: sum(f[name] for f in figures) for name in by_name},
            }

    apart = line()
    join(twice)
    joined = line()
    assert (apart["records"], joined["records"]) == (2, 1)
    assert joined["members"] == apart["members"] - 1
    assert {n: joined[n] for n in joined if n not in {"records", "members", "star"}} == {
        n: apart[n] for n in apart if n not in {"records", "members", "star"}
    }
    assert joined["star"] == 1


def test_the_counter_draws_on_both_accounts_and_gives_back_to_both(twice: Twice) -> None:
    join(twice)
    shop = twice.shop
    with transaction() as session:
        sold = exchange.redeem(
            session, shop.people.clerk, org_id=shop.org, member_id=twice.kept,
            lines=shop.basket(rice=3), key="three-bags", at=clock.now(),
        )  # fmt: skip
        assert (sold.total_points, sold.balance_points) == (150, 30)
        assert ledger.balances(session, twice.other)[MORALITY] == 0
        assert ledger.balances(session, twice.kept)[MORALITY] == 30
        again = exchange.redeem(
            session, shop.people.clerk, org_id=shop.org, member_id=twice.kept,
            lines=shop.basket(rice=3), key="three-bags", at=clock.now(),
        )  # fmt: skip
        assert again.repeated
        assert verify(session).fault is None
    with transaction() as session:
        undone = exchange.take_back(
            session, shop.people.clerk, redemption_id=sold.redemption_id, reason="拿错了",
            at=clock.now(),
        )  # fmt: skip
        assert undone.balance_points == 180
        assert ledger.balances(session, twice.other)[MORALITY] == 60
        assert verify(session).fault is None


def test_her_second_card_and_receipt_are_hers(twice: Twice) -> None:
    join(twice)
    people = twice.shop.people
    with snapshot() as session:
        found = counter.customer_by_code(
            session, people.clerk, org_id=people.community, digits=twice.card, at=clock.now()
        )
        assert found.member_id == twice.kept
        assert receipts.receipt_for(session, people.volunteer, 1).member_id == twice.other


def test_what_is_joined_is_parted_as_it_was(twice: Twice) -> None:
    with snapshot() as session:
        before = [member_queries.member(session, one).model_dump() for one in ids(twice)]
        held = [ledger.balances(session, one) for one in ids(twice)]
    merge = join(twice)
    undone = part(twice, merge.id)
    assert undone.undone_at is not None
    assert part(twice, merge.id).undone_at == undone.undone_at  # a repeat is an answer
    with snapshot() as session:
        after = [member_queries.member(session, one).model_dump() for one in ids(twice)]
        assert [ledger.balances(session, one) for one in ids(twice)] == held
        for old, new in zip(before, after, strict=True):
            assert {n: v for n, v in new.items() if n != "version"} == {
                n: v for n, v in old.items() if n != "version"
            }
        homes = member_queries.affiliations(session, twice.other)
        assert [tie.until_on for tie in homes if tie.relation is Relation.RESIDENCE] == [None]
        assert verify(session).fault is None
    assert join(twice, key="join-again").undone_at is None


def ids(twice: Twice) -> tuple[int, int]:
    return twice.kept, twice.other


def test_a_key_repeated_is_answered(twice: Twice) -> None:
    assert join(twice).id == join(twice).id
    with pytest.raises(rules.KeyTaken):
        join(twice, kept_id=twice.other, other_id=twice.kept)


def test_a_hopeless_merge_is_refused_in_order(twice: Twice) -> None:
    people = twice.shop.people
    first = join(twice, key="used")
    asked: dict[str, Any] = {"kept_id": 999, "other_id": 999, "key": "used"}
    assert refusal(twice, people.clerk, asked) is rules.KeyTaken
    asked["key"] = "fresh"
    assert refusal(twice, people.clerk, asked) is rules.SameRecord
    asked["kept_id"] = people.zhou
    assert refusal(twice, people.clerk, asked) is NoSuchMember
    asked["other_id"] = twice.other
    assert refusal(twice, people.clerk, asked) is Forbidden
    assert refusal(twice, people.secretary, asked) is Forbidden  # 周明 is of 光明社区
    asked["kept_id"] = people.li
    assert refusal(twice, people.secretary, asked) is rules.AlreadyMerged
    part(twice, first.id)
    with transaction() as session:
        gone = {"leaving": Leaving.LEFT, "on": clock.today(), "at": clock.now()}
        members.leave(session, SYSTEM, member_id=people.li, **gone)
    assert refusal(twice, people.secretary, asked) is rules.CannotMerge
    asked |= {"kept_id": twice.other, "other_id": twice.kept}
    with transaction() as session:
        access.grant_role(
            session, SYSTEM, user_id=people.volunteer.id, role=Role.CLERK,
            org_id=people.community, from_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    assert refusal(twice, people.secretary, asked) is rules.HoldsRoles


def refusal(twice: Twice, actor: Actor, asked: dict[str, Any]) -> type[Refused]:
    with pytest.raises(Refused) as refused:
        join(twice, actor, **asked)
    return type(refused.value)


def test_merges_are_undone_from_the_last_to_the_first(twice: Twice) -> None:
    people = twice.shop.people
    first = join(twice)
    second = join(twice, kept_id=people.chen, other_id=twice.kept, key="onwards")
    with snapshot() as session:
        assert member_queries.ids_of_person(session, people.chen) == [
            people.chen, twice.kept, twice.other,
        ]  # fmt: skip
        assert (
            ledger.balances(session, *member_queries.ids_of_person(session, people.chen))[MORALITY]
            == 180
        )
    with pytest.raises(rules.NoSuchMerge):
        part(twice, 999)
    with pytest.raises(Forbidden):
        part(twice, first.id, people.clerk)
    with pytest.raises(rules.LaterMergeStands):
        part(twice, first.id)
    part(twice, second.id)
    with snapshot() as session:
        assert member_queries.ids_of_person(session, people.chen) == [people.chen]
        assert member_queries.ids_of_person(session, twice.kept) == [twice.kept, twice.other]
    part(twice, first.id)


def test_one_person_signs_in_by_one_account(twice: Twice) -> None:
    people = twice.shop.people
    merge = join(twice, kept_id=twice.other, other_id=twice.kept)
    with snapshot() as session:
        user = access_queries.user_of_member(session, twice.other)
        assert user is not None
        assert user.id == people.volunteer.id
    part(twice, merge.id)
    with transaction() as session:
        assert access_queries.user_of_member(session, twice.other) is None
        second = access.open_user(session, SYSTEM, member_id=twice.other, at=clock.now()).id
    merge = join(twice, key="both-sign-in")
    with snapshot() as session:
        assert access_queries.user(session, second).disabled_at is not None
    part(twice, merge.id)
    with transaction() as session:
        assert access_queries.user(session, second).disabled_at is None
        access.disable_user(session, SYSTEM, user_id=second, at=clock.now())
    merge = join(twice, key="closed-before")
    part(twice, merge.id)
    with snapshot() as session:
        assert access_queries.user(session, second).disabled_at is not None


def test_a_transfer_of_the_second_record_ends(twice: Twice) -> None:
    people = twice.shop.people
    with transaction() as session:
        asked = transfers.request(
            session, people.secretary, member_id=twice.other, relation=Relation.RESIDENCE,
            to_org_id=people.other_grid, key="to-be-ended", at=clock.now(),
        ).id  # fmt: skip
    join(twice)
    with snapshot() as session:
        assert transfer_queries.transfer(session, asked).state == "withdrawn"


def test_likely_duplicates_are_found_by_name_and_one_more_sign(twice: Twice) -> None:
    people = twice.shop.people

    def found(actor: Actor = people.secretary) -> list[tuple[int, int, tuple[Sign, ...]]]:
        with snapshot() as session:
            page = queries.duplicates(session, actor, page=1)
            assert page.total == len(page.pairs)
            return [(pair.older.id, pair.newer.id, pair.signs) for pair in page.pairs]

    assert found() == []  # the first record has no birth date, the second no phone
    with transaction() as session:
        wang = member_queries.member(session, twice.kept)
        born = member_queries.member(session, twice.other).birth_on
        members.change_member(
            session, SYSTEM, member_id=wang.id, version=wang.version, birth_on=born,
            at=clock.now(),
        )  # fmt: skip
    assert found() == [(twice.kept, twice.other, (Sign.BIRTH,))]
    assert found(people.stranger) == []
    assert found(people.clerk) == []
    join(twice)
    assert found() == []
    with snapshot() as session:
        [(_, kept, other)] = queries.merges_in_reach(session, people.secretary, page=1)
        assert (kept.id, other.id) == ids(twice)


def test_both_records_are_shown_with_what_they_have(twice: Twice) -> None:
    people = twice.shop.people
    with snapshot() as session:
        one, two = queries.records_side_by_side(
            session, people.secretary, *ids(twice), at=clock.now()
        )
        assert (one.phone, one.signs_in, one.balances[MORALITY]) == ("138****0001", True, 120)
        assert (two.attendances, two.redemptions, two.cards, two.signs_in) == (1, 1, 1, False)
        with pytest.raises(NoSuchMember):
            queries.records_side_by_side(session, people.stranger, *ids(twice), at=clock.now())


def test_what_lapses_still_lapses_by_its_own_day(twice: Twice) -> None:
    """Nothing was moved, so nothing was given a new term."""
    with transaction() as session:
        earn(session, twice.other, MORALITY, 7, day=clock.today() - timedelta(days=30))
        before = session.execute(select(Transfer.expires_on).order_by(Transfer.id)).all()
    join(twice)
    with snapshot() as session:
        assert session.execute(select(Transfer.expires_on).order_by(Transfer.id)).all() == before


def test_merging_both_ways_at_once_joins_them_once(twice: Twice, bank: Database) -> None:
    secretary = twice.shop.people.secretary

    def joining(kept: int, other: int, key: str) -> Callable[[Session], Any]:
        return lambda session: operations.merge(
            session, secretary, kept_id=kept, other_id=other, key=key, at=clock.now()
        )

    bodies = [joining(twice.kept, twice.other, "a"), joining(twice.other, twice.kept, "b")] * 2
    outcomes = at_once(bank, bodies)
    names = sorted(type(one).__name__ for one in outcomes)
    assert names == ["AlreadyMerged"] * 2 + ["Merge"] * 2
    with snapshot() as session:
        standing_merges = [queries.standing_merge_of(session, one) for one in ids(twice)]
        assert sum(one is not None for one in standing_merges) == 1
        assert verify(session).fault is None
