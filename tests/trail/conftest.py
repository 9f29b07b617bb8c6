"""The small community that these tests stand on, without rules and mostly without passwords."""

import pytest

from pointsbank.core.database import Database, transaction
from tests.community import Community, build


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False)


@pytest.fixture
def community_with_passwords(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False, with_passwords=True)
