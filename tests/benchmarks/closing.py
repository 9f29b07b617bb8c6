"""An event of 5,000 people is closed: all their hours and points in one batch, on both databases.

``python tests/benchmarks/closing.py``. Half of them wait for the close, half for the confirmation
after it; both together are timed. The bare limit writes the same rows with the bare driver in one
transaction: accounts, transfers, uses of caps, and the attendances' new states.
"""

import argparse
import json
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from books import addresses, copied, options, prepared, ready
from measure import in_process
from sqlalchemy import insert, make_url, text

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import database, encryption
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.presets import PRESETS
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.hours.rules import Way
from pointsbank.members import operations as members
from pointsbank.members.rules import NewMember
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
DAY = date(2020, 1, 1)
GOAL_SECONDS = 10
WRITTEN = ("account", "transfer", "cap_use")


def hold(url: str, people: int) -> None:
    """An event that everybody has left; ten points an hour, at most 80 a day."""
    bank = prepared(url)
    encryption.use_secret(b"\5" * 32)
    with transaction() as session:
        places = [
            NewOrganisation("city", "白城市", DAY),
            NewOrganisation("county", "洮北区", DAY, parent_row=0),
            NewOrganisation("street", "明仁街道", DAY, parent_row=1),
            NewOrganisation("community", "幸福社区", DAY, parent_row=2),
        ]
        *_, home = orgs.found_many(session, SYSTEM, places, at=AT)
        for terms in PRESETS["baicheng"].rules:
            adopt_points_rule(session, SYSTEM, org_id=home, from_on=DAY, at=AT, **terms)
        rows = [NewMember(f"志愿者{n}", home, f"138{n:08d}") for n in range(people)]
        member_ids = members.register_many(session, SYSTEM, rows, at=AT)
        event = events.plan(
            session, SYSTEM, org_id=home, title="万人清洁", kind=DeedCategory.ENVIRONMENT,
            place="全城", starts_at=AT, ends_at=AT + timedelta(hours=3), key="event", at=AT,
        )  # fmt: skip
        events.publish(session, SYSTEM, event_id=event.id or 0, at=AT)
        events.open_event(session, SYSTEM, event_id=event.id or 0, at=AT)
        states = AttendanceState.AWAITING_CLOSE, AttendanceState.TO_CONFIRM
        session.connection().execute(
            insert(Attendance),
            [
                {
                    "event_id": event.id, "member_id": member_id, "way": Way.ORGANISER,
                    "state": states[n % 2], "checked_in_at": AT,
                    "checked_out_at": AT + timedelta(minutes=120), "minutes": 120 - n % 60,
                    "why": [],
                }
                for n, member_id in enumerate(member_ids)
            ],
        )  # fmt: skip
    bank.close()


def close(url: str) -> dict[str, Any]:
    """Seconds of our way; the rows that it wrote go to the bare limit by the database itself."""
    bank = database.open_database(url)
    at = AT + timedelta(hours=4)
    start, cpu = time.perf_counter(), time.process_time()
    with transaction() as session:
        attendance.close_event(session, SYSTEM, event_id=1, at=at)
    closed = time.perf_counter() - start
    with transaction() as session:
        confirmed = attendance.confirm(session, SYSTEM, event_id=1, at=at)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    with bank.snapshot() as session:
        [(transfers,)] = session.execute(text("SELECT count(*) FROM transfer"))
        [(credited,)] = session.execute(
            text("SELECT count(*) FROM attendance WHERE state = 'credited'")
        )
    told = {"closed": closed, "seconds": seconds, "confirmed": confirmed.people, "cpu": cpu}
    return told | {"transfers": transfers, "credited": credited}


def close_bare(url: str, done: str) -> dict[str, Any]:
    """The same rows with the bare driver."""
    import psycopg

    from pointsbank.core.sqlite import driver

    def opened(address: str) -> Any:
        at = make_url(address)
        if at.drivername.startswith("sqlite"):
            connection = driver().connect(at.database)
            connection.execute("PRAGMA synchronous = FULL")
            return connection
        return psycopg.connect(at.set(drivername="postgresql").render_as_string(False))

    source, target = opened(done), opened(url)
    mark = "?" if url.startswith("sqlite") else "%s"
    rows = {}
    for table in WRITTEN:
        known = source.cursor()
        known.execute(f"SELECT * FROM {table} ORDER BY id")
        rows[table] = known.fetchall()
    start = time.perf_counter()
    cursor = target.cursor()
    for table, found in rows.items():
        if found:
            marks = ", ".join([mark] * len(found[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
    cursor.execute(f"UPDATE attendance SET state = 'credited', credited_at = {mark}", (str(AT),))
    target.commit()
    return {"seconds": time.perf_counter() - start}


def measured(database_name: str, people: int, rounds: int) -> None:
    with addresses(database_name, "city") as (url,):
        hold(url, people)
        ours, bare = [], []
        for number in range(rounds):
            done = copied(url, f"ours_{number}")
            ours.append(in_process(__file__, "ours", done, ""))
            assert ours[-1]["credited"] == people, ours[-1]
            bare.append(in_process(__file__, "bare", copied(url, f"bare_{number}"), done))
    seconds, closed, limit = (
        statistics.median(run[part] for run in runs)
        for runs, part in ((ours, "seconds"), (ours, "closed"), (bare, "seconds"))
    )
    print(
        f"{database_name}: {people:,} people credited in {seconds:.2f} s (the close {closed:.2f} s,"
        f" the confirmation the rest; {ours[0]['transfers']:,} transfers;"
        f" {statistics.median(run['cpu'] for run in ours):.2f} s of our processor),"
        f" {'within' if seconds <= GOAL_SECONDS else 'OVER'} the goal of {GOAL_SECONDS} s;"
        f" bare {limit:.2f} s"
    )


def main() -> None:
    asked = options(__doc__, rounds=3)
    asked.add_argument("--people", type=int, default=5_000)
    asked.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        ready()
        which, url, done = given.run
        print(json.dumps(close(url) if which == "ours" else close_bare(url, done)))
        return
    for name in given.database:
        measured(name, given.people, given.rounds)


if __name__ == "__main__":
    main()
