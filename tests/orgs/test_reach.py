"""The closure against a plain model of days and parents, and what it costs: at any depth, one
indexed statement to read and a few to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as events
from sqlalchemy import select, text
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database
from pointsbank.core.errors import Refused
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.rules import NewOrganisation, may_sit_under
from tests.orgs.tree import Two, grow_two

START = date(2026, 1, 1)
DAYS = 12


class Plain:
    """For every day, who is whose parent: what the closure must say, kept the simplest way."""

    def __init__(self, parents: dict[int, int | None]) -> None:
        self.days: list[dict[int, int | None]] = [dict(parents) for _ in range(DAYS + 1)]

    def put(self, org_ids: list[int], parent_id: int, day: int) -> None:
        for later in self.days[day:]:
            later.update({org_id: parent_id for org_id in org_ids if org_id in later})

    def found(self, org_id: int, parent_id: int, day: int) -> None:
        for later in self.days[day:]:
            later[org_id] = parent_id

    def beside(self, org_id: int, origin_id: int, day: int) -> None:
        for later in self.days[day:]:
            later[org_id] = later[origin_id]

    def below(self, org_id: int, day: int) -> set[int]:
        parents = self.days[day]

        def reaches(one: int | None) -> bool:
            return one is not None and (one == org_id or reaches(parents[one]))

        return {one for one in parents if reaches(one)}


STEP = st.tuples(
    st.sampled_from(["move", "merge", "split", "found"]), st.integers(0, 999), st.integers(0, DAYS)
)


@given(steps=st.lists(STEP, max_size=10), in_order=st.booleans())
@settings(
    max_examples=50, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_the_tree_of_every_day_is_that_of_a_plain_model(
    bank: Database, steps: list[tuple[str, int, int]], in_order: bool
) -> None:
    with bank.transaction() as session:
        places = list(vars(grow_two(session)).values())
        found = queries.organisations(session, places).values()
        plain = Plain({org.id: org.parent_id for org in found})
        done = 0
        for step in sorted(steps, key=lambda step: step[2]) if in_order else steps:
            with session.begin_nested() as saved:
                try:
                    done += _take(session, plain, places, done, step)
                except Refused:
                    saved.rollback()
        for day in range(DAYS + 1):
            said = queries.below(session, places, START + timedelta(day))
            for org_id in places:
                if org_id in plain.days[day]:
                    assert said[org_id] == plain.below(org_id, day), (org_id, day)
        last = {org_id: plain.below(org_id, DAYS) for org_id in places}
        assert queries.below(session, places) == last
        event(f"changes done: {done}")


def _take(
    session: Session, plain: Plain, places: list[int], number: int, step: tuple[str, int, int]
) -> int:
    """Do one of the changes that the kinds allow; its day may be refused."""
    verb, choice, day = step
    asked: dict[str, Any] = {
        "on": START + timedelta(day), "key": f"{places[0]}-{number}", "at": clock.now(),
    }  # fmt: skip
    pairs = _pairs(session, places, verb)
    if not pairs:
        return 0
    org_id, other = pairs[choice % len(pairs)]
    children = [child.id for child in queries.open_children(session, org_id)]
    if verb == "move":
        operations.move(session, SYSTEM, org_id=org_id, parent_id=other, **asked)
        plain.put([org_id], other, day)
    elif verb == "merge":
        operations.merge(session, SYSTEM, org_id=org_id, successor_id=other, **asked)
        plain.put(children, other, day)
    elif verb == "split":
        new = operations.split(
            session, SYSTEM, org_id=org_id, name=f"分{number}", child_ids=children[:1], **asked
        )
        places.append(new.id)
        plain.beside(new.id, org_id, day)
        plain.put(children[:1], new.id, day)
    else:
        new = operations.found(
            session, SYSTEM, parent_id=org_id, kind="team", name=f"队{number}", **asked
        )
        places.append(new.id)
        plain.found(new.id, org_id, day)
    return 1


def _pairs(session: Session, places: list[int], verb: str) -> list[tuple[int, int]]:
    """Whom a change may concern by what they are: (organisation, new parent or successor)."""
    orgs = [org for org in queries.organisations(session, places).values() if not org.closed_on]
    kinds = queries.kinds(session)
    return [
        (one.id, other.id)
        for one in orgs
        for other in orgs
        if one.id != other.id
        and (
            (verb == "merge" and one.kind == other.kind)
            or (verb in ("split", "found") and one.kind == "community")
            or (
                verb == "move"
                and one.parent_id not in (None, other.id)
                and may_sit_under(kinds[one.kind], kinds[other.kind])
            )
        )
    ]


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    told: list[str] = []

    def hear(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    engine = session.connection().engine
    events.listen(engine, "before_cursor_execute", hear)
    try:
        yield told
    finally:
        events.remove(engine, "before_cursor_execute", hear)


def test_a_roll_up_at_any_depth_of_any_day_is_one_statement(session: Session) -> None:
    two = grow_two(session)
    for org_id in (two.city, two.group):
        for day in (None, START):
            wanted = select(col(Organisation.id)).where(
                col(Organisation.id).in_(queries.ids_below([org_id], day))
            )
            with statements(session) as told:
                session.execute(wanted).all()
            assert len(told) == 1
            with statements(session) as told:
                queries.below(session, [org_id, two.street], day)
            assert len(told) == 1


def many(session: Session, two: Two) -> None:
    """So many that no planner would rather read everything."""
    rows = [NewOrganisation("community", f"第{n}社区", START, two.other) for n in range(30)]
    for n in range(30):
        for m in range(10):
            rows.append(NewOrganisation("grid", f"第{m}网格", START, parent_row=n))
    operations.found_many(session, SYSTEM, rows, at=clock.now())


@pytest.mark.parametrize("day", [None, START])
def test_a_roll_up_is_read_by_its_indexes(session: Session, dialect: str, day: date | None) -> None:
    two = grow_two(session)
    many(session, two)
    operations.move(
        session, SYSTEM, org_id=two.other, parent_id=_county(session, two), on=date(2026, 3, 1),
        key="many", at=clock.now(),
    )  # fmt: skip
    wanted = queries.ids_below([two.community], day).compile(
        session.connection().engine, compile_kwargs={"literal_binds": True}
    )
    if dialect == "sqlite":
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}").fetchall()
        told = [row[3] for row in plan]
        assert not [line for line in told if line.startswith("SCAN") and "organisation" in line], (
            told
        )
        assert any("SEARCH organisation_reach USING" in line for line in told), told
        return
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(text(f"EXPLAIN {wanted}")).fetchall()
    told = [str(row[0]) for row in plan]
    assert not [line for line in told if "Seq Scan" in line], told
    assert any("pk_organisation_reach" in line for line in told), told


def _county(session: Session, two: Two) -> int:
    return operations.found(
        session, SYSTEM, parent_id=two.city, kind="county", name="洮北区", on=START,
        at=clock.now(),
    ).id  # fmt: skip


def test_moving_three_hundred_takes_as_many_statements_as_moving_one(session: Session) -> None:
    two = grow_two(session)
    county = _county(session, two)
    counts = []
    for number, org_id in enumerate((two.street, two.other)):
        if org_id == two.other:
            many(session, two)
        with statements(session) as told:
            operations.move(
                session, SYSTEM, org_id=org_id, parent_id=county, on=date(2026, 3, 1),
                key=f"move-{number}", at=clock.now(),
            )  # fmt: skip
        counts.append(len(told))
    assert counts[0] == counts[1] < 25
    reach = select(OrganisationReach).where(col(OrganisationReach.ancestor_id) == county)
    assert len(session.execute(reach).all()) > 330


def test_merging_many_children_takes_as_many_statements_as_merging_one(session: Session) -> None:
    two = grow_two(session)
    counts = []
    for number, more in enumerate((0, 40)):
        old, new = (
            operations.found(
                session, SYSTEM, parent_id=two.street, kind="community", name=f"{what}{number}",
                on=START, at=clock.now(),
            ).id
            for what in ("旧", "新")
        )  # fmt: skip
        for parent in (old, new):
            rows = [NewOrganisation("grid", f"第{n}网格", START, parent) for n in range(more + 1)]
            operations.found_many(session, SYSTEM, rows, at=clock.now())
        session.expire_all()
        with statements(session) as told:
            operations.merge(
                session, SYSTEM, org_id=old, successor_id=new, on=date(2026, 3, 1),
                key=f"merge-{number}", at=clock.now(),
            )  # fmt: skip
        counts.append(len(told))
    assert counts[0] == counts[1], counts
