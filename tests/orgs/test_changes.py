"""Moving, merging, splitting, renaming, closing: what each does, and what refuses it, in order."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import FormerName, FormerReach, OrganisationReach
from pointsbank.orgs.rules import (
    AlreadyThere,
    BeforeFounding,
    BeforeLastChange,
    CannotSitUnder,
    CannotSitUnderItself,
    DayToCome,
    KeyReused,
    NameEmpty,
    NameTaken,
    NewOrganisation,
    NoSuchOrganisation,
    OrganisationClosed,
    SameName,
)
from tests.orgs.doing import ON, TODAY, below, close, do, line, refused
from tests.orgs.tree import DAY, Two, staff


def test_a_move_takes_everything_below_along_from_its_day_on(
    session: Session, two: Two, boss: Actor
) -> None:
    moved = do(session, operations.move, boss, org_id=two.community, parent_id=two.other)
    assert moved.parent_id == two.other
    whole = {two.community, two.grid, two.group, two.branch}
    assert below(session, two.other) == {two.other, *whole}
    assert below(session, two.street) == {two.street, two.beside, two.grid_beside}
    assert line(session, two.group) == [two.group, two.grid, two.community, two.other, two.city]
    assert below(session, two.city) == below(session, two.city, ON - timedelta(days=1))


def test_the_day_before_a_move_has_the_tree_of_before(session: Session, two: Two) -> None:
    do(session, operations.move, org_id=two.community, parent_id=two.other)
    before = ON - timedelta(days=1)
    whole = {two.community, two.grid, two.group, two.branch}
    for day, here, there in ((before, two.street, two.other), (ON, two.other, two.street)):
        assert whole <= below(session, here, day)
        assert not whole & below(session, there, day)
        assert line(session, two.group, day) == [two.group, two.grid, two.community, here, two.city]
        assert two.community in {c.id for c in queries.children(session, here, day)}
        assert two.community not in {c.id for c in queries.children(session, there, day)}
    found = session.execute(queries.ids_below([two.street], before)).scalars()
    assert set(found) == below(session, two.street, before)
    assert below(session, two.street, DAY - timedelta(days=1)) == frozenset()


def test_a_move_of_the_same_day_takes_back_a_mistaken_one(session: Session, two: Two) -> None:
    before = closure(session)
    do(session, operations.move, org_id=two.community, parent_id=two.other)
    do(session, operations.move, org_id=two.community, parent_id=two.street, key="back")
    assert {row[:3] for row in closure(session)} == {row[:3] for row in before}
    former = session.execute(select(FormerReach)).scalars().all()
    assert {row.ancestor_id for row in former} == {two.street, two.city}
    assert below(session, two.other, ON) == {two.other}


def closure(session: Session) -> set[tuple[int, int, int, date]]:
    reach = OrganisationReach
    rows = session.execute(
        select(
            col(reach.ancestor_id), col(reach.organisation_id), col(reach.depth), col(reach.from_on)
        )
    )
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def test_what_was_founded_since_came_below_the_new_line_when_it_was_founded(
    session: Session, two: Two
) -> None:
    late = operations.found(
        session, SYSTEM, parent_id=two.community, kind="grid", name="第二网格",
        on=date(2026, 9, 1), at=clock.now(),
    )  # fmt: skip
    do(session, operations.move, org_id=two.community, parent_id=two.other)
    assert late.id not in below(session, two.other, date(2026, 8, 31))
    assert late.id in below(session, two.other, date(2026, 9, 1))
    assert late.id not in below(session, two.street, date(2026, 9, 1))


def test_what_is_founded_for_a_day_before_a_move_was_below_the_former_line(
    session: Session, two: Two
) -> None:
    do(session, operations.move, org_id=two.community, parent_id=two.other)
    early = operations.found(
        session, SYSTEM, parent_id=two.community, kind="grid", name="第二网格",
        on=date(2025, 1, 1), at=clock.now(),
    )  # fmt: skip
    assert line(session, early.id, date(2025, 12, 31)) == [
        early.id, two.community, two.street, two.city,
    ]  # fmt: skip
    assert line(session, early.id) == [early.id, two.community, two.other, two.city]
    assert early.id not in below(session, two.street, date(2024, 12, 31))


def test_a_hopeless_move_is_refused_fault_by_fault(session: Session, two: Two, boss: Actor) -> None:
    move = operations.move
    first = {"org_id": two.group, "parent_id": two.grid_beside, "key": "before"}
    do(session, move, boss, **first, on=date(2026, 3, 1))
    close(session, two.branch)
    secretary = staff(session, Role.SECRETARY, two.street)
    outside = staff(session, Role.SECRETARY, two.other)

    asked: dict[str, Any] = {"org_id": 999_999, "parent_id": 999_999, "on": date(2027, 1, 1)}
    refused(session, move, KeyReused, **asked, key="before")
    refused(session, move, NoSuchOrganisation, outside, **asked)
    asked["org_id"] = two.branch
    refused(session, move, Forbidden, outside, **asked)
    refused(session, move, NoSuchOrganisation, secretary, **asked)
    asked["parent_id"] = two.other
    refused(session, move, Forbidden, secretary, **asked)
    assert refused(session, move, OrganisationClosed, boss, **asked) == {"closed_on": ON}
    asked |= {"org_id": two.street, "parent_id": two.grid}
    refused(session, move, CannotSitUnderItself, boss, **asked)
    asked |= {"org_id": two.grid, "parent_id": two.branch}
    refused(session, move, OrganisationClosed, boss, **asked)
    asked["parent_id"] = two.grid_beside
    refused(session, move, CannotSitUnder, boss, **asked)
    asked["parent_id"] = two.community
    refused(session, move, AlreadyThere, boss, **asked)
    asked["parent_id"] = two.beside
    refused(session, move, DayToCome, boss, **asked)
    asked["on"] = date(2019, 1, 1)
    assert refused(session, move, BeforeFounding, boss, **asked)["opened_on"] == DAY
    asked["on"] = date(2026, 2, 28)
    facts = refused(session, move, BeforeLastChange, boss, **asked)
    assert facts == {"changed_on": date(2026, 3, 1)}
    asked["on"] = ON
    assert refused(session, move, NameTaken, boss, **asked) == {"name": "第一网格"}
    do(session, operations.rename, boss, org_id=two.grid, name="东网格", key="rename")
    assert do(session, move, boss, **asked).parent_id == two.beside


def test_nothing_moves_to_before_its_new_parent_was_there_or_came_there(
    session: Session, two: Two
) -> None:
    young = operations.found(
        session, SYSTEM, parent_id=two.other, kind="community", name="新华社区",
        on=date(2026, 8, 1), at=clock.now(),
    )  # fmt: skip
    asked = {"org_id": two.grid, "parent_id": young.id}
    assert refused(session, operations.move, BeforeFounding, **asked)["name"] == "新华社区"
    do(
        session, operations.move, org_id=young.id, parent_id=two.street,
        on=date(2026, 9, 1), key="young",
    )  # fmt: skip
    asked["on"] = date(2026, 8, 15)
    assert refused(session, operations.move, BeforeLastChange, **asked) == {
        "changed_on": date(2026, 9, 1)
    }


def test_a_root_cannot_be_put_under_anything(session: Session, two: Two) -> None:
    [other] = operations.found_many(
        session, SYSTEM, [NewOrganisation("city", "白城市", DAY)], at=clock.now()
    )
    refused(session, operations.move, CannotSitUnder, org_id=two.city, parent_id=other)


def test_a_repeated_request_is_answered_and_done_once(session: Session, two: Two) -> None:
    asked = {"org_id": two.community, "parent_id": two.other}
    do(session, operations.move, **asked)
    before = closure(session), len(audited(session))
    assert do(session, operations.move, **asked).parent_id == two.other
    refused(session, operations.move, KeyReused, staff(session, Role.SECRETARY, two.city), **asked)
    refused(session, operations.move, KeyReused, **asked, on=TODAY)
    assert (closure(session), len(audited(session))) == before
    for verb, content in (
        (operations.close, {"org_id": two.group}),
        (operations.rename, {"org_id": two.grid, "name": "东网格"}),
        (operations.merge, {"org_id": two.community, "successor_id": two.beside, "on": TODAY}),
        (operations.split, {"org_id": two.beside, "name": "育才社区", "on": TODAY}),
    ):
        key = {"key": f"twice-{verb.__name__}"}
        first = do(session, verb, **content, **key)
        again = do(session, verb, **content, **key)
        assert again.id == first.id


def test_a_founding_with_a_key_happens_once(session: Session, two: Two) -> None:
    asked: dict[str, Any] = {
        "parent_id": two.street, "kind": "community", "name": "育才社区", "on": ON,
    }  # fmt: skip
    first = do(session, operations.found, **asked)
    assert do(session, operations.found, **asked).id == first.id
    refused(session, operations.found, KeyReused, **{**asked, "name": "学府社区"})


def audited(session: Session) -> list[AuditEntry]:
    return list(session.execute(select(AuditEntry).order_by(col(AuditEntry.id))).scalars())


def test_every_change_is_written_down(session: Session, two: Two, boss: Actor) -> None:
    do(session, operations.rename, boss, org_id=two.grid, name="东网格", key="k-rename")
    do(session, operations.move, boss, org_id=two.community, parent_id=two.other, key="k-move")
    new = do(
        session, operations.split, boss, org_id=two.community, name="学府社区",
        child_ids=[two.grid], key="k-split",
    )  # fmt: skip
    do(session, operations.merge, boss, org_id=new.id, successor_id=two.beside, key="k-merge")
    do(session, operations.close, boss, org_id=two.branch, key="k-close")
    told = [(entry.action, entry.subject_id) for entry in audited(session)][1:]
    assert told == [
        ("orgs.rename", two.grid),
        ("orgs.move", two.community),
        ("orgs.split", new.id),
        ("members.handed_over", new.id),
        ("orgs.merge", new.id),
        ("orgs.close", two.branch),
    ]
    history = [(change.verb, change.from_id, change.to_id) for change in changes(session, two.grid)]
    assert history == [
        ("moved", new.id, two.beside),
        ("moved", two.community, new.id),
        ("renamed", None, None),
    ]
    assert [c.verb for c in changes(session, two.other)] == ["merged", "split", "moved"]


def changes(session: Session, org_id: int) -> list[Any]:
    return queries.changes_of(session, org_id)


def test_a_name_holds_until_the_day_before_the_next(session: Session, two: Two) -> None:
    rename = operations.rename
    do(session, rename, org_id=two.community, name="幸福里社区", on=date(2026, 3, 1), key="a1")
    do(session, rename, org_id=two.community, name="福里社区", on=ON, key="a2")
    do(session, rename, org_id=two.community, name="安福里社区", on=ON, key="a3")
    said = {
        day: queries.names_on(session, [two.community], day).get(two.community)
        for day in (date(2026, 2, 28), date(2026, 3, 1), ON - timedelta(days=1), ON)
    }
    assert list(said.values()) == ["幸福社区", "幸福里社区", "幸福里社区", None]
    assert queries.organisation(session, two.community).name == "安福里社区"
    assert len(session.execute(select(FormerName)).all()) == 2


def test_a_hopeless_renaming_is_refused_fault_by_fault(session: Session, two: Two) -> None:
    rename = operations.rename
    do(session, rename, org_id=two.group, name="一号楼", on=date(2026, 3, 1), key="before")
    close(session, two.branch)
    own = staff(session, Role.SECRETARY, two.branch)
    above = staff(session, Role.SECRETARY, two.community)
    asked: dict[str, Any] = {"org_id": 999_999, "name": " ", "on": date(2027, 1, 1)}
    refused(session, rename, KeyReused, own, **asked, key="before")
    refused(session, rename, NoSuchOrganisation, own, **asked)
    asked["org_id"] = two.branch
    refused(session, rename, Forbidden, own, **asked)
    refused(session, rename, NameEmpty, above, **asked)
    asked["name"] = "一号楼"
    refused(session, rename, OrganisationClosed, above, **asked)
    asked["org_id"] = two.group
    refused(session, rename, SameName, above, **asked)
    asked["name"] = "壹号楼"
    refused(session, rename, DayToCome, above, **asked)
    asked["on"] = date(2019, 1, 1)
    refused(session, rename, BeforeFounding, above, **asked)
    asked["on"] = date(2026, 2, 1)
    refused(session, rename, BeforeLastChange, above, **asked)
    operations.found(
        session, SYSTEM, parent_id=two.grid, kind="building_group", name="壹号楼", on=DAY,
        at=clock.now(),
    )  # fmt: skip
    asked["on"] = ON
    refused(session, rename, NameTaken, above, **asked)
    asked["name"] = "贰号楼"
    assert do(session, rename, above, **asked).name == "贰号楼"
