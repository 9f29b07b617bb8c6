"""How a check-in grows: the same to a bank with 10,000 scans and to one with 10,000,000, taken in
turns over HTTP. ``python tests/benchmarks/scan_growth.py``.

Both banks have the same members, so that what grows is the table of scans and not the town. The
scans before are written by bulk SQL: everybody's stays at past events, each two scans of an own
phone. The goal is at most 1.3 times as long.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

from books import options
from check_ins import Door, prepared, serving_ours
from measure import Growth, interleave, show_growth
from rich.console import Console
from scans import fresh
from sqlalchemy import create_engine, make_url

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.config import Settings
from pointsbank.core.database import transaction
from pointsbank.core.sqlite import driver
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events

SIZES = (10_000, 10_000_000)
GOAL = 1.3
MEMBERS = 12_500
COMMUNITY = 2
AT_A_TIME = 100
COUNTS = {1: 400, 16: 1_600}  # of each round, by clients

_ATTENDANCES = """
INSERT INTO attendance (event_id, member_id, way, state, checked_in_at, checked_out_at, pairs,
 credit, minutes, held_minutes, why, credits)
SELECT e.id, m.id, 'static', 'credited', e.starts_at, e.ends_at, 1, 'after_confirmation', 120, 0,
 '[]', 1
FROM member AS m CROSS JOIN event AS e
WHERE e.state = 'closed' AND m.id BETWEEN {first} AND {last}"""
_SCANS = """
INSERT INTO scan (event_id, member_id, way, kind, verdict, scanned_at, received_at, by_kind, by_id,
 key)
SELECT e.id, m.id, 'static', k.kind, k.verdict, e.starts_at, e.starts_at, 'user', m.id,
 k.kind || ':' || {random}
FROM member AS m CROSS JOIN event AS e CROSS JOIN
 (SELECT 'in' AS kind, 'checked_in' AS verdict UNION ALL SELECT 'out', 'checked_out') AS k
WHERE e.state = 'closed' AND m.id BETWEEN {first} AND {last}"""
_RANDOM = {
    "sqlite": "lower(hex(randomblob(6)))",
    "postgresql": "substr(md5(random()::text), 1, 12)",
}


def laid(settings: Settings, size: int) -> Door:
    """A bank with so many scans of past events, and those who come to an open one."""
    code, tokens = prepared(settings, MEMBERS)
    people = min(MEMBERS, size // 2)
    opened, at = bank.open_bank(settings), clock.now()
    with transaction() as session:
        for number in range(size // 2 // people):
            starts_at = at + timedelta(days=number + 1)
            events.plan(
                session, SYSTEM, org_id=COMMUNITY, title="清洁家园",
                kind=DeedCategory.ENVIRONMENT, place="中心广场", starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=2), key=f"past-{number}", at=at,
            )  # fmt: skip
    opened.close()
    _fill(settings.database, people)
    return Door(settings.port, settings.database, code, tokens)


def _fill(url: str, people: int) -> None:
    past = "UPDATE event SET state = 'closed' WHERE state = 'draft'"
    firsts = range(1, people + 1, AT_A_TIME)
    chunks = [(first, min(first + AT_A_TIME - 1, people)) for first in firsts]
    if url.startswith("sqlite"):
        connection = driver().connect(make_url(url).database, isolation_level=None)
        for pragma in ("synchronous = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in (past, *_statements("sqlite", chunks)):
            connection.execute(statement)
        connection.close()
        os.sync()  # or the rounds would wait for what the filling left behind
        return
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as filling:
        filling.exec_driver_sql("SET synchronous_commit = off")
        settled = ("VACUUM ANALYZE", "CHECKPOINT")
        for statement in (past, *_statements("postgresql", chunks), *settled):
            filling.exec_driver_sql(statement)
    engine.dispose()
    os.sync()


def _statements(dialect: str, chunks: Sequence[tuple[int, int]]) -> Iterator[str]:
    for first, last in chunks:
        for statement in (_ATTENDANCES, _SCANS):
            yield statement.format(first=first, last=last, random=_RANDOM[dialect])


def compared(name: str, doors: dict[int, Door], rounds: int) -> None:
    lines = []
    for clients, count in COUNTS.items():
        runs = {size: _timed(door, clients, count) for size, door in doors.items()}
        found = interleave(runs, rounds=rounds)
        what = "one at a time, median" if clients == 1 else f"a check-in among {clients} clients"
        lines.append(Growth(what, [found[size] for size in doors], " ms", most=GOAL))
    show_growth(f"check-ins over HTTP, {name}", [f"{size:,} scans" for size in doors], lines)


def _timed(door: Door, clients: int, count: int) -> Callable[[], float]:
    """Milliseconds: of a single client's wait the median, of many the time by which one follows
    another, so that whatever stops them all is in it.
    """

    def run() -> float:
        rate = door.rate(clients, count)
        return door.median_ms if clients == 1 else 1000 / rate

    return run


def _held(url: str, door: Door) -> int:
    """How many scans there were before; every check-in that was answered is among the others."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM scan), (SELECT count(*) FROM attendance a"
            " JOIN event e ON e.id = a.event_id WHERE e.state = 'open')"
        )
        scans, came = rows.one()
    engine.dispose()
    assert came == door.came, (came, door.came)
    return int(scans) - door.came


def main() -> None:
    given = options(__doc__, rounds=5).parse_args()
    for name in given.database:
        with ExitStack() as held:
            doors = {}
            for size in SIZES:
                settings = held.enter_context(fresh(name))
                begun = time.perf_counter()
                doors[size] = laid(settings, size)
                took = time.perf_counter() - begun
                Console().print(f"{name}: {size:,} scans written in {took:.0f} s")
                held.enter_context(serving_ours(settings))
            compared(name, doors, given.rounds)
            for size, door in doors.items():
                assert _held(door.url, door) == size


if __name__ == "__main__":
    main()
