"""A session in one open transaction, and a small tree of organisations."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from pointsbank.core.database import Database
from tests.orgs.tree import Tree, grow


@pytest.fixture
def session(bank: Database) -> Iterator[Session]:
    with bank.transaction() as opened:
        yield opened


@pytest.fixture
def tree(session: Session) -> Tree:
    return grow(session)
