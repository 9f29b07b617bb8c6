"""A city's evaluation, counted and written to XLSX, beside XlsxWriter writing constant rows of the
same shape. ``python tests/benchmarks/evaluation.py``.

Each run is a process of its own; the seconds go from the first query to the closed file, the memory
is the process's highest, interpreter and libraries included. The book is written by the ledger.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import xlsxwriter
from books import addresses, options, prepared
from measure import Line, in_process, interleave, megabytes, show
from sqlalchemy import insert, literal, select
from sqlmodel import col

from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.bank import load_models
from pointsbank.core.database import Session
from pointsbank.earning.rules import DeedCategory
from pointsbank.evaluation import queries
from pointsbank.evaluation.reference import reference_sheet
from pointsbank.evaluation.sheet import write_xlsx
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.exchange.models import Redemption
from pointsbank.exchange.rules import RedemptionState
from pointsbank.hours.rules import Way
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)  # fmt: skip
from pointsbank.members.models import Affiliation, Member
from pointsbank.members.rules import PartyStatus, Relation
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

PEOPLE, COMMUNITIES, EVENTS, DEEDS, BASKETS = 19_000, 105, 5_000, 130_000, 20_000
YEAR = 2026
NOW = datetime(2026, 12, 20, 1, 2, tzinfo=UTC)
MOST_SECONDS, MOST_MEGABYTES = 10, 300
CITY = 1
_BATCH = 10_000


def fill(url: str) -> None:
    """A city, its communities and party members, and a year of 130,000 deeds: 390,000 transfers."""
    bank = prepared(url)
    draw = random.Random(2026)
    with bank.transaction() as session:
        rows = [NewOrganisation("city", "白城市", date(2020, 1, 1))]
        rows += [
            NewOrganisation("community", f"第{n}社区", rows[0].on, parent_row=0)
            for n in range(COMMUNITIES)
        ]
        homes = orgs.found_many(session, SYSTEM, rows, at=NOW)[1:]
        _enrol(session, homes)
        _hold(session, homes, draw)
        deeds = _attend(session, draw)
        _exchange(session, homes, draw)
    for start in range(0, DEEDS, _BATCH):
        with bank.transaction() as session:
            _credit(session, deeds[start : start + _BATCH], start)
    if bank.dialect == "postgresql":  # as autovacuum does within a minute
        with bank.administer() as connection:
            connection.exec_driver_sql("ANALYZE")
    bank.close()


def _enrol(session: Session, homes: Sequence[int]) -> None:
    people = [
        {
            "number": f"2020{n:06d}",
            "name": "王桂芳",
            "residence_id": homes[n % COMMUNITIES],
            "party_status": PartyStatus.FULL,
            "registered_on": date(2020, 1, 1),
        }
        for n in range(PEOPLE)
    ]
    session.execute(insert(Member), people)
    at_home = select(
        col(Member.id), literal(Relation.RESIDENCE.value), col(Member.residence_id),
        col(Member.registered_on),
    )  # fmt: skip
    columns = ["member_id", "relation", "org_id", "from_on"]
    session.execute(insert(Affiliation).from_select(columns, at_home))


def _hold(session: Session, homes: Sequence[int], draw: random.Random) -> None:
    events = []
    for n in range(EVENTS):
        begin = datetime(YEAR, 1, 1, 1, tzinfo=UTC) + timedelta(days=n % 350)
        events.append(
            {
                "org_id": homes[n % COMMUNITIES],
                "title": "清洁家园",
                "kind": draw.choice(list(DeedCategory)),
                "place": "社区广场",
                "starts_at": begin,
                "ends_at": begin + timedelta(hours=3),
                "state": EventState.CLOSED,
                "code": f"{n:06d}",
                "created_by": 0,
                "key": f"event:{n}",
                "created_at": begin,
            }
        )
    session.execute(insert(Event), events)


def _attend(session: Session, draw: random.Random) -> list[tuple[int, int, DeedCategory, date]]:
    """Everybody at some events; for each attendance who, minutes, category and day."""
    deeds, rows = [], []
    for n in range(DEEDS):
        event, member_id = (n + n // 95_000) % EVENTS, n * 7 % PEOPLE + 1
        begin = datetime(YEAR, 1, 1, 1, tzinfo=UTC) + timedelta(days=event % 350)
        minutes = draw.randrange(30, 180)
        deeds.append((member_id, minutes, draw.choice(list(DeedCategory)), begin.date()))
        rows.append(
            {
                "event_id": event + 1,
                "member_id": member_id,
                "way": Way.ROSTER,
                "state": AttendanceState.CREDITED,
                "checked_in_at": begin,
                "checked_out_at": begin + timedelta(minutes=minutes),
                "minutes": minutes,
                "why": [],
                "credited_at": begin,
            }
        )
    for start in range(0, DEEDS, _BATCH):
        session.execute(insert(Attendance), rows[start : start + _BATCH])
    return deeds


def _exchange(session: Session, homes: Sequence[int], draw: random.Random) -> None:
    baskets = [
        {
            "key": f"basket:{n}",
            "number": f"2026-{n}",
            "org_id": homes[n % COMMUNITIES],
            "member_id": draw.randrange(PEOPLE) + 1,
            "unit": MORALITY,
            "total_points": 15,
            "balance_after": 0,
            "at": NOW,
            "on_day": date(YEAR, 6, 1),
            "by_kind": "user",
            "by_id": 1,
            "state": RedemptionState.HANDED_OVER,
            "taken_back_reason": "",
        }
        for n in range(BASKETS)
    ]
    session.execute(insert(Redemption), baskets)


def _credit(
    session: Session, deeds: Sequence[tuple[int, int, DeedCategory, date]], first: int
) -> None:
    """Minutes and both kinds of points of these deeds, through the ledger."""
    batch = []
    for number, (member_id, minutes, category, on) in enumerate(deeds, start=first):
        for unit, amount, source in (
            (MINUTES, minutes, "roster"),
            (MORALITY, minutes // 6 + 1, category),
            (PARTY, minutes // 30 + 1, category),
        ):
            batch.append(
                Posting(
                    f"attendance:{number}:{unit}",
                    system_account(unit, SystemKind.ISSUED, source),
                    member_account(member_id, unit),
                    amount,
                    on,
                    "service",
                    "attendance",
                    number + 1,
                    "points_rule:1",
                )
            )
    answers = ledger.post(session, SYSTEM, batch, at=NOW)
    assert len(answers) == len(batch)


def run_ours(url: str) -> dict[str, float]:
    """Count and write; seconds, megabytes, and the shape of what was written."""
    load_models()
    database.open_database(url)
    with tempfile.TemporaryFile() as file:
        start = time.perf_counter()
        with database.snapshot() as session:
            found = queries.evaluation(session, SYSTEM, org_id=CITY, year=YEAR)
        counted = time.perf_counter() - start
        write_xlsx(file, reference_sheet(found, str, at=NOW))
        seconds = time.perf_counter() - start
    assert found.sums[0]
    assert len(found.people) == PEOPLE
    return {
        "seconds": seconds,
        "counted": counted,
        "megabytes": megabytes(),
        "columns": len(found.columns),
    }


def run_bare(columns: int) -> dict[str, float]:
    """XlsxWriter alone: as many constant rows of as many cells, formatted the same way."""
    with tempfile.TemporaryFile() as file:
        start = time.perf_counter()
        book = xlsxwriter.Workbook(file, {"constant_memory": True})
        page = book.add_worksheet()
        look = book.add_format({"border": 1, "num_format": "#,##0"})
        for row in range(PEOPLE):
            page.write_number(row, 0, row, look)
            for place, text in enumerate(("2020000001", "王桂芳", "正式党员"), start=1):
                page.write_string(row, place, text, look)
            for place in range(4, 4 + columns):
                page.write_number(row, place, 12, look)
        book.close()
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "megabytes": megabytes()}


def compared(name: str, url: str, rounds: int) -> None:
    columns = in_process(__file__, "ours", url)["columns"]
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}

    def run(who: str, what: object) -> float:
        runs[who].append(in_process(__file__, who, what))
        return float(runs[who][-1]["seconds"])

    found = interleave(
        {"ours": lambda: run("ours", url), "bare": lambda: run("bare", columns)}, rounds=rounds
    )
    most = {who: max(one["megabytes"] for one in told) for who, told in runs.items()}
    counted = statistics.median(one["counted"] for one in runs["ours"][1:])
    cells = f"{PEOPLE:,} people, {columns + 4} columns"
    show(
        f"a city's evaluation to XLSX on {name}: {cells}; of that counting {counted:.1f}s",
        [
            Line("seconds", found["ours"], found["bare"], unit="s"),
            Line("peak memory", most["ours"], most["bare"], unit=" MB"),
        ],
    )
    within = found["ours"] <= MOST_SECONDS and most["ours"] <= MOST_MEGABYTES
    told = "within" if within else "OVER"
    print(f"{name}: {told} the goal of {MOST_SECONDS} s and {MOST_MEGABYTES} MB")


def main() -> None:
    asked = options(__doc__, rounds=5)
    asked.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        who, what = given.run
        print(json.dumps(run_ours(what) if who == "ours" else run_bare(int(what))))
        return
    for name in given.database:
        with addresses(name, "city") as (url,):
            fill(url)
            compared(name, url, given.rounds)


if __name__ == "__main__":
    main()
