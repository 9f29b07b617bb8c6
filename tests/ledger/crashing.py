"""Processes that work as fast as they can until they are killed, and say what was acknowledged;
see ``test_crash``.
"""

import os
import threading
import time
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from alembic.config import Config
from sqlalchemy import event

from pointsbank.core import backup, bank, clock, migrations
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
    """Post and seal until killed; each line written is one acknowledgement."""
    say = _open(folder, url, telling)
    for place in range(THREADS):
        _begin(lambda place=place: _post(f"{run}.{place}", say))
    _begin(lambda: _seal(say))
    threading.Event().wait()


def seal_until_killed(folder: Path, url: str, run: int, telling: Connection) -> None:
    """Seal one short run after another; post only when nothing is left to seal."""
    say = _open(folder, url, telling)
    for number in count():
        with transaction() as session:
            work = [p for n in range(200) for p in postings(f"{run}.{n % 8}.{number}.{n}")]
            operations.post_all(session, SYSTEM, work, at=clock.now())
        while _seal_once(say, most=20):
            pass


def migrate_until_killed(scripts: str, url: str, telling: Connection) -> None:
    """Bring a bank up to date and wait; each statement is told when it has run."""
    if scripts:
        migrations.configuration = lambda: configuration_at(scripts)
    database = open_database(url)
    say = _teller(telling)
    event.listen(database.engine, "after_cursor_execute", lambda *_: say("statement"))
    migrations.upgrade(database)
    say("migrated")
    threading.Event().wait()


def configuration_at(scripts: str) -> Config:
    """Alembic's, for migrations that lie elsewhere."""
    config = Config()
    config.set_main_option("script_location", scripts)
    return config


def back_up_until_killed(
    folder: Path, url: str, run: int, targets: Path, path: str, telling: Connection
) -> None:
    """Back up again and again, to ``run.0``, ``run.1`` …, while others post."""
    os.environ["PATH"] = path
    say = _open(folder, url, telling)
    for place in range(2):
        _begin(lambda place=place: _post(f"{run}.{place}", say))
    for number in count():
        say(f"copying {run}.{number}")
        backup.back_up(bank.settings(), targets / f"{run}.{number}")
        say(f"copied {run}.{number}")


def _teller(telling: Connection) -> Callable[[str], None]:
    def say(line: str) -> None:
        os.write(telling.fileno(), f"{line}\n".encode())  # one call: whole or not at all

    return say


def _open(folder: Path, url: str, telling: Connection) -> Callable[[str], None]:
    """Open a bank; answers the way to tell."""
    settings = Settings(data=folder, database_url=url)
    bank.use(settings)
    open_database(settings.database)
    return _teller(telling)


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
        _seal_once(say, most=200)
        time.sleep(0.02)  # or threads wait for their turn behind one seal after another


def _seal_once(say: Callable[[str], None], *, most: int) -> bool:
    say("sealing")
    with transaction() as session:
        seal = operations.seal_next(session, SYSTEM, at=clock.now(), most=most)
    if seal is not None:
        say(f"sealed {seal.id} {seal.digest.hex()}")
    return seal is not None
