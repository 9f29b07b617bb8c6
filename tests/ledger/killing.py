"""Kills a child process at a chosen moment, and holds a bank to what the child was told."""

import multiprocessing
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from pointsbank.core.database import snapshot
from pointsbank.ledger.verify import verify

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


def killed(child: Callable[..., None], *args: Any, when: Callable[[int], bytes]) -> list[str]:
    """What a child said until it was killed; ``when`` hears its pipe until the moment is there."""
    hearing, telling = _children.Pipe(duplex=False)
    process = _children.Process(target=_run, args=(child, *args, telling))
    process.start()
    telling.close()
    said = b""
    try:
        said += when(hearing.fileno())
    finally:
        process.kill()
        process.join()
    said += heard(hearing.fileno())
    hearing.close()
    assert process.exitcode == -signal.SIGKILL, said.decode()
    return said.decode().splitlines()


def _run(child: Callable[..., None], *args: Any) -> None:
    """A child's run; what ends it before it is killed is told, too."""
    try:
        child(*args)
    except BaseException:
        os.write(args[-1].fileno(), traceback.format_exc().encode())
        raise


def heard(pipe: int, *, until: bytes = b"", times: int = 1, seconds: float = PATIENCE) -> bytes:
    """What comes through a pipe until a word was in it so many times, the time is up, or nobody
    tells any more.
    """
    said, end = b"", time.monotonic() + seconds
    while not (until and said.count(until) >= times) and (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        if not (more := os.read(pipe, 65_536)):
            break
        said += more
    return said
