"""The auditor's ledger, on the wire."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.ledger import jobs, operations
from tests import community
from tests.ledger.accounts import ANA, BEN, earns, posted, reversed_, sealed, spends
from tests.ledger.test_verify import changed


@pytest.fixture
def people(bank: Database) -> community.Community:
    with transaction() as session:
        built = community.build(session)
    posted(earns("a", ANA), earns("b", BEN, 7), spends("c", ANA, 30, origin_kind="redemption"))
    reversed_(3)
    sealed()
    posted(earns("d", BEN, 5))
    return built


def test_an_auditor_sees_every_entry_and_the_seals(
    people: community.Community, client: FlaskClient
) -> None:
    page = community.sign_in(client, people.auditor).get("/ledger")
    assert page.status_code == 200
    assert page.text.count('<tr id="t') == 5
    assert "pointsbank-seal 1 4 " in page.text
    assert "冲正 #3" in page.text


def test_entries_are_filtered_by_owner_reason_unit_and_day(
    people: community.Community, client: FlaskClient
) -> None:
    auditor = community.sign_in(client, people.auditor)
    for filters, ids in {
        "owner_kind=member&owner_id=2": [5, 2],
        "owner_id=2": [5, 2],
        "owner_kind=member": [5, 4, 3, 2, 1],
        "owner_kind=system": [5, 4, 3, 2, 1],
        "reason=redemption": [3],
        "unit=minutes": [],
        "since=2026-11-21&until=2026-11-21": [5, 4, 3, 2, 1],
        "since=2026-11-22": [],
        "before=3": [2, 1],
    }.items():
        found = auditor.get(f"/api/v1/ledger/transfers?{filters}").json
        assert [one["id"] for one in found["transfers"]] == ids, filters
        assert found["next_before"] is None
        assert auditor.get(f"/ledger?{filters}").status_code == 200


def test_the_seals_are_listed_with_their_public_line(
    people: community.Community, client: FlaskClient
) -> None:
    (seal,) = community.sign_in(client, people.auditor).get("/api/v1/ledger/seals").json["seals"]
    assert (seal["first_transfer_id"], seal["last_transfer_id"]) == (1, 4)
    assert seal["line"].endswith(seal["digest"])


def test_an_auditor_is_told_when_sealing_is_behind(
    people: community.Community, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered() -> tuple[int, bool]:
        found = auditor.get("/api/v1/ledger/seals").json
        return found["unsealed_count"], found["sealing_behind"]

    monkeypatch.setattr(bank_module.settings(), "unsealed_most", 1)
    auditor = community.sign_in(client, people.auditor)
    assert answered() == (1, False)
    assert "notice warning" not in auditor.get("/ledger").text
    posted(earns("e", BEN, 5))
    assert answered() == (2, True)
    page = auditor.get("/ledger").text
    assert "notice warning" in page
    assert "未封存的账已有 2 笔，超过设定的 1 笔" in page
    auditor.set_cookie("language", "en")
    assert "2 entries are not sealed, more than the 1 set." in auditor.get("/ledger").text


def test_an_auditor_sees_when_the_book_was_verified_and_what_was_found(
    people: community.Community, client: FlaskClient, bank: Database
) -> None:
    auditor = community.sign_in(client, people.auditor)
    assert "还没有核验过" in auditor.get("/ledger").text
    jobs.verify_book(clock.now())
    page = auditor.get("/ledger").text
    assert "核验过整本账，读了 5 笔" in page
    assert "相符" in page
    jobs.verify_book(clock.now())
    page = auditor.get("/ledger").text
    assert "核验过第 1 次封存以后的账，读了 1 笔" in page
    assert "整本账上次核验" in page
    with changed(bank, "transfer", "rule", "'mine'", 5):
        jobs.verify_book(clock.now())
    assert "核验查出不符" not in auditor.get("/ledger").text  # nothing says yet what row 5 said
    with changed(bank, "transfer", "amount", "9", 5):
        jobs.verify_book(clock.now())
    assert "核验查出不符：transfer 第 5 行的余额或序号与往来不符。" in auditor.get("/ledger").text
    auditor.set_cookie("language", "en")
    page = auditor.get("/ledger").text
    assert "Verification found a fault: The balance or version in transfer row 5" in page


def test_an_auditor_sees_which_days_are_closed(
    people: community.Community, client: FlaskClient
) -> None:
    auditor = community.sign_in(client, people.auditor)
    assert "结账以后" not in auditor.get("/ledger").text
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=date(2026, 10, 31), at=clock.now())
    assert "截至 2026-10-31，" in auditor.get("/ledger").text
    auditor.set_cookie("language", "en")
    assert "Until 2026-10-31, closed" in auditor.get("/ledger").text


def test_pages_follow_one_another_by_id(people: community.Community, client: FlaskClient) -> None:
    posted(*(earns(f"more{n}", BEN, 1) for n in range(60)))
    auditor = community.sign_in(client, people.auditor)
    first = auditor.get("/api/v1/ledger/transfers").json
    assert first["next_before"] == first["transfers"][-1]["id"] == 16
    second = auditor.get("/api/v1/ledger/transfers?before=16").json
    assert [one["id"] for one in second["transfers"]] == list(range(15, 0, -1))
    page = auditor.get("/ledger?reason=service").text
    assert "/ledger?reason=service&amp;before=16" in page
    assert "/ledger?reason=service&amp;before" not in auditor.get("/ledger?before=9").text


def test_nobody_but_an_auditor_sees_the_book(
    people: community.Community, client: FlaskClient
) -> None:
    assert client.get("/api/v1/ledger/transfers").status_code == 401
    for actor in (people.volunteer, people.secretary, people.official, people.administrator):
        community.sign_in(client, actor)
        assert client.get("/ledger").status_code == 403
        assert client.get("/api/v1/ledger/seals").status_code == 403


def test_the_book_cannot_be_written_over_the_wire(
    people: community.Community, client: FlaskClient
) -> None:
    community.sign_in(client, people.auditor)
    for verb in (client.post, client.put, client.delete):
        assert verb("/api/v1/ledger/transfers", json={}).status_code in (400, 405)


def test_a_filter_that_makes_no_sense_is_refused(
    people: community.Community, client: FlaskClient
) -> None:
    community.sign_in(client, people.auditor)
    for filters in ("owner_id=x", "owner_kind=cat", "since=32", "before=0"):
        assert client.get(f"/api/v1/ledger/transfers?{filters}").status_code == 422
        assert client.get(f"/ledger?{filters}").status_code == 422
    assert client.get("/ledger?colour=red").status_code == 422
