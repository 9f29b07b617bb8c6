"""A village with a year behind it, written by the real operations."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, select

from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.bank import open_bank
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, Table, snapshot
from pointsbank.demo import story
from pointsbank.demo.story import Chapter, Written
from pointsbank.events.rules import EventState
from pointsbank.ledger.verify import verify
from pointsbank.members.queries import member_by_code
from tests.conftest import NOW

CLEAN_UPS, PATROLS = 4, 6
CLOSED_LATELY = 3  # one waits for confirmation, two for settlement
# What is drawn by the system's own generator, or stamped by it: keys, codes, sessions.
DRAWN = {"code", "token_digest", "account_digest", "password_hash", "salt", "text_hash", "digest"}
DRAWN_TABLES = {"sign_in_session", "seal", "transfer_text"}


@pytest.fixture
def village(bank: Database) -> Written:
    return story.write("village", now=clock.now())


def tables_digest() -> str:
    """Of all rows, but for what chance alone has to decide."""
    hasher = hashlib.sha256()
    with snapshot() as session:
        for table in Table.metadata.sorted_tables:
            if table.name in DRAWN_TABLES:
                continue
            columns = [c for c in table.columns if _is_told(c)]
            rows = session.execute(select(*columns).order_by(*table.primary_key.columns))
            for row in rows:
                hasher.update(repr((table.name, tuple(row))).encode())
    return hasher.hexdigest()


def _is_told(column: Any) -> bool:
    return column.name not in DRAWN and not isinstance(column.type, LargeBinary)


def counted(table: str, **equal: Any) -> int:
    columns = Table.metadata.tables[table].c
    where = [columns[name] == value for name, value in equal.items()]
    with snapshot() as session:
        wanted = select(func.count()).select_from(Table.metadata.tables[table]).where(*where)
        return int(session.execute(wanted).scalar_one())


def test_a_village_has_baichengs_shape_and_a_ledger_that_verifies(village: Written) -> None:
    assert counted("member") == village.people > 300
    assert counted("organisation", kind="community") == 3
    assert counted("organisation", kind="employer") == 9
    assert counted("event", state=EventState.CLOSED) == village.events + CLOSED_LATELY
    assert counted("attendance", state=AttendanceState.CREDITED) > 1_000
    assert counted("redemption") == village.redemptions > 100
    assert counted("redemption", state="taken_back") == 1
    with snapshot() as session:
        verification = verify(session)
    assert verification.fault is None
    assert verification.transfers == counted("transfer") > 3_000
    assert verification.tail == 0


def test_today_there_is_something_to_scan_to_confirm_and_to_come(village: Written) -> None:
    going = village.going
    assert counted("event", id=going.open_event_id, state=EventState.OPEN) == 1
    assert counted("attendance", event_id=going.open_event_id, state=AttendanceState.PRESENT) > 3
    waiting = counted("attendance", event_id=going.to_confirm_id, state=AttendanceState.TO_CONFIRM)
    assert waiting > 8
    assert counted("event", state=EventState.PUBLISHED) == 2 + CLEAN_UPS + PATROLS
    assert counted("event", state=EventState.DRAFT) == 1
    assert counted("post", event_id=going.open_event_id) == 3
    volunteer = village.sign_ins[Role.VOLUNTEER].actor
    with snapshot() as session:
        holder = member_by_code(session, village.card_digits, clock.now())
    assert holder.id == volunteer.member_id
    assert counted("attendance", event_id=going.open_event_id, member_id=volunteer.member_id) == 0


def test_the_weeks_to_come_have_series_sign_ups_in_every_way_and_a_queue(village: Written) -> None:
    assert counted("event_series") == 2
    assert counted("event_change") == 1
    assert counted("event_template") == 1
    for way in ("self", "team", "companion"):
        assert counted("sign_up", way=way) >= 2
    assert counted("sign_up", state="waiting") > 3


def test_only_the_printed_sign_ins_have_passwords(village: Written) -> None:
    assert set(village.sign_ins) == set(Role)
    assert counted("user") > len(village.sign_ins)
    assert counted("user", password_hash="") == counted("user") - len(village.sign_ins)
    assert counted("user", must_change=False) == counted("user")


@pytest.fixture
def digests(tmp_path: Path) -> list[str]:
    """The same seed, the same seed again, another seed: each in a bank of its own."""
    found = []
    with clock.frozen(NOW):
        for place, seed in enumerate((7, 7, 8)):
            settings = Settings(data=tmp_path / str(place), public_url="http://bank.test")
            opened = open_bank(settings)
            story.write("village", seed=seed, now=clock.now())
            found.append(tables_digest())
            opened.close()
    return found


def test_the_same_seed_writes_the_same_rows(digests: list[str]) -> None:
    assert digests[0] == digests[1] != digests[2]


def test_progress_is_told_chapter_by_chapter(bank: Database) -> None:
    heard: list[tuple[Chapter, int, int]] = []
    story.write("village", now=clock.now(), told=lambda *step: heard.append(step))
    assert list(dict.fromkeys(chapter for chapter, _, _ in heard)) == list(Chapter)
    assert all(0 <= done <= total for _, done, total in heard)


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 0, 8, tzinfo=NOW.tzinfo),
        datetime(2026, 12, 31, 23, 59, tzinfo=NOW.tzinfo),
        datetime(2027, 1, 1, 0, 0, tzinfo=NOW.tzinfo),
        datetime(2028, 2, 29, 12, 0, tzinfo=NOW.tzinfo),
    ],
    ids=str,
)
def test_a_village_is_made_at_any_hour(bank: Database, moment: datetime) -> None:
    with clock.frozen(moment):
        written = story.write("village", now=clock.now())
        assert counted("redemption", state="taken_back") == 1
        assert counted("event", state=EventState.CLOSED) == written.events + CLOSED_LATELY
