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
from pointsbank.accounts import queries
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members import search
from pointsbank.members.rules import Relation
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
