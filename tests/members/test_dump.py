"""A stolen file: no document's number and no phone number is readable in it."""

import re
from pathlib import Path

import pytest

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.members import operations
from pointsbank.members.rules import Document, DocumentKind, Guardian, Secret
from tests.community import build

CARD, PHONE, FATHERS = "11010519491231002X", "13800000001", "13900009999"


@pytest.mark.only("sqlite")
def test_a_dump_of_the_file_has_no_clear_document_or_phone(bank: Database) -> None:
    at = clock.now()
    with transaction() as session:
        place = build(session)
        wang = {"member_id": place.wang, "at": at}
        operations.change_member(
            session, SYSTEM, version=1, document=Document(DocumentKind.ID_CARD, CARD),
            guardian=Guardian("王大山", FATHERS, "父亲"), **wang,
        )  # fmt: skip
        operations.change_member(session, SYSTEM, version=2, phone="13811112222", **wang)
        for what in (Secret.DOCUMENT, Secret.PHONE, Secret.GUARDIAN_PHONE):
            operations.show(session, SYSTEM, what=what, reason="核对身份", **wang)
    bank.close()
    written = b"".join(path.read_bytes() for path in files())
    assert "王桂芳".encode() in written  # the names are there: this is the file
    for clear in (CARD, PHONE, FATHERS, "13811112222", "19491231"):
        assert clear.encode() not in written
    assert not re.search(rb"(?<!\d)1[3-9]\d{9}(?!\d)", written)


def files() -> list[Path]:
    """The database and what SQLite keeps beside it."""
    return sorted(bank_module.settings().embedded.parent.glob("pointsbank.db*"))
