"""The bare limit of a check-in: one Flask route that looks up the session and the event, writes the
rows of a check-in with the bare driver, and commits durably. It checks nothing else.

``python bare_door.py PORT THREADS URL`` serves it on granian as ``pointsbank serve`` does.
"""

import hashlib
import os
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from pointsbank.core.sqlite import driver

_SESSION = """SELECT u.id, u.member_id FROM sign_in_session AS s
 JOIN "user" AS u ON u.id = s.user_id
 WHERE s.token_digest = {0} AND s.expires_at > {0} AND s.revoked_at IS NULL"""
_EVENT = "SELECT id, title FROM event WHERE code = {0} AND state = 'open'"
_ATTENDANCE = """INSERT INTO attendance (event_id, member_id, way, state, checked_in_at, pairs,
 held_minutes, credits, why) VALUES ({0}, {0}, 'static', 'present', {0}, 1, 0, 0, '[]')
 RETURNING id"""
_SCAN = """INSERT INTO scan (event_id, member_id, way, kind, verdict, scanned_at, received_at,
 by_kind, by_id, key) VALUES ({0}, {0}, 'static', 'in', 'checked_in', {0}, {0}, 'user', {0}, {0})"""


class Sqlite:
    """A connection that writes, behind a lock, and one for each thread that only reads."""

    def __init__(self, url: str) -> None:
        self.path = url.removeprefix("sqlite:///")
        self.turn = threading.Lock()
        self.own = threading.local()
        self.writer = self.connected()
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            self.writer.execute(f"PRAGMA {pragma}")
        self.statements = [s.format("?") for s in (_SESSION, _EVENT, _ATTENDANCE, _SCAN)]

    def connected(self) -> Any:
        connection = driver().connect(self.path, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA cache_size = -65536")
        return connection

    def check_in(self, digest: bytes, code: str, key: str) -> tuple[Any, ...]:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        if not hasattr(self.own, "reader"):
            self.own.reader = self.connected()
        who, event, attendance, scan = self.statements
        user_id, member_id = self.own.reader.execute(who, (digest, now)).fetchone()
        with self.turn:
            run = self.writer.execute
            run("BEGIN IMMEDIATE")
            event_id, title = run(event, (code,)).fetchone()
            [number] = run(attendance, (event_id, member_id, now)).fetchone()
            run(scan, (event_id, member_id, now, now, user_id, key))
            run("COMMIT")
        return event_id, title, member_id, number, now


class Postgres:
    """A connection for each thread, and a transaction for each check-in."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("+psycopg", "")
        self.own = threading.local()
        self.statements = [s.format("%s") for s in (_SESSION, _EVENT, _ATTENDANCE, _SCAN)]

    def check_in(self, digest: bytes, code: str, key: str) -> tuple[Any, ...]:
        import psycopg

        if not hasattr(self.own, "connection"):
            self.own.connection = psycopg.connect(self.url, prepare_threshold=1)
        now = datetime.now(UTC)
        who, event, attendance, scan = self.statements
        with self.own.connection.transaction(), self.own.connection.cursor() as cursor:
            run = cursor.execute
            user_id, member_id = run(who, (digest, now)).fetchone()
            event_id, title = run(event, (code,)).fetchone()
            [number] = run(attendance, (event_id, member_id, now)).fetchone()
            run(scan, (event_id, member_id, now, now, user_id, key))
        return event_id, title, member_id, number, now.isoformat()


def load() -> Flask:
    url = os.environ["BARE_URL"]
    bank = Sqlite(url) if url.startswith("sqlite") else Postgres(url)
    app = Flask("bare_door")

    @app.post("/api/v1/check-ins")
    def check_in() -> tuple[Response, int]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        asked = request.get_json()
        digest = hashlib.sha256(token.encode()).digest()
        event_id, title, member_id, number, now = bank.check_in(digest, asked["code"], asked["key"])
        return jsonify(
            verdict="checked_in", repeated=False, event_id=event_id, title=title,
            member_id=member_id, attendance_id=number, state="present", checked_in_at=now,
            checked_out_at=None, minutes=None,
        ), 201  # fmt: skip

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


if __name__ == "__main__":
    os.environ["BARE_URL"] = sys.argv[3]
    Granian(
        "bare_door:load",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=int(sys.argv[2]),
        log_level=LogLevels.error,
    ).serve()
