"""A process whose threads use up a cap beside others'; see ``test_concurrency``."""

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from pointsbank.core import bank
from pointsbank.core.bank import load_models
from pointsbank.core.config import Settings
from pointsbank.core.database import open_database
from tests.ledger.accounts import capped, posted

THREADS, TURNS, MOST = 4, 10, 200
load_models()


def use_up(folder: Path, url: str, number: int, line: Connection) -> None:
    """Wait for the word, earn seven points again and again, and tell what each time brought."""
    settings = Settings(data=folder, database_url=url)
    bank.use(settings)
    opened = open_database(settings.database)
    amounts: list[int] = []

    def earn(thread: int) -> None:
        for turn in range(TURNS):
            (answer,) = posted(capped(f"{number}:{thread}:{turn}", 7, most=MOST))
            amounts.append(answer.amount)

    threads = [threading.Thread(target=earn, args=(thread,)) for thread in range(THREADS)]
    line.send("ready")
    line.recv()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened.close()
    line.send(amounts)
