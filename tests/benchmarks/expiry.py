"""The job that lapses a year's points of 100,000 accounts, on both databases.

``python tests/benchmarks/expiry.py``. Everybody earned in every month of one year and once in the
next, and spent a little; the whole job is run on the day on which the first year's points have
lapsed, each round on a fresh copy of the book and in a process of its own.
"""

import argparse
import json
import statistics
import time
from datetime import date

from books import addresses, copied, options, ready, settled
from measure import in_process, megabytes
from sqlalchemy import text
from town import ISSUED, POINTS, noon, open_town

from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.ledger import jobs, operations
from pointsbank.ledger.rules import Posting, SystemKind, member_account, system_account

MONTHS = (*(date(2024, month, 15) for month in range(1, 13)), date(2025, 6, 15))
DUE = date(2026, 1, 1)
GOAL_SECONDS = 30
_BATCH = 10_000


def write_book(url: str, accounts: int) -> None:
    bank = open_town(url, accounts)
    redeemed = system_account(POINTS, SystemKind.REDEEMED)
    for day in MONTHS:
        for start in range(1, accounts + 1, _BATCH):
            batch = []
            for who in range(start, min(start + _BATCH, accounts + 1)):
                mine = member_account(who, POINTS)
                batch.append(Posting(f"earn:{who}:{day}", ISSUED[POINTS], mine, 10, day, "service"))
                if day == MONTHS[-1]:
                    batch.append(Posting(f"buy:{who}", mine, redeemed, 15, day, "redemption"))
            with bank.transaction() as session:
                operations.post_all(session, SYSTEM, batch, at=noon(day))
    settled(bank)
    bank.close()


def run_expiry(url: str) -> dict[str, float]:
    bank = database.open_database(url)
    start = time.perf_counter()
    jobs.expire_points(noon(DUE))
    seconds = time.perf_counter() - start
    with bank.snapshot() as session:
        [(lapsed,)] = session.execute(
            text("SELECT count(*) FROM transfer WHERE reason = 'expiry' AND source_balance = 10")
        )
    return {"seconds": seconds, "lapsed": lapsed, "megabytes": megabytes()}


def measured(name: str, accounts: int, rounds: int) -> None:
    with addresses(name, "book") as (url,):
        write_book(url, accounts)
        runs = []
        for number in range(rounds):
            runs.append(in_process(__file__, copied(url, f"round_{number}")))
            assert runs[-1]["lapsed"] == accounts
    seconds = statistics.median(run["seconds"] for run in runs)
    most = max(run["megabytes"] for run in runs)
    told = "within" if seconds <= GOAL_SECONDS else "OVER"
    print(
        f"{name}: points of {accounts:,} accounts lapsed in {seconds:.1f} s, {told} the goal of"
        f" {GOAL_SECONDS} s for 100,000; {most:.0f} MB"
    )


def main() -> None:
    asked = options(__doc__, rounds=3)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--run", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        ready()
        print(json.dumps(run_expiry(given.run)))
        return
    for name in given.database:
        measured(name, given.accounts, given.rounds)


if __name__ == "__main__":
    main()
