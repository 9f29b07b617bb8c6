"""Enrolment at the JSON API."""

import io
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlmodel import col

from pointsbank.access.operations import open_session
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.enrolment import jobs, operations
from pointsbank.enrolment.models import Application, MemberImport
from pointsbank.members.rules import Consent, NewMember
from tests.community import Community
from tests.enrolment.sheets import HEADINGS, id_number, xlsx

ROWS = [HEADINGS, (1, "郑秀兰", "女", id_number(2), "13900000001", "幸福社区", "", "群众")]
VISITOR = Actor(kind="visitor", id=0, address="192.0.2.7")


def bearer(actor: Actor) -> dict[str, str]:
    with transaction() as session:
        token = open_session(session, user_id=actor.id, at=clock.now()).token
    return {"Authorization": f"Bearer {token}"}


def test_a_workbook_goes_all_the_way(client: FlaskClient, community: Community) -> None:
    headers = bearer(community.secretary)

    def post(path: str, **body: Any) -> Any:
        answer = client.post(f"/api/v1/imports{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    fields = {"org_id": community.community, "key": "key-of-mine"}
    form = {**fields, "file": (io.BytesIO(xlsx(ROWS)), "a.xlsx")}
    taken = client.post("/api/v1/imports", data=form, headers=headers)
    assert (taken.status_code, taken.json["state"]) == (201, "uploaded")
    assert taken.json["headings"] == list(HEADINGS)
    path = f"/{taken.json['id']}"
    assert post(f"{path}/check", columns=taken.json["columns"])["state"] == "checking"
    checked = client.post(f"/api/v1/imports{path}/steps", headers=headers).json
    assert (checked["state"], checked["new"], checked["steps"]) == ("checked", 1, 1)
    assert post(f"{path}/registration", consented=True)["state"] == "applying"
    done = client.post(f"/api/v1/imports{path}/steps", headers=headers).json
    assert (done["state"], done["registered_count"]) == ("applied", 1)
    assert client.post(f"/api/v1/imports{path}/undoing", headers=headers).json["state"] == "undoing"
    assert client.get(f"/api/v1/imports{path}", headers=headers).json["steps_done"] == 0
    assert len(client.get("/api/v1/imports", headers=headers).json["imports"]) == 1
    without = client.post("/api/v1/imports", data=fields, headers=headers)
    assert (without.status_code, list(without.json["errors"])) == (422, ["file"])


def apply(community: Community, key: str) -> int:
    person = NewMember(
        "郑秀兰", community.community, "13900000001", consents=(Consent.REGISTRATION,)
    )
    with transaction() as session:
        operations.apply(session, VISITOR, person=person, key=key, at=clock.now())
        return session.execute(
            select(col(Application.id)).where(col(Application.key) == key)
        ).scalar_one()


def test_applications_are_decided(client: FlaskClient, community: Community) -> None:
    headers = bearer(community.organiser)
    first, second = apply(community, "key-1"), apply(community, "key-2")
    found = client.get("/api/v1/applications", headers=headers).json["applications"]
    assert [one["id"] for one in found] == [first, second]
    assert "郑秀兰" not in str(found)
    done = client.post(f"/api/v1/applications/{first}/approval", json={}, headers=headers)
    assert (done.status_code, len(done.json["password"])) == (201, 6)
    told = client.post(
        f"/api/v1/applications/{second}/refusal", json={"reason": "已登记"}, headers=headers
    )
    assert told.json["state"] == "refused"


def test_people_are_enrolled_and_report_in(client: FlaskClient, community: Community) -> None:
    headers = bearer(community.organiser)
    body = {"name": "郑秀兰", "residence_id": community.grid, "key": "key-of-mine",
            "employer": "洮北区教育局", "party_status": "full"}  # fmt: skip
    member = client.post("/api/v1/enrolments", json=body, headers=headers)
    assert (member.status_code, member.json["password"]) == (201, "")
    asked = {"member_id": member.json["member_id"], "on": "2026-11-21", "key": "key-of-mine"}
    one = client.post("/api/v1/report-ins", json=asked, headers=headers)
    assert (one.status_code, one.json["employer_id"]) == (201, community.employer)
    path = f"/api/v1/report-ins/{one.json['id']}"
    returned = client.post(f"{path}/receipt", json={"on": "2026-11-21"}, headers=headers)
    assert returned.json["receipt_on"] == "2026-11-21"
    found = client.get("/api/v1/report-ins?waiting=false", headers=headers).json
    assert (found["total"], found["report_ins"][0]["number"]) == (1, one.json["number"])
    ended = client.post(f"{path}/ending", json={"on": "2026-11-21"}, headers=headers)
    assert ended.json["ended_on"] == "2026-11-21"


def test_the_nightly_job_forgets_what_is_old(client: FlaskClient, community: Community) -> None:
    headers = bearer(community.secretary)
    fields = {"org_id": community.community, "key": "key-of-mine"}
    form = {**fields, "file": (io.BytesIO(xlsx(ROWS)), "a.xlsx")}
    client.post("/api/v1/imports", data=form, headers=headers)
    apply(community, "key-1")
    jobs.forget_old(clock.now() + timedelta(days=29))
    with snapshot() as session:
        assert session.execute(select(col(MemberImport.head_sealed))).scalar_one()
    jobs.forget_old(clock.now() + timedelta(days=91))
    with snapshot() as session:
        assert session.execute(select(col(MemberImport.head_sealed))).scalar_one() is None
        assert session.execute(select(Application)).first() is None
