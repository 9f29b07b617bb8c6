"""A counter in 幸福社区 with goods on its shelf, and a member with points to spend."""

import pytest

from pointsbank.core.database import Database
from tests.exchange.shop import Shop, open_shop


@pytest.fixture
def shop(bank: Database) -> Shop:
    with bank.transaction() as session:
        return open_shop(session)
