"""The book copied out and in: the same bytes and seals, on either database; or nothing."""

import json
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, Session, Table, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.core.files import TargetExists
from pointsbank.ledger import journal, operations, queries, transcript
from pointsbank.ledger.manifest import MANIFEST, Manifest
from pointsbank.ledger.verify import verify
from tests.conftest import DATABASES
from tests.ledger.accounts import ANA, BEN, earns, spends
from tests.ledger.copies import (
    AWKWARD,
    contents,
    counts,
    exported,
    goes_on,
    imported,
    new_bank,
    write_book,
)


@pytest.fixture
def book(bank: Database) -> Database:
    write_book(bank)
    return bank


@pytest.mark.parametrize("to", DATABASES)
def test_an_imported_book_is_the_same_to_the_byte_and_goes_on(
    book: Database, to: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--database") not in {"both", to}:
        pytest.skip("asked for one database only")
    first = exported(tmp_path / "first")
    rows = counts()
    assert min(rows.values()) > 0, "a table that the book does not try"
    with snapshot() as session:
        seals, ana = journal.seals(session), queries.account(session, ANA)
    with new_bank(to, tmp_path / "new", request):
        imported(first)
        assert counts() == rows
        with snapshot() as session:
            assert journal.seals(session) == seals
            found = verify(session, published={seal.id: seal.digest for seal in seals})
            assert (found.fault, found.seals, found.tail) == (None, 2, 3)
            assert queries.account(session, ANA) == ana
            texts = session.execute(text("SELECT text FROM transfer_text ORDER BY transfer_id"))
            assert texts.scalars().all() == [AWKWARD, "尾"]
        assert contents(exported(tmp_path / "second")) == contents(first)
        goes_on()
    assert counts() == rows


def test_the_manifest_says_what_there_is(book: Database, tmp_path: Path) -> None:
    folder = exported(tmp_path / "book")
    manifest = json.loads((folder / MANIFEST).read_text())
    with snapshot() as session:
        assert manifest["last_seal"] == journal.seals(session, most=1)[0].line
    assert (manifest["format_version"], manifest["program"]) == (1, "0.1.0")
    assert manifest["units"] == ["minutes", "morality", "party", "lapsing"]
    assert [entry["table"] for entry in manifest["tables"]] == [t.name for t in transcript.TABLES]
    for entry in manifest["tables"]:
        said = (folder / f"{entry['table']}.jsonl").read_bytes()
        assert entry["sha256"] == sha256(said).hexdigest()
        assert entry["rows"] == len(said.splitlines()) == counts()[entry["table"]]
    assert {path.stem for path in folder.glob("*.jsonl")} == set(counts())
    assert (folder.stat().st_mode & 0o077) == 0


def test_every_table_of_the_ledger_is_in_it() -> None:
    mappers = Table._sa_registry.mappers
    models = [m for m in mappers if m.class_.__module__ == "pointsbank.ledger.models"]
    tables = {m.local_table.name for m in models} - {"verification"}  # a reading of it
    assert {t.name for t in transcript.TABLES} == tables


def test_days_instants_and_bytes_stand_as_the_seals_have_them(
    book: Database, tmp_path: Path
) -> None:
    folder = exported(tmp_path / "book")
    row = json.loads((folder / "transfer.jsonl").read_text().split("\n")[0])
    assert row["effective_on"] == "2026-09-03"
    assert row["recorded_at"] == "2026-11-21 01:02:00.000000"
    assert bytes.fromhex(row["request_hash"])
    assert (row["source_balance"], row["destination_balance"]) == (None, 100)
    unit = json.loads((folder / "unit.jsonl").read_text().split("\n")[0])
    assert (unit["code"], unit["spendable"]) == ("minutes", False)


def test_free_texts_can_be_left_out(
    book: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = exported(tmp_path / "book", texts=False)
    assert "transfer_text.jsonl" not in contents(folder)
    assert "巡逻".encode() not in b"".join(contents(folder).values())
    with new_bank(book.dialect, tmp_path / "new", request):
        imported(folder)
        assert counts()["transfer_text"] == 0
        assert contents(exported(tmp_path / "again", texts=False)) == contents(folder)
        goes_on()


def test_an_export_is_whole_or_not_there(book: Database, tmp_path: Path) -> None:
    def stop(rows: int) -> None:
        if rows > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path / "book", progress=stop)
    assert not list(tmp_path.glob("*book*")) + list(tmp_path.glob(".*"))
    exported(tmp_path / "book")
    with pytest.raises(TargetExists):
        exported(tmp_path / "book")


class Undone(Exception):
    """Leaves a transaction without a trace, so that one bank serves every example."""


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "spend", "reverse", "hold", "capture", "seal", "close"]),
        st.sampled_from([ANA, BEN]),
        st.integers(1, 90),
        WORDS,
    ),
    max_size=25,
)


def done(session: Session, number: int, deed: str, who: Any, amount: int, words: str) -> None:
    """One deed of a random history; what is refused is left out."""
    at = clock.now()
    day = clock.today() - timedelta(days=amount)
    more: dict[str, Any] = {"text": words, "rule": words, "effective_on": day}
    if deed in {"earn", "spend"}:
        posting = (earns if deed == "earn" else spends)(f"{words}{number}", who, amount, **more)
        operations.post(session, SYSTEM, [posting], at=at)
    elif deed == "reverse":
        operations.reverse(
            session, SYSTEM, transfer_ids=[amount % 9 + 1], key=f"{number}", at=at,
            reason="correction", effective_on=clock.today(), text=words,
        )  # fmt: skip
    elif deed == "hold":
        wanted = spends(f"{words}{number}", who, amount, rule=words)
        until = at + timedelta(minutes=amount)
        operations.place_hold(session, SYSTEM, wanted=wanted, expires_at=until, at=at)
    elif deed == "capture":
        operations.capture(session, SYSTEM, hold_id=amount % 4 + 1, effective_on=day, at=at)
    elif deed == "seal":
        operations.seal_next(session, SYSTEM, at=at, most=amount)
    else:
        operations.close_period(session, SYSTEM, until=day, at=at)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return (tmp_path_factory.mktemp("copies") / f"{number}" for number in range(10**9))


@given(DEEDS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_book_exported_imported_and_exported_is_the_same_to_the_byte(
    bank: Database, places: Any, deeds: list[tuple[str, Any, int, str]]
) -> None:
    first, second = next(places), next(places)
    with suppress(Undone), transaction() as session:
        operations.declare_default_units(session, SYSTEM, at=clock.now())
        for number, deed in enumerate(deeds):
            with suppress(Refused):
                done(session, number, *deed)
        transcript.export_book(session, first)
        raise Undone
    with suppress(Undone), transaction() as session:
        transcript.import_book(session, SYSTEM, first, Manifest.read(first), at=clock.now())
        transcript.export_book(session, second)
        raise Undone
    assert contents(second) == contents(first)
