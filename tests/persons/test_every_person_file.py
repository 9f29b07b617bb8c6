"""Export, erasure and merge over every feature's ``person.py``, with data in all their tables."""

import re
from datetime import date, datetime, timedelta

import pytest

from pointsbank.core import clock
from pointsbank.core.bank import load_models
from pointsbank.core.database import Database, transaction
from pointsbank.ledger.verify import verify
from pointsbank.persons.collection import person_files
from tests.persons.conftest import Twice
from tests.persons.test_merge import join, part
from tests.persons.whole import NAME, NOTE, PHONE, asked, fill, rows

DERIVED = {
    "name_key": "made from the name, which is exported",
}
"""Tables that hold nothing of a person beside what another tells, each with the reason."""

load_models()
FILES = sorted(person_files())


@pytest.mark.parametrize("feature", FILES)
def test_an_export_reads_every_table_that_the_file_names(
    twice: Twice, bank: Database, feature: str
) -> None:
    file = person_files()[feature]
    with transaction() as session:
        hers = fill(session, twice)
        with asked(bank) as statements:
            found = file.export(session, twice.kept)
    sent = " ".join(statements)
    for table in file.TABLES:
        assert hers.get(table, 1), f"{table}: no row of hers"
        if table not in DERIVED:
            assert re.search(rf'\b(FROM|JOIN) "?{table}\b', sent), f"{feature} passes over {table}"
    told = [row for section in found.values() for row in section]
    assert told
    plain = (str, int, bool, date, datetime, type(None))
    assert all(isinstance(value, plain) for row in told for value in row.values())


def test_after_the_erasure_nothing_in_the_bank_says_who_she_was(twice: Twice) -> None:
    with transaction() as session:
        fill(session, twice)
        for member_id in (twice.kept, twice.other):
            for _ in range(2):  # harmless when repeated
                for file in person_files().values():
                    file.erase(session, member_id, clock.now())
        session.flush()
        for table, found in rows(session).items():
            told = repr(found)
            for secret in (NAME, PHONE, NOTE, "wangguifang", "桂芳"):
                assert secret not in told, f"{secret} is still in {table}"
        assert verify(session).fault is None


def test_a_merge_that_is_undone_leaves_every_row_as_it_was(twice: Twice) -> None:
    with transaction() as session:
        fill(session, twice)
        before = rows(session)
    with clock.frozen(clock.now() + timedelta(days=1)):  # her role is over
        merge = join(twice, kept_id=twice.other, other_id=twice.kept)
        part(twice, merge.id)
    with transaction() as session:
        after = rows(session)
    written = {"audit_entry", "merge", "transfer_step"}  # what tells that it was done
    ended = {"sign_in_session", "membership_transfer"}  # ended on purpose, for good
    for table in set(before) - written - ended:
        assert without_version(before[table]) == without_version(after[table]), table


def without_version(found: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: row[name] for name in row if name != "version"} for row in found]
