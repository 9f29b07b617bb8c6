"""Two records that look alike and are two people's: remembered, written down, taken back."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import NoSuchMember
from pointsbank.persons import operations, queries, rules
from pointsbank.persons.models import DistinctPair
from tests.community import csrf_token, sign_in, submit
from tests.persons.conftest import BORN, Twice
from tests.persons.test_merge import join, part


@pytest.fixture
def alike(twice: Twice) -> Twice:
    """Both records with one name and one birth date."""
    with transaction() as session:
        version = member_queries.member(session, twice.kept).version
        members.change_member(
            session, SYSTEM, member_id=twice.kept, version=version, birth_on=BORN, at=clock.now()
        )
    return twice


def tell(twice: Twice, actor: Actor | None = None, **changes: Any) -> DistinctPair:
    asked = {"one_id": twice.other, "two_id": twice.kept, "at": clock.now(), **changes}
    with transaction() as session:
        return operations.tell_apart(session, actor or twice.shop.people.secretary, **asked)


def take_back(twice: Twice, pair_id: int, actor: Actor | None = None) -> DistinctPair:
    with transaction() as session:
        return operations.take_back_apart(
            session, actor or twice.shop.people.secretary, pair_id=pair_id, at=clock.now()
        )


def suggested(twice: Twice) -> int:
    with snapshot() as session:
        return queries.duplicates(session, twice.shop.people.secretary, page=1).total


def test_a_pair_that_was_told_apart_is_suggested_again_only_when_taken_back(alike: Twice) -> None:
    assert suggested(alike) == 1
    pair = tell(alike)
    assert (pair.one_id, pair.two_id) == tuple(sorted((alike.kept, alike.other)))
    assert tell(alike).id == pair.id, "a repeat is an answer"
    assert suggested(alike) == 0
    people = alike.shop.people
    with snapshot() as session:
        assert len(queries.pairs_told_apart(session, people.secretary)) == 1
        assert queries.pairs_told_apart(session, people.stranger) == []
    assert take_back(alike, pair.id).taken_back_by == people.secretary.id
    assert take_back(alike, pair.id).id == pair.id
    assert suggested(alike) == 1
    assert tell(alike).id != pair.id
    with snapshot() as session:
        actions = select(AuditEntry.action).where(AuditEntry.action.like("%apart"))
        assert sorted(session.execute(actions).scalars()) == [
            *["persons.take_back_apart"] * 2, *["persons.tell_apart"] * 4,
        ]  # fmt: skip


def test_telling_apart_is_refused_fault_by_fault(alike: Twice) -> None:
    people = alike.shop.people
    with pytest.raises(rules.SameRecord):
        tell(alike, people.clerk, one_id=alike.kept)
    with pytest.raises(NoSuchMember):
        tell(alike, people.clerk, one_id=999_999)
    with pytest.raises(Forbidden):
        tell(alike, people.stranger)
    merge = join(alike)
    with pytest.raises(rules.AlreadyMerged):
        tell(alike)
    part(alike, merge.id)
    pair = tell(alike)
    with pytest.raises(rules.NoSuchPair):
        take_back(alike, 999_999, people.clerk)
    with pytest.raises(Forbidden):
        take_back(alike, pair.id, people.clerk)


def test_it_is_told_and_taken_back_on_the_pages(alike: Twice, client: FlaskClient) -> None:
    sign_in(client, alike.shop.people.secretary)
    fields = {"one_id": alike.kept, "two_id": alike.other}
    assert "不是同一个人" in client.get(f"/duplicates/{alike.kept}/{alike.other}").text
    assert submit(client, "/distinct-pairs", **fields).location == "/duplicates"
    page = client.get("/duplicates").text
    assert "没有发现重复登记" in page
    assert "已认定不是同一个人" in page
    assert submit(client, "/distinct-pairs/1/withdrawal").location == "/duplicates"
    page = client.get("/duplicates").text
    assert "姓名和出生日期相同" in page
    assert "已认定不是同一个人" not in page
    join(alike)
    refused = submit(client, "/distinct-pairs", **fields)
    assert (refused.status_code, "已于" in refused.text) == (409, True)


def test_it_is_told_and_taken_back_over_json(alike: Twice, client: FlaskClient) -> None:
    sign_in(client, alike.shop.people.secretary)
    headers = {"X-CSRFToken": csrf_token(client)}
    body = {"one_id": alike.kept, "two_id": alike.other}
    made = client.post("/api/v1/distinct-pairs", json=body, headers=headers)
    assert (made.status_code, made.json["taken_back_at"]) == (201, None)
    url = f"/api/v1/distinct-pairs/{made.json['id']}/withdrawal"
    assert client.post(url, headers=headers).json["taken_back_at"] is not None
