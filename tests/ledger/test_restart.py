"""A database that is restarted under load: a clear error meanwhile, nothing acknowledged is lost,
nothing is doubled, and the bank goes on by itself.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pointsbank.core.database import reading, snapshot, transaction
from pointsbank.core.errors import Unavailable
from pointsbank.ledger import queries
from pointsbank.ledger.rules import MORALITY, member_account
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import ANA, declare, earns, posted_all
from tests.restartable import Server, bank_on, server

THREADS = 8
MODES = ("fast", "immediate", "fast", "immediate")


pytestmark = pytest.mark.only("postgresql")


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with server() as ours:
        yield ours


@pytest.fixture
def restartable(dialect: str, started: Server, tmp_path: Path) -> Iterator[Server]:
    with bank_on(started, tmp_path) as bank:
        declare(bank)
        yield started


class Client(threading.Thread):
    """Posts one key after the other; where there is no answer, the same again until there is."""

    def __init__(self, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._stem, self._over = f"c{number}", stop
        self._own = member_account(100 + number, MORALITY)
        self.acknowledged: dict[str, int] = {}
        self.silences = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._post(f"{self._stem}.{len(self.acknowledged)}")
        except Exception as failure:
            self.failure = failure

    def _post(self, key: str) -> None:
        while True:
            try:
                (posted, _) = posted_all(earns(key, ANA, 1), earns(f"{key}.own", self._own, 2))
                with reading() as connection:
                    connection.execute(text("SELECT count(*) FROM unit")).scalar_one()
            except Unavailable:
                self.silences += 1
                time.sleep(0.02)
            else:
                self.acknowledged[key] = posted.id
                return


def test_nothing_acknowledged_is_lost_when_the_server_is_restarted(restartable: Server) -> None:
    over = threading.Event()
    clients = [Client(number, over) for number in range(THREADS)]
    for client in clients:
        client.start()
    for mode in MODES:
        time.sleep(0.5)
        restartable.stop(mode)
        time.sleep(0.2)
        restartable.start()
    time.sleep(0.5)
    over.set()
    for client in clients:
        client.join(60)
    assert [client.failure for client in clients] == [None] * THREADS
    assert all(client.silences for client in clients), "nobody noticed the restarts"
    acknowledged = {key: id for client in clients for key, id in client.acknowledged.items()}
    with snapshot() as session:
        rows = session.execute(text("SELECT key, id FROM transfer WHERE key NOT LIKE '%.own'"))
        assert dict(rows.all()) == acknowledged
        assert queries.account(session, ANA).balance == len(acknowledged)
        found = verify(session)
    assert (found.fault, found.transfers) == (None, 2 * len(acknowledged))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_the_first_who_asks_after_a_restart_is_answered(restartable: Server, mode: str) -> None:
    assert silent() == []
    restartable.stop(mode)
    assert silent() == ["transaction", "snapshot", "reading"]
    restartable.start()
    assert silent() == []
    restartable.stop(mode)
    restartable.start()
    assert silent() == []


def silent() -> list[str]:
    """The doors behind which nobody answers."""
    found = []
    for door in (transaction, snapshot, reading):
        try:
            with door() as opened:
                opened.execute(text("SELECT 1 FROM unit")).all()
        except Unavailable:
            found.append(door.__name__)
    return found
