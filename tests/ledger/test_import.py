"""What is not a sound book is not imported, and nothing of it stays."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.ledger import transcript
from pointsbank.ledger.manifest import (
    MANIFEST,
    BookNotEmpty,
    BookUnsound,
    FileDiffers,
    Manifest,
    ManifestUnreadable,
    RowMalformed,
    RowUnfit,
    UnknownTranscript,
)
from tests.conftest import NOW
from tests.ledger.accounts import declare
from tests.ledger.copies import counts, exported, imported, new_bank, write_book


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transcript of the book, made once; each test has its own copy of it to spoil."""
    folder = tmp_path_factory.mktemp("written")
    opened = bank_module.open_bank(Settings(data=folder / "bank"))
    with clock.frozen(NOW):
        write_book(opened)
        exported(folder / "book")
    opened.close()
    return folder / "book"


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "book"))


def mended(folder: Path) -> None:
    """The manifest as somebody writes it who has changed the files."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for entry in manifest["tables"]:
        said = (folder / f"{entry['table']}.jsonl").read_bytes()
        entry.update(rows=said.count(b"\n"), sha256=sha256(said).hexdigest())
    (folder / MANIFEST).write_text(json.dumps(manifest))


def change(folder: Path, table: str, number: int, **values: Any) -> None:
    """Other values in a row, counted from 1; the manifest mended."""
    path = folder / f"{table}.jsonl"
    lines = path.read_text().split("\n")
    lines[number - 1] = json.dumps(json.loads(lines[number - 1]) | values)
    path.write_text("\n".join(lines))
    mended(folder)


def nothing_but_refused(folder: Path, refusal: type[Refused], **facts: Any) -> None:
    with pytest.raises(refusal) as refused:
        imported(folder)
    assert refused.value.facts.items() >= facts.items()
    assert set(counts().values()) == {0}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def lose_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])


def change_a_digit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"amount":100', b'"amount":101'))


def add_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}\n")


@pytest.mark.parametrize("harm", [cut, lose_a_line, change_a_digit, add_a_line, Path.unlink])
def test_a_file_that_is_not_as_the_manifest_says_is_refused_and_named(
    folder: Path, bank: Database, harm: Callable[[Path], object]
) -> None:
    whole = (folder / "transfer.jsonl").read_bytes()
    harm(folder / "transfer.jsonl")
    nothing_but_refused(folder, FileDiffers, file="transfer.jsonl")
    (folder / "transfer.jsonl").write_bytes(whole)
    imported(folder)


MALFORMED = [
    *({"amount": value} for value in ("5", 5.0, True, None, 2**63, [], {})),
    *({"effective_on": value} for value in ("20260903", "2026-13-01", "2026-09-03 ", 5, None)),
    *(
        {"recorded_at": value}
        for value in ("2026-11-21", "2026-11-21 01:02:00.000000+00:00", "2026-11-21 01:02:00", 7)
    ),
    *({"request_hash": value} for value in ("0G", "AB", "a b", 5, None)),
    *({"reason": value} for value in (None, 5)),
    {"colour": "red"},
]


def test_a_value_that_is_not_of_its_form_is_refused_and_named(
    folder: Path, bank: Database, tmp_path: Path
) -> None:
    for number, values in enumerate(MALFORMED):
        print(values)  # shown with a failure
        spoiled = Path(shutil.copytree(folder, tmp_path / f"{number}"))
        change(spoiled, "transfer", 2, **values)
        nothing_but_refused(spoiled, RowMalformed, file="transfer.jsonl", line=2)


def test_a_line_that_is_no_row_is_refused(folder: Path, bank: Database, tmp_path: Path) -> None:
    for number, line in enumerate((b"", b"5", b'["id"]', b"\xff", b'{"id":1', b"[" * 100_000)):
        print(line[:9])
        spoiled = Path(shutil.copytree(folder, tmp_path / f"{number}"))
        with (spoiled / "unit.jsonl").open("ab") as file:
            file.write(line + b"\n")
        mended(spoiled)
        nothing_but_refused(spoiled, RowMalformed, file="unit.jsonl", line=5)


@pytest.mark.parametrize(
    ("table", "number", "values"),
    [
        ("transfer", 2, {"key": "a"}), ("transfer", 2, {"id": 1}),
        ("transfer", 1, {"reverses": 99}), ("transfer", 2, {"destination_id": 99}),
        ("transfer", 2, {"amount": -1}), ("account", 3, {"owner_kind": "nobody"}),
        ("hold_resolution", 1, {"hold_id": 99}), ("unit", 1, {"expiry": "sometimes"}),
        ("unit", 1, {"name": "\ud800"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_row_that_the_database_refuses_is_refused(
    folder: Path, bank: Database, table: str, number: int, values: dict[str, Any]
) -> None:
    change(folder, table, number, **values)
    nothing_but_refused(folder, RowUnfit, file=f"{table}.jsonl")


@pytest.mark.parametrize(
    ("table", "number", "values", "where"),
    [
        ("transfer", 1, {"amount": 101}, ("transfer", 1)),
        ("transfer", 8, {"amount": 2}, ("transfer", 8)),
        ("account", 3, {"balance": 1}, ("account", 3)),
        ("account", 3, {"held": 1}, ("account", 3)),
        ("unit", 1, {"name": "别的"}, ("unit", 1)),
        ("seal", 2, {"digest": "00" * 32}, ("seal", 2)),
        ("transfer_text", 1, {"text": "别的"}, ("transfer_text", 1)),
        ("period_balance", 1, {"balance": 7}, ("period", 1)),
    ],
    ids=str,
)
def test_a_book_that_does_not_verify_is_not_imported(
    folder: Path,
    bank: Database,
    table: str,
    number: int,
    values: dict[str, Any],
    where: tuple[str, int],
) -> None:
    change(folder, table, number, **values)
    nothing_but_refused(folder, BookUnsound, table=where[0], row_id=where[1])


def test_a_book_without_its_published_seal_is_not_imported(folder: Path, bank: Database) -> None:
    path = folder / "seal.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    mended(folder)
    nothing_but_refused(folder, BookUnsound, table="seal", row_id=2)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"format_version": 1}',
        '{"format_version": 1, "program": "", "units": [], "last_seal": "", "tables": [5]}',
        "\\xff",
    ],
)
def test_an_export_that_was_cut_off_is_refused(
    folder: Path, bank: Database, said: str | None
) -> None:
    (folder / MANIFEST).unlink() if said is None else (folder / MANIFEST).write_text(said)
    nothing_but_refused(folder, ManifestUnreadable)


def test_a_transcript_of_another_form_is_refused(folder: Path, bank: Database) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format_version": 2}))
    nothing_but_refused(folder, UnknownTranscript, found=2)
    (folder / MANIFEST).write_text(json.dumps(manifest | {"tables": manifest["tables"][1:]}))
    nothing_but_refused(folder, UnknownTranscript)


def test_an_import_is_refused_in_the_order_that_it_says(
    folder: Path, bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One hopeless import, mended fault by fault."""
    declare(bank)
    manifest = Manifest.read(folder)
    actor = Actor("user", 1)

    def refused() -> type[BaseException] | None:
        try:
            with transaction() as session:
                transcript.import_book(session, actor, folder, said, at=clock.now())
        except Refused as refusal:
            return type(refusal)
        return None

    said = replace(manifest, tables=manifest.tables[1:])
    change(folder, "transfer", 2, id=1, amount="5")
    assert refused() is Forbidden
    actor = SYSTEM
    assert refused() is UnknownTranscript
    said = manifest
    assert refused() is FileDiffers
    said = Manifest.read(folder)
    assert refused() is BookNotEmpty
    with new_bank(bank.dialect, tmp_path / "new", request):
        assert refused() is RowMalformed
        change(folder, "transfer", 2, amount=51)
        said = Manifest.read(folder)
        assert refused() is RowUnfit
        change(folder, "transfer", 2, id=2)
        said = Manifest.read(folder)
        assert refused() is BookUnsound
        change(folder, "transfer", 2, amount=50)
        said = Manifest.read(folder)
        assert refused() is None
        assert refused() is BookNotEmpty
