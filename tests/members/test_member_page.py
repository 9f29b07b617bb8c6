"""One member's page: what each role sees, the forms, the look at what is masked."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.members import operations, queries
from pointsbank.members.models import Household, Member
from pointsbank.members.rules import Consent, Document, DocumentKind, Guardian, Leaving, Relation
from tests.community import Community, build, sign_in, submit

CARD = "11010519491231002X"
TODAY = "2026-11-21"


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        built = build(session)
        operations.change_member(
            session, SYSTEM, member_id=built.wang, version=1,
            document=Document(DocumentKind.ID_CARD, CARD),
            guardian=Guardian("王大山", "13900009999", "父亲"), at=clock.now(),
        )  # fmt: skip
        return built


def member(member_id: int) -> Member:
    with snapshot() as session:
        found = queries.member(session, member_id)
        session.expunge(found)
        return found


def actions() -> list[str]:
    with snapshot() as session:
        wanted = select(col(AuditEntry.action)).order_by(col(AuditEntry.id))
        return list(session.execute(wanted).scalars())


def test_a_secretary_sees_her_member_masked(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    page = client.get(f"/members/{community.wang}").text
    for shown in ("王桂芳", "138****0001", "居民身份证 ****002X", "1949-12-31", "王大山", "父亲"):
        assert shown in page
    for hidden in (CARD, "13800000001", "13900009999"):
        assert hidden not in page


def test_a_clerk_sees_neither_document_nor_party(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    page = client.get(f"/members/{community.li}").text
    assert "李建国" in page
    for hidden in ("党员", "党支部", "修改资料", "家庭", "同意"):
        assert hidden not in page
    assert "002X" not in client.get(f"/members/{community.wang}").text
    assert submit(client, f"/members/{community.wang}/looks").status_code == 403


def test_who_is_out_of_reach_is_not_found(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.stranger)
    assert client.get(f"/members/{community.wang}").status_code == 404
    look = submit(client, f"/members/{community.wang}/looks", what="document", reason="核对身份")
    assert look.status_code == 403


def test_a_look_needs_a_reason_and_is_written_down(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    url = f"/members/{community.wang}/looks"
    assert submit(client, url, what="document", reason=" ").status_code == 422
    bare = submit(client, url, what="document", reason="")
    assert bare.status_code == 422
    assert "请写明查看的理由" in bare.text
    assert CARD not in bare.text
    assert "members.shown" not in actions()
    answer = submit(client, url, what="document", reason="核对身份")
    assert CARD in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert submit(client, url, what="phone", reason="联系").text.count("13800000001") == 1
    assert "13900009999" in submit(client, url, what="guardian_phone", reason="联系家长").text
    with snapshot() as session:
        entries = session.execute(
            select(AuditEntry)
            .where(col(AuditEntry.action) == "members.shown")
            .order_by(col(AuditEntry.id))
        ).scalars()
        facts = [entry.facts for entry in entries]
    assert facts[0] == {"what": "document", "reason": "核对身份"}
    assert CARD not in str(facts)
    nothing = submit(client, f"/members/{community.chen}/looks", what="phone", reason="联系")
    assert (nothing.status_code, "没有登记这一项" in nothing.text) == (404, True)


FORMS: list[tuple[str, dict[str, Any], str]] = [
    (
        "record",
        {"version": 2, "name": "王贵芳", "phone": "13811112222", "sex": "female",
         "birth_on": "1949-12-31", "skills": ["理发", "烹饪"], "available": "周末"},
        "members.changed",
    ),
    ("document", {"version": 2, "kind": "passport", "number": "E12345678"}, "members.changed"),
    ("guardian", {"version": 2}, "members.changed"),
    ("moves", {"residence_id": "grid", "on": TODAY}, "members.moved"),
    ("party-status", {"status": "applicant", "on": TODAY}, "members.party_status_changed"),
    ("teams/end", {"team_id": "team", "on": TODAY}, "members.team_left"),
    ("consents", {"kind": "publication"}, "members.consent_given"),
    ("training", {"title": "急救", "on": TODAY, "minutes": 90}, "members.training_noted"),
    (
        "honours",
        {"title": "优秀志愿者", "awarded_by": "幸福社区", "level": "community", "on": TODAY},
        "members.honour_noted",
    ),
    (
        "deputy-roles",
        {"kind": "peoples_deputy", "body": "洮北区第三届", "on": TODAY},
        "members.deputy_role_noted",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("part", "fields", "action"), FORMS, ids=[form[0] for form in FORMS])
def test_each_part_has_a_form(
    client: FlaskClient, community: Community, part: str, fields: dict[str, Any], action: str
) -> None:
    sign_in(client, community.secretary)
    given = {n: getattr(community, v) if v in ("grid", "team") else v for n, v in fields.items()}
    answer = submit(client, f"/members/{community.wang}/{part}", **given)
    assert (answer.status_code, answer.location) == (303, f"/members/{community.wang}")
    assert actions()[-1] == action
    assert client.get(answer.location).status_code == 200


def test_a_record_is_changed_and_the_search_follows(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    submit(client, f"/members/{community.wang}/record", **FORMS[0][1])
    wang = member(community.wang)
    assert (wang.name, wang.phone_tail, wang.available) == ("王贵芳", "2222", "周末")
    assert wang.skills == ["理发", "烹饪"]
    found = submit(client, "/members/searches", sought="王贵芳")
    assert "王贵芳" in client.get(found.location).text
    without = {**FORMS[0][1], "version": 3, "phone": "", "without_phone": "1"}
    submit(client, f"/members/{community.wang}/record", **without)
    assert member(community.wang).phone_sealed is None


@pytest.mark.parametrize(
    ("part", "fields", "status", "sentence"),
    [
        ("record", {"version": 1, "name": "王桂芳"}, 409, "刚刚被别人改过"),
        ("record", {"version": 2, "name": ""}, 422, "请填写此项"),
        ("record", {"version": 2, "name": "王", "birth_on": "1950-01-01"}, 422, "出生日期与证件"),
        ("document", {"version": 2, "kind": "id_card", "number": "1"}, 422, "证件号码有误"),
        ("document", {"version": 2, "kind": "id_card", "number": ""}, 422, "请填写此项"),
        ("document", {"version": 2, "kind": "", "number": "E12345678"}, 422, "请填写此项"),
        ("guardian", {"version": 2, "relation": "母亲"}, 422, "请填写此项"),
        ("moves", {"residence_id": 1, "on": TODAY}, 403, ""),
        ("consents/withdrawal", {"kind": "sharing"}, 409, "没有可撤回"),
        ("deputy-roles/end", {"note_id": 1, "on": TODAY}, 404, "没有这条记录"),
        ("return", {"on": TODAY}, 409, "没有退出登记"),
    ],
)
def test_a_refusal_stands_by_its_form(
    client: FlaskClient,
    community: Community,
    part: str,
    fields: dict[str, Any],
    status: int,
    sentence: str,
) -> None:
    sign_in(client, community.secretary)
    answer = submit(client, f"/members/{community.wang}/{part}", **fields)
    assert (answer.status_code, sentence in answer.text) == (status, True)


def test_notes_teams_and_terms_come_and_go(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url = f"/members/{community.zhao}"
    submit(client, f"{url}/teams", team_id=community.team, on=TODAY)
    submit(client, f"{url}/training", title="急救培训", provider="红十字会", on=TODAY)
    submit(client, f"{url}/deputy-roles", kind="party_delegate", body="第三届", on=TODAY)
    page = client.get(url).text
    for shown in ("幸福社区志愿服务队", "急救培训 · 红十字会", "党代表 · 第三届"):
        assert shown in page
    submit(client, f"{url}/deputy-roles/end", note_id=1, on=TODAY)
    submit(client, f"{url}/struck-out-notes", kind="training", note_id=1)
    assert "急救培训" not in client.get(url).text
    with snapshot() as session:
        ties = queries.affiliations(session, community.zhao)
    assert [tie.org_id for tie in ties if tie.relation is Relation.TEAM] == [community.team]


def test_consents_are_withdrawn_as_easily(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url = f"/members/{community.li}"
    submit(client, f"{url}/consents", kind="sharing")
    with snapshot() as session:
        assert set(queries.standing_consents(session, community.li)) == {Consent.SHARING}
    submit(client, f"{url}/consents/withdrawal", kind="sharing")
    with snapshot() as session:
        assert queries.standing_consents(session, community.li) == {}
    assert "撤回" in client.get(url).text


def test_who_left_can_be_taken_back(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url = f"/members/{community.li}"
    assert f"{url}/departure" in client.get(url).text
    with transaction() as session:
        operations.leave(
            session, SYSTEM, member_id=community.li, leaving=Leaving.LEFT, on=date(2026, 11, 21),
            at=clock.now(),
        )  # fmt: skip
    page = client.get(url).text
    assert "退出登记。服务记录照常保留" in page
    assert "修改资料" not in page
    submit(client, f"{url}/return", on=TODAY)
    assert member(community.li).left_on is None
    assert "修改资料" in client.get(url).text


@pytest.fixture
def household(client: FlaskClient, community: Community) -> int:
    sign_in(client, community.secretary)
    answer = submit(client, "/households", head_id=community.wang, on=TODAY)
    return int(answer.location.rsplit("/", 1)[1])


def test_a_household_has_a_page(client: FlaskClient, community: Community, household: int) -> None:
    url = f"/households/{household}"
    li = member(community.li)
    assert submit(client, f"{url}/members", number=li.number, on=TODAY).status_code == 303
    assert "李建国" in client.get(url).text
    assert submit(client, f"{url}/head", head_id=li.id).status_code == 303
    end = submit(client, f"{url}/members/end", number=member(community.wang).number, on=TODAY)
    assert end.status_code == 303
    page = client.get(url).text
    assert "王桂芳" not in page
    assert "李建国的家庭" in page
    unknown = submit(client, f"{url}/members", number="2020999999", on=TODAY)
    assert (unknown.status_code, "没有这位成员" in unknown.text) == (404, True)
    submit(client, f"{url}/members/end", number=li.number, on=TODAY)
    assert "已于" in client.get(url).text
    with snapshot() as session:
        found = session.get(Household, household)
        assert found is not None
        assert found.ended_on == date(2026, 11, 21)


def test_a_household_out_of_reach_is_not_found(
    client: FlaskClient, community: Community, household: int
) -> None:
    sign_in(client, community.stranger)
    assert client.get(f"/households/{household}").status_code == 404
    sign_in(client, community.clerk)
    assert client.get(f"/households/{household}").status_code == 403
