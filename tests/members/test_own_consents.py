"""My consents: seen, given and withdrawn by the member herself, at once."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.members import operations, queries
from pointsbank.members.rules import Consent, ConsentWay, Leaving
from tests.community import Community, build, sign_in, submit


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        built = build(session)
        for kind in (Consent.REGISTRATION, Consent.PUBLICATION):
            operations.give_consent(
                session, SYSTEM, member_id=built.wang, kind=kind, way=ConsentWay.PAPER,
                at=clock.now(),
            )  # fmt: skip
        return built


def standing(member_id: int) -> dict[Consent, ConsentWay]:
    with snapshot() as session:
        found = queries.standing_consents(session, member_id)
        return {kind: given.way for kind, given in found.items()}


def test_she_gives_and_withdraws_each_by_itself(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.volunteer)
    assert 'href="/me/consents"' in client.get("/me").text
    page = client.get("/me/consents").text
    for told in ("公示姓名和服务记录", "书面签字", "按规定隐去部分字", "撤回并退出登记"):
        assert told in page
    withdrawal = "/me/consents/withdrawal"
    assert submit(client, withdrawal, kind="publication").location == "/me/consents"
    assert standing(community.wang) == {Consent.REGISTRATION: ConsentWay.PAPER}
    again = submit(client, withdrawal, kind="publication")
    assert (again.status_code, "没有可撤回的同意记录" in again.text) == (409, True)
    assert submit(client, "/me/consents", kind="publication").status_code == 303
    assert submit(client, "/me/consents", kind="sharing").status_code == 303
    assert standing(community.wang) == {
        Consent.REGISTRATION: ConsentWay.PAPER,
        Consent.PUBLICATION: ConsentWay.ONLINE,
        Consent.SHARING: ConsentWay.ONLINE,
    }
    assert submit(client, "/me/consents", kind="nothing").status_code == 422


def test_new_words_are_asked_anew(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        operations.adopt_consent_text(
            session, SYSTEM, org_id=community.city, kind=Consent.PUBLICATION,
            body="同意公示新办法。", from_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    sign_in(client, community.volunteer)
    page = client.get("/me/consents").text
    assert "文本已更新" in page
    assert "同意公示新办法。" in page
    submit(client, "/me/consents", kind="publication")
    assert "文本已更新" not in client.get("/me/consents").text


def test_who_no_longer_agrees_to_be_registered_leaves(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.volunteer)
    refused = submit(client, "/me/consents/withdrawal", kind="registration")
    assert (refused.status_code, "请办理退出登记" in refused.text) == (409, True)
    with transaction() as session:
        operations.leave(
            session, community.volunteer, member_id=community.wang, leaving=Leaving.LEFT,
            on=date(2026, 11, 21), at=clock.now(),
        )  # fmt: skip
    assert standing(community.wang) == {Consent.PUBLICATION: ConsentWay.PAPER}
