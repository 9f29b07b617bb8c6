"""Processes that have one bank open and begin at the same moment; see ``test_processes``."""

import multiprocessing
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Self

from pointsbank.core import bank
from pointsbank.core.actor import SYSTEM
from pointsbank.core.bank import load_models
from pointsbank.core.config import Settings
from pointsbank.core.database import open_database, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations
from tests.ledger.accounts import TODAY

PATIENCE = 120.0
Task = Callable[[], Any]
load_models()

# Children are forked from a process that has imported everything and runs no threads.
_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload(["tests.ledger.racing"])


class Racers:
    """So many processes, each with the bank open, until the body is left."""

    def __init__(self, settings: Settings, many: int) -> None:
        self._gate = _children.Barrier(many)  # kept: gone here, it would be gone for children
        self._ways: list[Connection] = []
        self._processes = []
        for _ in range(many):
            here, there = _children.Pipe()
            process = _children.Process(
                target=_work,
                args=(settings.data, settings.database_url, there, self._gate),
                daemon=True,
            )
            process.start()
            there.close()
            self._ways.append(here)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for way in self._ways:
            way.close()  # each ends where it would wait for more
        for process in self._processes:
            process.join(10)
            process.kill()
            process.join()

    def together(self, *tasks: Task) -> list[Any]:
        """What each task answers, of a refusal its name; shared out among the processes, in each a
        thread a task.
        """
        many = len(self._ways)
        for place, way in enumerate(self._ways):
            way.send(tasks[place::many])
        answers: list[Any] = [None] * len(tasks)
        for place, way in enumerate(self._ways):
            assert way.poll(PATIENCE), "a process does not answer"
            answers[place::many] = way.recv()
        assert not [answer for answer in answers if isinstance(answer, Broken)], "\n".join(
            map(str, answers)
        )
        return answers


class Broken(str):
    """The traceback of a task that failed by something else than a refusal."""


def _work(folder: Path, url: str, way: Connection, gate: Barrier) -> None:
    settings = Settings(data=folder, database_url=url)
    bank.use(settings)
    opened = open_database(settings.database)
    while True:
        try:
            tasks: Sequence[Task] = way.recv()
        except EOFError:
            opened.close()
            return
        answers: list[Any] = [None] * len(tasks)
        start = threading.Event()
        threads = [
            threading.Thread(target=_run, args=(task, start, answers, place))
            for place, task in enumerate(tasks)
        ]
        for thread in threads:
            thread.start()
        gate.wait(PATIENCE)
        start.set()
        for thread in threads:
            thread.join()
        way.send(answers)


def _run(task: Task, start: threading.Event, answers: list[Any], place: int) -> None:
    start.wait()
    try:
        answers[place] = task()
    except Refused as refusal:
        answers[place] = type(refusal).__name__
    except Exception:
        answers[place] = Broken(traceback.format_exc())


def captured(hold_id: int, at: Any) -> Any:
    with transaction() as session:
        return operations.capture(session, SYSTEM, hold_id=hold_id, effective_on=TODAY, at=at)


def released(hold_id: int, at: Any) -> None:
    with transaction() as session:
        operations.release(session, SYSTEM, hold_id=hold_id, at=at)


def expired(at: Any) -> int:
    with transaction() as session:
        return operations.expire_holds(session, SYSTEM, at=at)
