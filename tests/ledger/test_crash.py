"""Killed at any moment, a bank has everything that it acknowledged and nothing half.

``CRASHES=100 pytest tests/ledger/test_crash.py`` kills a hundred times on each database. A kill is
not a power cut: what the operating system has been given, it keeps.
"""

import multiprocessing
import os
import random
import select
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from pointsbank.core import bank as bank_module
from pointsbank.core.database import Database, open_database, snapshot
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import declare, posted_all
from tests.ledger.crashing import crash, postings

CRASHES = int(os.environ.get("CRASHES", "12"))
PATIENCE = 60.0

# Children are forked from a process that has imported everything and runs no threads: a restart
# takes milliseconds.
_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload(["tests.ledger.crashing"])


@dataclass
class Acknowledged:
    """What children said before they were killed."""

    posted: list[str] = field(default_factory=list)
    seals: dict[int, bytes] = field(default_factory=dict)

    def hear(self, lines: list[str]) -> None:
        for line in lines:
            match line.split():
                case ["posted", stem]:
                    self.posted.append(stem)
                case ["sealed", number, digest]:
                    self.seals[int(number)] = bytes.fromhex(digest)


def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half_there(bank: Database) -> None:
    declare(bank)
    bank.close()  # nobody but the child has the file open: what is left is for the next to recover
    chance = random.Random(f"{bank.dialect} {time.time_ns()}")
    settings = bank_module.settings()
    acknowledged = Acknowledged()
    for run in range(CRASHES):
        before = len(acknowledged.posted)
        lines = killed(settings.data, settings.database_url, run, chance)
        acknowledged.hear(lines)
        assert len(acknowledged.posted) > before, "the child did not get to work"
        restarted = open_database(settings.database)
        held_to(acknowledged)
        restarted.close()
    restarted = open_database(settings.database)
    for stem in acknowledged.posted[-20:]:
        assert all(answer.repeated for answer in posted_all(*postings(stem)))
    held_to(acknowledged)
    restarted.close()


def held_to(acknowledged: Acknowledged) -> None:
    """The book against what was acknowledged."""
    with snapshot() as session:
        keys = set(session.execute(text("SELECT key FROM transfer")).scalars())
        found = verify(session, published=acknowledged.seals)
    assert not [stem for stem in acknowledged.posted if f"{stem}.a" not in keys]
    halves = [{key[:-2] for key in keys if key.endswith(half)} for half in (".a", ".b")]
    assert halves[0] == halves[1]
    assert not [key for key in keys if "refused" in key]
    assert (found.fault, found.transfers) == (None, len(keys))


def killed(folder: Path, url: str, run: int, chance: random.Random) -> list[str]:
    """What a child said until it was killed: at a random moment, or a moment into a seal."""
    hearing, telling = _children.Pipe(duplex=False)
    child = _children.Process(target=crash, args=(folder, url, run, telling))
    child.start()
    telling.close()
    said = b""
    try:
        said += heard(hearing.fileno(), until=b"posted")
        said += heard(hearing.fileno(), seconds=chance.uniform(0, 0.4))
        if run % 3 == 2:
            said += heard(hearing.fileno(), until=b"sealing")
            time.sleep(chance.uniform(0, 0.004))
    finally:
        child.kill()
        child.join()
    said += heard(hearing.fileno())
    hearing.close()
    assert child.exitcode == -signal.SIGKILL
    return said.decode().splitlines()


def heard(pipe: int, *, until: bytes = b"", seconds: float = PATIENCE) -> bytes:
    """What comes through a pipe until a word is in it, the time is up, or nobody tells any more."""
    said, end = b"", time.monotonic() + seconds
    while not (until and until in said) and (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        if not (more := os.read(pipe, 65_536)):
            break
        said += more
    return said
