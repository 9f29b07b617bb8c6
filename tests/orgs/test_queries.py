"""Roll-ups, lines of ancestors, children."""

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.orgs.tree import Tree


def test_below_is_itself_and_everything_under_it(session: Session, tree: Tree) -> None:
    below = queries.below(session, [tree.street, tree.grid])
    assert below == {
        tree.street: {
            tree.street,
            tree.community,
            tree.grid,
            tree.beside,
            tree.branch,
            tree.team,
        },
        tree.grid: {tree.grid},
    }


def test_a_roll_up_is_one_indexed_look_up(session: Session, tree: Tree) -> None:
    wanted = select(col(Organisation.id)).where(
        col(Organisation.id).in_(queries.ids_below([tree.community]))
    )
    assert set(session.execute(wanted).scalars()) == {
        tree.community, tree.grid, tree.branch, tree.team,
    }  # fmt: skip


def test_ancestors_are_nearest_first(session: Session, tree: Tree) -> None:
    names = [above.name for above in queries.ancestors(session, tree.grid)]
    assert names == ["第一网格", "幸福社区", "明仁街道", "白城市"]
    assert queries.ancestors(session, 999_999) == []


def test_children_are_one_level(session: Session, tree: Tree) -> None:
    assert [c.id for c in queries.children(session, tree.street)] == [tree.community, tree.beside]


def test_kinds_below_are_found_by_kind(session: Session, tree: Tree) -> None:
    found = queries.of_kind(session, "community", [tree.city])
    assert [c.id for c in found] == [tree.community, tree.beside]


def test_an_organisation_that_is_not_there_is_refused(session: Session, tree: Tree) -> None:
    assert queries.organisation(session, tree.city).region_code == "220800"
    assert set(queries.organisations(session, [tree.city, 999_999])) == {tree.city}
    with pytest.raises(NoSuchOrganisation):
        queries.organisation(session, 999_999)
