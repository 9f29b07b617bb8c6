"""The small community, and a way to prove a password as the edges do."""

import pytest

from pointsbank.access import passwords, queries
from pointsbank.access.rules import Proof
from pointsbank.core import clock
from pointsbank.core.database import Database, snapshot, transaction
from tests.community import Community, build


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False)


@pytest.fixture
def community_with_passwords(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False, with_passwords=True)


def proof_of(name: str, password: str, *, address: str = "10.0.0.1") -> Proof:
    """What the entrance finds out before its transaction."""
    with snapshot() as session:
        known = queries.credentials(session, name=name, address=address, at=clock.now())
    return passwords.prove(known, password)
