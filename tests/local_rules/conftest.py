"""A community with the default rules of its city, and somebody to adopt others."""

from typing import Any

import pytest
from community import Community, build

from pointsbank.core.database import Database, transaction


@pytest.fixture
def place(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


@pytest.fixture
def session(place: Community) -> Any:
    with transaction() as opened:
        yield opened
