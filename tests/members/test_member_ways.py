"""What else a member's page leads to: card, account, transfer; and who reads of her service."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlmodel import col

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.members import operations, queries
from pointsbank.members.models import Card
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    Document,
    DocumentKind,
    LeaveInstead,
    Leaving,
    NoSuchCard,
    Secret,
)
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation
from pointsbank.persons import operations as persons
from tests.community import SINCE, Community, build, sign_in, submit
from tests.joint import give_at_home


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


def test_a_lost_card_is_reported_and_another_is_printed(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.clerk)
    url = f"/members/{community.chen}"
    assert "制作并打印志愿者卡" in client.get(url).text
    printed = submit(client, f"{url}/card")
    assert (printed.status_code, printed.location) == (303, f"{url}/card.pdf")
    assert client.get(printed.location).mimetype == "application/pdf"
    [first] = digits(community.chen)
    submit(client, f"{url}/card")
    assert digits(community.chen) == [first]
    page = client.get(url).text
    assert f"尾号 {first[-4:]}" in page
    assert submit(client, f"{url}/card/loss").location == url
    assert "卡已挂失" in client.get(url).text
    assert submit(client, f"{url}/card/loss").status_code == 404
    assert client.get(f"{url}/card.pdf").status_code == 404
    submit(client, f"{url}/card")
    assert len(digits(community.chen)) == 2
    sign_in(client, community.stranger)
    assert client.get(f"{url}/card.pdf").status_code == 404
    assert submit(client, f"{url}/card/loss").status_code == 404


def digits(member_id: int) -> list[str]:
    wanted = select(col(Card.digits)).where(col(Card.member_id) == member_id)
    with snapshot() as session:
        return list(session.execute(wanted.order_by(col(Card.id))).scalars())


def test_its_holder_reports_it_on_her_phone(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.volunteer)
    assert '"/me/card"' in client.get("/me").text
    assert "没有可用的志愿者卡" in client.get("/me/card").text
    with transaction() as session:
        card = operations.issue_card(session, SYSTEM, member_id=community.wang, at=clock.now())
        tail = card.digits[-4:]
    assert f"尾号为 {tail}" in client.get("/me/card").text
    assert submit(client, "/me/card/loss").location == "/me/card"
    assert "卡已挂失" in client.get("/me/card").text
    assert submit(client, "/me/card/loss").status_code == 404


def test_all_cards_of_a_person_are_lost_at_once_and_nobody_elses(community: Community) -> None:
    at, report = clock.now(), operations.report_cards_lost
    with transaction() as session:
        for member_id in (community.wang, community.wang, community.li, community.zhao):
            operations.issue_card(session, SYSTEM, member_id=member_id, at=at)
        persons.merge(
            session, SYSTEM, kept_id=community.wang, other_id=community.li, key="one", at=at
        )
        with pytest.raises(NoSuchCard):
            report(session, SYSTEM, member_id=community.chen, at=at)
        with pytest.raises(Forbidden):
            report(session, community.organiser, member_id=community.wang, at=at)
        with pytest.raises(Forbidden):
            report(session, community.volunteer, member_id=community.zhao, at=at)
        assert report(session, community.volunteer, member_id=community.wang, at=at) == 3
        assert queries.good_card_ids(session, [community.wang, community.li]) == []
        assert queries.good_card(session, community.zhao) is not None


def test_a_record_that_was_merged_leads_to_the_one_that_was_kept(
    client: FlaskClient, community: Community
) -> None:
    with transaction() as session:
        persons.merge(
            session, SYSTEM, kept_id=community.wang, other_id=community.li, key="one",
            at=clock.now(),
        )  # fmt: skip
    sign_in(client, community.secretary)
    page = client.get(f"/members/{community.li}").text
    assert f'href="/members/{community.wang}">查看保留的登记 2026000001' in page
    assert "服务记录照常保留" not in page


@pytest.fixture
def at_the_unit(community: Community) -> Actor:
    """An official of the unit where 孙 works, who knows her by that alone."""
    return _staff("unit", Role.OFFICIAL, community.employer)


def _staff(name: str, role: Role, org_id: int) -> Actor:
    with transaction() as session:
        user = access.open_user(
            session, SYSTEM, org_id=org_id, staff_name=name, display_name="人事", at=clock.now()
        )
        access.grant_role(
            session, SYSTEM, user_id=user.id, role=role, org_id=org_id, from_on=SINCE,
            at=clock.now(),
        )  # fmt: skip
        return Actor("user", user.id, name="人事")


def test_a_unit_sees_her_service_as_long_as_she_agrees(
    client: FlaskClient, community: Community, at_the_unit: Actor
) -> None:
    at, url = clock.now(), f"/members/{community.sun}"
    with transaction() as session:
        home = operations.found_household(
            session, SYSTEM, head_id=community.sun, on=clock.today(), at=at
        ).id
        give_at_home(session, home, 40)

    def page_of(actor: Actor, address: str = url) -> str:
        sign_in(client, actor)
        return client.get(address).text

    service, told = "服务与积分", "本人没有同意向单位和所在党组织提供服务记录"
    assert (service in page_of(community.secretary)) is True
    assert (told in page_of(community.secretary)) is False
    before = page_of(at_the_unit)
    assert (service in before, told in before, "孙" in before) == (False, True, True)
    assert "家庭账户</h2>" not in page_of(at_the_unit, f"/households/{home}")
    assert "家庭账户</h2>" in page_of(community.secretary, f"/households/{home}")
    consent = {"member_id": community.sun, "kind": Consent.SHARING}
    with transaction() as session:
        operations.give_consent(session, SYSTEM, **consent, way=ConsentWay.PAPER, at=at)
    agreed = page_of(at_the_unit)
    assert (service in agreed, told in agreed) == (True, False)
    with transaction() as session:
        operations.withdraw_consent(session, SYSTEM, **consent, at=at)
    withdrawn = page_of(at_the_unit)
    assert (service in withdrawn, told in withdrawn) == (False, True)


def test_who_agreed_to_what_is_listed(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        for member_id in (community.wang, community.li):
            operations.give_consent(
                session, SYSTEM, member_id=member_id, kind=Consent.PUBLICATION,
                way=ConsentWay.PAPER, at=clock.now(),
            )  # fmt: skip
        operations.withdraw_consent(
            session, SYSTEM, member_id=community.li, kind=Consent.PUBLICATION, at=clock.now()
        )
    sign_in(client, community.secretary)
    agreed = client.get("/members?agreed=publication").text
    assert ("王桂芳" in agreed, "李建国" in agreed) == (True, False)
    others = client.get("/members?not_agreed=publication").text
    assert ("王桂芳" in others, "李建国" in others) == (False, True)
    assert 'value="publication" selected' in others
    sign_in(client, community.clerk)  # to whom consents are not shown
    assert "李建国" not in client.get("/members?not_agreed=publication").text


def test_staff_too_end_a_registration_by_leaving(client: FlaskClient, community: Community) -> None:
    her, at = community.li, clock.now()
    with transaction() as session:
        asked = {"member_id": her, "kind": Consent.REGISTRATION}
        operations.give_consent(session, SYSTEM, **asked, way=ConsentWay.PAPER, at=at)
        with pytest.raises(LeaveInstead):
            operations.withdraw_consent(session, community.secretary, **asked, at=at)
    sign_in(client, community.secretary)
    assert f'href="/members/{her}/departure">撤回并退出登记' in client.get(f"/members/{her}").text
    with transaction() as session:
        operations.leave(
            session, community.secretary, member_id=her, leaving=Leaving.LEFT, on=clock.today(),
            at=at,
        )  # fmt: skip
        assert queries.standing_consents(session, her) == {}


def test_new_words_of_a_consent_are_signed_anew(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url = f"/members/{community.li}"
    submit(client, f"{url}/consents", kind="sharing")
    assert "文本已更新" not in client.get(url).text
    with transaction() as session:
        operations.adopt_consent_text(
            session, SYSTEM, org_id=community.city, kind=Consent.SHARING, body="新的文本",
            from_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    assert "文本已更新" in client.get(url).text
    submit(client, f"{url}/consents", kind="sharing")
    assert "文本已更新" not in client.get(url).text
    assert "文本第 2 版" in client.get(url).text


def test_a_town_adds_a_skill_on_a_page(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    assert 'href="/skills"' in client.get("/members").text
    asked = {"org_id": community.community}
    assert submit(client, "/skills", **asked, name="剪纸").location == "/skills"
    assert f'name="org_id" value="{community.community}"' in client.get("/skills").text
    assert "剪纸" in client.get("/skills").text
    empty = submit(client, "/skills", **asked, name=" ")
    assert (empty.status_code, "请填写此项" in empty.text) == (422, True)
    assert 'value="剪纸"' in client.get(f"/members/{community.wang}").text
    assert 'value="剪纸"' in client.get("/enrolments").text
    sign_in(client, community.clerk)
    assert 'href="/skills"' not in client.get("/members").text


@pytest.mark.parametrize(
    ("kind", "number"),
    [(DocumentKind.PASSPORT, "E12345678"), (DocumentKind.OTHER, "AB-12345")],
)
def test_a_member_is_found_by_any_document(
    client: FlaskClient, community: Community, kind: DocumentKind, number: str
) -> None:
    with transaction() as session:
        operations.change_member(
            session, SYSTEM, member_id=community.wang, version=1, document=Document(kind, number),
            at=clock.now(),
        )  # fmt: skip
    sign_in(client, community.secretary)
    found = submit(client, "/members/searches", sought=f" {number.lower()} ")
    page = client.get(found.location).text
    assert ("王桂芳" in page, "李建国" in page) == (True, False)


def test_a_reason_for_a_look_does_not_say_who_she_is(community: Community) -> None:
    with transaction() as session:
        asked = {"member_id": community.wang, "what": Secret.PHONE, "at": clock.now()}
        operations.show(
            session, community.secretary, reason="回王桂芳13800000001的电话", **asked
        )  # fmt: skip
        operations.change_member(
            session, SYSTEM, member_id=community.wang, version=1,
            document=Document(DocumentKind.PASSPORT, "E12345678"), at=clock.now(),
        )  # fmt: skip
        operations.show(session, community.secretary, reason="核对 E12345678", **asked)
        shown = select(col(AuditEntry.facts)).where(col(AuditEntry.action) == "members.shown")
        facts = session.execute(shown.order_by(col(AuditEntry.id))).scalars()
        reasons = [fact["reason"] for fact in facts]
    assert reasons == ["回王*芳138****0001的电话", "核对 ****5678"]


def test_every_reader_finds_the_ways_that_are_hers(
    client: FlaskClient, community: Community
) -> None:
    """A grid worker opens accounts and receives party members, and sees nobody's service."""
    url, ways = f"/members/{community.sun}", {}
    for role in ("organiser", "clerk", "secretary", "official"):
        sign_in(client, getattr(community, role))
        page = client.get(url).text
        ways[role] = [
            way
            for way in (f"{url}/account", f"/report-ins/new/{community.sun}", "/transfers/new")
            if f'href="{way}' in page
        ]
    assert [len(ways[role]) for role in ("organiser", "clerk", "secretary", "official")] == [
        2, 0, 3, 0,
    ]  # fmt: skip
    sign_in(client, community.organiser)
    assert "服务与积分" not in client.get(url).text


def test_moving_house_on_the_page_keeps_unit_and_branch_wherever_they_are(
    client: FlaskClient, community: Community
) -> None:
    """A community's secretary does not reach the unit where her resident works, nor its branch."""
    at = clock.now()
    rows = [
        NewOrganisation("party_branch", "第一党支部", SINCE, parent_id=community.employer),
        NewOrganisation("party_branch", "第一党支部", SINCE, parent_id=community.other_community),
    ]
    with transaction() as session:
        branch, _ = orgs.found_many(session, SYSTEM, rows, at=at)
        operations.move_member(
            session, SYSTEM, member_id=community.sun, branch_id=branch, on=clock.today(), at=at
        )
    sign_in(client, community.secretary)
    url = f"/members/{community.sun}"
    page = client.get(url).text
    assert "第一党支部（洮北区教育局）" in page
    form = {
        name: re.search(rf'name="{name}".*?<option value="(\d+)" selected', page, re.DOTALL)
        for name in ("residence_id", "branch_id", "employer_id")
    }
    chosen = {name: found[1] for name, found in form.items() if found}
    assert chosen == {
        "residence_id": chosen["residence_id"], "branch_id": str(branch),
        "employer_id": str(community.employer),
    }  # fmt: skip
    chosen["residence_id"] = str(community.community)
    assert submit(client, f"{url}/moves", **chosen, on="2026-11-21").status_code == 303
    with snapshot() as session:
        sun = queries.member(session, community.sun)
        assert (sun.residence_id, sun.branch_id, sun.employer_id) == (
            community.community, branch, community.employer,
        )  # fmt: skip


def test_who_has_a_grid_alone_filters_by_its_homes(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, _staff("grid", Role.ORGANISER, community.grid))
    page = client.get("/members").text
    assert f'<option value="{community.grid}">幸福社区 幸福社区第一网格</option>' in page
    assert f'<option value="{community.building_group}">' in page
    assert f'<option value="{community.community}">' not in page
