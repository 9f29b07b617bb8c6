"""Cards and phone codes that there are not: counted for who reads them, and after too many no more
are read; a look that finds somebody stays on the trail.
"""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsbank.access import rules
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.codes import with_check_digits
from pointsbank.members.operations import issue_card
from tests.community import Community, csrf_token, sign_in, submit
from tests.devices.test_operations import open_event

GUESS = with_check_digits("1" * 18)


@pytest.fixture
def card(community: Community) -> str:
    with transaction() as session:
        return issue_card(session, SYSTEM, member_id=community.wang, at=clock.now()).digits


def look_up(client: FlaskClient, community: Community, code: str) -> Any:
    return client.post(
        "/api/v1/member-lookups",
        json={"org_id": community.community, "code": code},
        headers={"X-CSRFToken": csrf_token(client)},
    )


def test_who_guesses_at_the_counter_reads_no_more_for_a_while(
    app: Flask, community: Community, card: str
) -> None:
    clerk = sign_in(app.test_client(), community.clerk)
    for _ in range(rules.GUESSES):
        assert look_up(clerk, community, GUESS).json["code"] == "code_invalid"
    answer = look_up(clerk, community, card)
    assert (answer.status_code, answer.json["code"]) == (409, "too_many_guesses")
    assert "09:12" in answer.json["title"]
    page = submit(clerk, "/counter/lookups", org_id=community.community, code=card)
    assert page.status_code == 409
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert look_up(clerk, community, card).status_code == 200


def test_guessing_of_one_does_not_stop_another(app: Flask, community: Community, card: str) -> None:
    stranger = sign_in(app.test_client(), community.stranger)
    for _ in range(rules.GUESSES):
        stranger.post(
            "/api/v1/member-lookups",
            json={"org_id": community.other_community, "code": GUESS},
            headers={"X-CSRFToken": csrf_token(stranger)},
        )
    clerk = sign_in(app.test_client(), community.clerk)
    assert look_up(clerk, community, card).status_code == 200


def test_guessing_at_the_door_counts_too(app: Flask, community: Community, card: str) -> None:
    event = open_event(community)
    organiser = sign_in(app.test_client(), community.organiser)

    def scan(code: str, key: str) -> None:
        form = {"leaving": "false", "key": key}
        submit(organiser, f"/events/{event}/scans", member_code=code, **form)

    for number in range(rules.GUESSES):
        scan(GUESS, f"guess-made-by-a-page-{number}")
        organiser.get(f"/events/{event}/attendance")  # as her page does; it takes up the message
    scan(card, "a-card-after-all-guesses")
    page = organiser.get(f"/events/{event}/attendance").text
    assert "连续多次扫到无效的码" in page
    assert "王桂芳" not in page


def test_a_look_at_the_counter_stays_on_the_trail(
    app: Flask, community: Community, card: str
) -> None:
    clerk = sign_in(app.test_client(), community.clerk)
    look_up(clerk, community, card)
    with snapshot() as session:
        entry = session.execute(
            select(AuditEntry).where(AuditEntry.action == "exchange.look_up")
        ).scalar_one()
    assert (entry.actor_id, entry.subject_kind, entry.subject_id, entry.org_id) == (
        community.clerk.id, "member", community.wang, community.community,
    )  # fmt: skip
    assert card not in str(entry.facts)
