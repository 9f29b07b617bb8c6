"""A session in one open transaction, and a small tree of organisations."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Database
from tests.orgs.tree import Tree, Two, grow, grow_two, staff


@pytest.fixture
def session(bank: Database) -> Iterator[Session]:
    with bank.transaction() as opened:
        yield opened


@pytest.fixture
def tree(session: Session) -> Tree:
    return grow(session)


@pytest.fixture
def two(session: Session) -> Two:
    return grow_two(session)


@pytest.fixture
def boss(session: Session, two: Two) -> Actor:
    return staff(session, Role.ADMINISTRATOR, two.city)
