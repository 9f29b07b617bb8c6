"""A process that posts and seals as fast as it can, and says what was acknowledged; see
``test_crash``.
"""

import os
import threading
import time
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.bank import load_models
from pointsbank.core.config import Settings
from pointsbank.core.database import open_database, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations
from pointsbank.ledger.rules import MORALITY, Posting, member_account
from tests.ledger.accounts import earns, spends

THREADS = 8
SHARED = member_account(1, MORALITY)
load_models()


def postings(stem: str) -> list[Posting]:
    """One piece of work: two postings linked, one to an account that all threads write to."""
    own = member_account(10 + int(stem.split(".")[1]), MORALITY)
    return [earns(f"{stem}.a", own, 2), earns(f"{stem}.b", SHARED, 1)]


def crash(folder: Path, url: str, run: int, telling: Connection) -> None:
    """Work on a bank until killed; each line written is one acknowledgement."""
    settings = Settings(data=folder, database_url=url)
    bank.use(settings)
    open_database(settings.database)

    def say(line: str) -> None:
        os.write(telling.fileno(), f"{line}\n".encode())  # one call: whole or not at all

    for place in range(THREADS):
        _begin(lambda place=place: _post(f"{run}.{place}", say))
    _begin(lambda: _seal(say))
    threading.Event().wait()


def _begin(task: Callable[[], None]) -> None:
    threading.Thread(target=task, daemon=True).start()


def _post(stem: str, say: Callable[[str], None]) -> None:
    for number in count():
        key = f"{stem}.{number}"
        with transaction() as session:
            operations.post_all(session, SYSTEM, postings(key), at=clock.now())
        say(f"posted {key}")
        if number % 4 == 0:
            _be_refused(f"{key}.refused")


def _be_refused(key: str) -> None:
    """A body that posts and is refused after that: nothing of it may stay."""
    try:
        with transaction() as session:
            operations.post_all(session, SYSTEM, [earns(f"{key}.a", SHARED)], at=clock.now())
            overdrawn = spends(f"{key}.b", SHARED, 10**9)
            operations.post_all(session, SYSTEM, [overdrawn], at=clock.now())
    except Refused:
        pass


def _seal(say: Callable[[str], None]) -> None:
    while True:
        say("sealing")
        with transaction() as session:
            seal = operations.seal_next(session, SYSTEM, at=clock.now(), most=200)
        if seal is not None:
            say(f"sealed {seal.id} {seal.digest.hex()}")
        time.sleep(0.02)  # or threads wait for their turn behind one seal after another
