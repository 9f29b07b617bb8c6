"""From the first administrator to a working community, with pages alone."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.access import operations as access
from pointsbank.access import queries as users
from pointsbank.access.rules import RolesConflict
from pointsbank.accounts import panel, queries
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members import search
from pointsbank.members.rules import Leaving, Relation
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation
from tests.access.test_authenticators import enrol
from tests.community import Community, sign_in, submit


def slip_password(page: str) -> str:
    found = re.search(r'<p class="slip-password digits">([^<]+)</p>', page)
    assert found, page
    return found[1]


@pytest.fixture
def admin(client: FlaskClient, community: Community) -> FlaskClient:
    return sign_in(client, community.administrator)


def test_a_clerk_is_made_on_pages_signs_in_and_is_let_go(
    app: Flask, admin: FlaskClient, community: Community
) -> None:
    form = {
        "display_name": "钱多多", "staff_name": "qian", "org_id": community.community,
        "role": "clerk", "from_on": "2026-11-21", "until_on": "",
    }  # fmt: skip
    slip = submit(admin, "/accounts", **form)
    assert slip.headers["Cache-Control"] == "no-store"
    password = slip_password(slip.text)
    assert submit(admin, "/accounts", **form).status_code == 409
    hers = app.test_client()
    answer = submit(hers, "/sign-in", name="qian", password=password, next="/counter")
    assert answer.location == "/password?next=%2Fcounter"
    renewed = {"current": password, "new": "Guangming-9", "again": "Guangming-9"}
    assert submit(hers, "/password", **renewed, next="/counter").location == "/counter"
    assert hers.get("/counter").status_code == 200

    listed = admin.get("/accounts").text
    [number] = re.findall(r'<a href="/accounts/(\d+)">钱多多</a>', listed)
    account = admin.get(f"/accounts/{number}").text
    assert "兑换点工作人员" in account
    [withdrawal] = re.findall(r'action="(/accounts/\d+/roles/\d+/withdrawal)"', account)
    assert submit(admin, withdrawal, last_on="2026-11-20").status_code == 303
    assert hers.get("/counter").status_code == 403
    assert submit(admin, withdrawal, last_on="2026-11-20").status_code == 404
    other = re.sub(r"/accounts/\d+/", f"/accounts/{community.clerk.id}/", withdrawal)
    assert submit(admin, other, last_on="2026-11-19").status_code == 404

    given = {"role": "organiser", "org_id": community.community, "from_on": "2026-11-21"}
    assert submit(admin, f"/accounts/{number}/roles", **given, until_on="").status_code == 303
    answer = submit(admin, f"/accounts/{number}/roles", **given, until_on="2026-11-01")
    assert answer.status_code == 422 or "结束日期" in answer.text
    again = slip_password(submit(admin, f"/accounts/{number}/password").text)
    assert again != password
    assert submit(hers, "/sign-in", name="qian", password="Guangming-9").status_code == 401
    assert submit(admin, f"/accounts/{number}/disabling").status_code == 303
    assert submit(hers, "/sign-in", name="qian", password=again).status_code == 401
    assert "已停用" in admin.get(f"/accounts/{number}").text


def test_filters_stay_in_the_address_and_a_name_is_sealed_there(
    admin: FlaskClient, community: Community
) -> None:
    page = admin.get(f"/accounts?role=clerk&org_id={community.community}")
    assert 'value="clerk" selected' in page.text
    answer = submit(admin, "/accounts/searches", sought="王桂芳")
    assert "王" not in answer.location
    assert "%E7" not in answer.location
    assert "王桂芳" in admin.get(answer.location).text
    assert admin.get("/accounts?sought=xyz").status_code == 422
    assert "没有符合条件的账号" in admin.get("/accounts?role=reviewer&after=99999").text


def test_what_is_wrong_is_told_on_the_page(admin: FlaskClient, community: Community) -> None:
    form = {"display_name": "", "staff_name": "1", "org_id": community.community}
    assert submit(admin, "/accounts", **form).status_code == 422
    mine = f"/accounts/{community.administrator.id}"
    assert "这是您自己的账号" in admin.get(mine).text
    answer = submit(admin, f"{mine}/password")
    assert answer.status_code == 403
    assert "不能给自己授权" in answer.text
    auditor = f"/accounts/{community.auditor.id}"
    given = {"role": "administrator", "org_id": community.city, "from_on": "2026-11-21"}
    answer = submit(admin, f"{auditor}/roles", **given)
    assert answer.status_code == 409
    assert "管理员与监督员不能由同一人担任" in answer.text
    assert submit(admin, f"{auditor}/disabling").status_code == 403
    assert submit(admin, "/accounts/99/roles", **given).status_code == 404
    assert submit(admin, f"{auditor}/authenticator-reset").status_code == 403


def test_a_lost_authenticator_is_reset_on_the_page(
    admin: FlaskClient, community: Community
) -> None:
    path = f"/accounts/{community.clerk.id}"
    assert submit(admin, f"{path}/authenticator-reset").status_code == 404
    enrol(community.clerk)
    assert "重设动态口令" in admin.get(path).text
    assert submit(admin, f"{path}/authenticator-reset").location == path


def test_a_volunteer_s_pin_comes_on_a_slip_from_where_she_lives(
    app: Flask, community: Community
) -> None:
    organiser = sign_in(app.test_client(), community.organiser)
    slip = submit(organiser, f"/members/{community.li}/account")
    assert re.fullmatch(r"\d{6}", slip_password(slip.text))
    assert "138****0002" in slip.text
    card_only = submit(organiser, f"/members/{community.chen}/account").text
    assert "共用设备上刷志愿者卡" in card_only
    assert submit(organiser, f"/members/{community.zhou}/account").status_code == 403


def test_the_two_powers_do_not_meet_though_given_at_once(community: Community) -> None:
    """Two administrators press at the same moment: one of them is refused."""
    today = date(2026, 11, 21)

    def give(role: Role) -> str:
        try:
            with transaction() as session:
                access.grant_role(
                    session, SYSTEM, user_id=community.clerk.id, role=role,
                    org_id=community.city, from_on=today, at=clock.now(),
                )  # fmt: skip
        except RolesConflict:
            return "refused"
        return "given"

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(give, (Role.ADMINISTRATOR, Role.AUDITOR)))
        assert sorted(answers) == ["given", "refused"]
        with transaction() as session:
            for grant in users.grants_of(session, community.clerk.id):
                if grant.role in {Role.ADMINISTRATOR, Role.AUDITOR}:
                    session.delete(grant)


def test_a_role_is_withdrawn_once_though_two_press(community: Community) -> None:
    with snapshot() as session:
        [grant] = users.grants_of(session, community.clerk.id)

    def withdraw(day: int) -> str:
        try:
            with transaction() as session:
                access.withdraw_role(
                    session, SYSTEM, grant_id=grant.id, last_on=date(2026, 11, 10), at=clock.now()
                )
        except Refused as refusal:
            return refusal.code
        return f"done {day > 0}"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(withdraw, range(1, 5)))
    assert sorted(answers) == ["done True", *["grant_ended"] * 3]


def test_each_role_names_the_relations_by_which_it_reaches_members(
    admin: FlaskClient, community: Community
) -> None:
    """What the page of roles says, held against what each role reads and keeps."""
    page = admin.get(f"/accounts/{community.clerk.id}").text
    assert "各角色按什么关系看到成员" in page
    with transaction() as session:
        at = clock.now()
        sun = members.register(session, SYSTEM, name="赵一", residence_id=community.grid, at=at).id
        members.move_member(
            session, SYSTEM, member_id=sun, branch_id=community.branch,
            employer_id=community.employer, on=clock.today(), at=at,
        )  # fmt: skip
        members.join_team(
            session, SYSTEM, member_id=sun, team_id=community.team, on=clock.today(), at=at
        )
    places = {
        Relation.RESIDENCE: community.grid, Relation.BRANCH: community.branch,
        Relation.EMPLOYER: community.employer, Relation.TEAM: community.team,
    }  # fmt: skip
    for told in queries.ROLE_RELATIONS:
        for relation, org_id in places.items():
            her = Actor("user", 1, grants=(Grant(told.role, org_id, frozenset({org_id})),))
            with snapshot() as session:
                seen = {one.id for one in search.listed(session, her).members}
            assert (sun in seen) == (relation in told.reads), (told.role, relation)
            with transaction() as session:
                version = member_queries.member(session, sun).version
                try:
                    members.change_member(
                        session, her, member_id=sun, version=version, available="周末",
                        at=clock.now(),
                    )  # fmt: skip
                    kept = True
                except Refused:
                    kept = False
            assert kept == (relation in told.keeps), (told.role, relation)


def test_a_grid_worker_lets_a_member_in_from_her_page(
    app: Flask, client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.organiser)
    url = f"/members/{community.li}/account"
    assert f'href="{url}">' in client.get(f"/members/{community.li}").text
    before = client.get(url).text
    assert ("还没有账号" in before, "138****0002" in before) == (True, True)
    first = slip_password(submit(client, url).text)
    hers = app.test_client()
    assert submit(hers, "/sign-in", name="13800000002", password=first).status_code == 303
    assert "重设密码并打印" in client.get(url).text
    assert slip_password(submit(client, url).text) != first
    assert "/sign-in" in hers.get("/me").location  # the new one ended her session


def test_whose_account_is_closed_or_who_left_is_told_there(
    client: FlaskClient, community: Community
) -> None:
    with transaction() as session:
        access.disable_user(session, SYSTEM, user_id=community.volunteer.id, at=clock.now())
        members.leave(
            session, SYSTEM, member_id=community.zhao, leaving=Leaving.LEFT, on=clock.today(),
            at=clock.now(),
        )  # fmt: skip
    sign_in(client, community.secretary)
    url = f"/members/{community.wang}/account"
    assert "账号已停用，请由管理员" in client.get(url).text
    refused = submit(client, url)
    assert (refused.status_code, "该账号已于" in refused.text) == (409, True)
    assert "已退出登记，不能再登录" in client.get(f"/members/{community.zhao}/account").text
    with snapshot() as session:
        assert panel.panel(session, community.secretary, community.zhao, clock.today()) is None
        assert panel.panel(session, community.secretary, community.wang, clock.today())
    sign_in(client, community.administrator)
    assert f'href="/accounts/{community.volunteer.id}"' in client.get(url).text
    sign_in(client, community.stranger)
    assert client.get(url).status_code == 404
    sign_in(client, community.clerk)
    assert client.get(url).status_code == 403


def test_in_a_county_with_many_units_each_community_can_still_be_chosen(
    admin: FlaskClient, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """667 units founded before the communities, and more than a list takes."""
    monkeypatch.setattr(queries, "MOST_PLACES", 8)
    rows = [
        NewOrganisation("employer", f"第{n}中学", date(2020, 1, 1), parent_id=community.county)
        for n in range(20)
    ]
    with transaction() as session:
        units = orgs.found_many(session, SYSTEM, rows, at=clock.now())
    offered = admin.get("/accounts/new").text
    assert f'<option value="{community.community}">幸福社区</option>' in offered
    assert f'<option value="{units[7]}"' not in offered
    sought = admin.get("/accounts/new?q=第7").text
    assert re.findall(r'<option value="(\d+)"', sought)[:1] == [str(units[7])]
    named = admin.get(f"/accounts/new?org_id={units[7]}").text
    assert f'<option value="{units[7]}" selected>第7中学</option>' in named
    role = admin.get(f"/accounts/{community.clerk.id}?q=第7").text
    assert f'<option value="{units[7]}">第7中学</option>' in role
    filtered = admin.get(f"/accounts?org_id={units[7]}").text
    assert f'<option value="{units[7]}" selected>' in filtered
    form = {"display_name": "新人", "staff_name": "新人", "from_on": "x", "until_on": ""}
    again = submit(admin, "/accounts", **form, org_id=units[7], role="")
    assert (again.status_code, f'value="{units[7]}" selected' in again.text) == (422, True)


def test_organisations_of_one_name_are_told_apart_by_what_is_above(
    admin: FlaskClient, community: Community
) -> None:
    page = admin.get("/accounts/new").text
    for parent in ("幸福社区第一网格", "光明社区第一网格"):
        assert f"1号楼（{parent}）" in page


def test_an_organisations_page_leads_to_its_people_and_accounts(
    admin: FlaskClient, client: FlaskClient, community: Community
) -> None:
    page = admin.get(f"/organisations/{community.employer}/details").text
    for way in ("/members?employer_id=", "/accounts?org_id=", "/accounts/new?org_id="):
        assert f'href="{way}{community.employer}"' in page
        assert admin.get(f"{way}{community.employer}").status_code == 200
    sign_in(client, community.auditor)
    page = client.get(f"/organisations/{community.employer}/details").text
    assert "/members?" not in page
    assert "/accounts" not in page
