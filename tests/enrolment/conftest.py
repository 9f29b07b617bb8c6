"""A community with its people, and a session in one open transaction."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from pointsbank.core.database import Database, transaction
from tests.community import Community, build


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


@pytest.fixture
def session(bank: Database, community: Community) -> Iterator[Session]:
    with bank.transaction() as opened:
        yield opened
