"""Accounts opened with a slip: the first password works once, and only where it may be given."""

from datetime import date
from typing import Any

from pointsbank.access import operations as access
from pointsbank.access import queries as users
from pointsbank.access.rules import (
    AuditorProtected,
    HigherNeeded,
    NoSuchUser,
    NotForOneself,
    OpenedSession,
    RolesConflict,
    StaffNameTaken,
)
from pointsbank.accounts import operations, queries
from pointsbank.accounts.rules import AccountState, Slip
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import snapshot
from pointsbank.core.errors import Forbidden
from pointsbank.members.rules import NoSuchMember
from tests.access.doing import done, proof_of, refused
from tests.community import Community

TODAY = date(2026, 11, 21)


def entered(name: str, password: str) -> OpenedSession:
    answer = done(access.sign_in, proof_of(name, password), address="10.0.0.1")
    assert isinstance(answer, OpenedSession)
    return answer


def administrator_of(org_id: int, name: str) -> Actor:
    """A second administrator, as a request would see her."""
    asked = {"org_id": org_id, "staff_name": name, "display_name": "李管理"}
    user = done(access.open_user, SYSTEM, **asked)
    role = {"role": Role.ADMINISTRATOR, "org_id": org_id, "from_on": TODAY}
    done(access.grant_role, SYSTEM, user_id=user.id, **role)
    token = done(access.open_session, user_id=user.id).token
    with snapshot() as session:
        actor = users.actor_of_token(session.connection(), token, clock.now())
    assert actor is not None
    return actor


def test_a_staff_account_is_opened_with_its_role_and_a_password_for_once(
    community: Community,
) -> None:
    asked: dict[str, Any] = {
        "org_id": community.community, "staff_name": "new", "display_name": "钱多多",
        "role": Role.CLERK,
    }  # fmt: skip
    assert refused(operations.open_staff_account, community.secretary, **asked) is Forbidden
    slip: Slip = done(operations.open_staff_account, community.administrator, **asked)
    assert (slip.name, slip.staff_name, slip.phone) == ("钱多多", "new", "")
    opened = entered("new", slip.password)
    assert opened.must_change
    with snapshot() as session:
        [role] = users.grants_of(session, opened.user_id)
    assert (role.role, role.org_id, role.from_on) == (Role.CLERK, community.community, TODAY)
    again = refused(operations.open_staff_account, community.administrator, **asked)
    assert again is StaffNameTaken


def test_without_a_role_an_account_waits_for_one(community: Community) -> None:
    asked = {"org_id": community.community, "staff_name": "new", "display_name": "钱多多"}
    slip = done(operations.open_staff_account, community.administrator, **asked)
    with snapshot() as session:
        assert users.grants_of(session, slip.user_id) == []


def test_a_member_gets_a_pin_and_a_new_one_when_she_forgot_it(community: Community) -> None:
    asked = {"member_id": 99}
    assert refused(operations.open_member_account, community.clerk, **asked) is NoSuchMember
    asked["member_id"] = community.li
    assert refused(operations.open_member_account, community.stranger, **asked) is Forbidden
    first = done(operations.open_member_account, community.organiser, **asked)
    assert (first.name, first.phone) == ("李建国", "138****0002")
    assert len(first.password) == 6
    second = done(operations.open_member_account, community.organiser, **asked)
    assert second.user_id == first.user_id
    assert entered("13800000002", second.password).must_change
    chen = done(operations.open_member_account, community.organiser, member_id=community.chen)
    assert chen.phone == ""


def test_passwords_are_renewed_from_above(community: Community) -> None:
    renew = operations.renew_password
    assert refused(renew, community.administrator, user_id=99) is NoSuchUser
    admin = community.administrator
    assert refused(renew, admin, user_id=admin.id) is NotForOneself
    local, peer = (
        administrator_of(org, name)
        for org, name in ((community.community, "local"), (community.city, "peer"))
    )
    assert refused(renew, peer, user_id=admin.id) is HigherNeeded
    assert refused(renew, local, user_id=admin.id) is Forbidden
    assert refused(renew, admin, user_id=community.auditor.id) is AuditorProtected
    slip = done(renew, admin, user_id=local.id)
    assert entered("local", slip.password).must_change
    done(renew, local, user_id=community.clerk.id)
    assert refused(renew, local, user_id=community.stranger.id) is Forbidden


def test_who_works_elsewhere_is_not_hers_even_without_a_role(community: Community) -> None:
    local = administrator_of(community.community, "local")
    asked = {"org_id": community.other_community, "staff_name": "away", "display_name": "外人"}
    slip = done(operations.open_staff_account, community.administrator, **asked)
    assert refused(operations.renew_password, local, user_id=slip.user_id) is Forbidden
    with snapshot() as session:
        names = [line.staff_name for line in listed(session, local)]
    assert "away" not in names
    assert "clerk" in names


def listed(session: Any, actor: Actor, **asked: Any) -> Any:
    return queries.accounts(session, actor, on=TODAY, **asked)


def test_nobody_gives_herself_a_role_or_both_powers(community: Community) -> None:
    admin = community.administrator
    asked: dict[str, Any] = {
        "user_id": admin.id, "role": Role.CLERK, "org_id": community.community, "from_on": TODAY,
    }  # fmt: skip
    assert refused(access.grant_role, admin, **asked) is NotForOneself
    asked |= {"role": Role.AUDITOR}
    assert refused(access.grant_role, SYSTEM, **asked) is RolesConflict


def test_the_list_holds_staff_and_whoever_has_a_role_here(community: Community) -> None:
    admin = community.administrator
    with snapshot() as session:
        everyone = {line.staff_name for line in listed(session, admin)}
        clerks = [line.staff_name for line in listed(session, admin, role=Role.CLERK)]
        here = {line.staff_name for line in listed(session, admin, org_id=community.community)}
        assert listed(session, community.clerk) == []
    assert everyone >= {"clerk", "auditor", "stranger"}
    assert "" not in everyone, "plain volunteers are not staff"
    assert set(clerks) == {"clerk", "stranger"}
    assert "stranger" not in here
    assert "clerk" in here
    assert refused_list(community) is Forbidden


def refused_list(community: Community) -> Any:
    local = administrator_of(community.community, "local")
    try:
        with snapshot() as session:
            listed(session, local, org_id=community.street)
    except Forbidden as refusal:
        return type(refusal)
    return None


def test_volunteers_are_found_by_name_or_number(community: Community) -> None:
    with snapshot() as session:
        [wang] = listed(session, community.administrator, sought="王桂")
        assert listed(session, community.administrator, sought="王桂", role=Role.CLERK) == []
        [clerk] = listed(session, community.administrator, sought="CLE")
        assert listed(session, community.administrator, sought="nobody") == []
    assert (wang.user_id, wang.member_id) == (community.volunteer.id, community.wang)
    assert clerk.user_id == community.clerk.id
    assert [held.org_name for held in clerk.roles] == ["幸福社区"]


def test_pages_of_the_list_follow_one_another(community: Community) -> None:
    with snapshot() as session:
        whole = [line.user_id for line in listed(session, community.administrator)]
        paged: list[int] = []
        while page := listed(
            session, community.administrator, after=paged[-1] if paged else 0, most=3
        ):
            paged += [line.user_id for line in page]
    assert paged == whole


def test_an_account_shows_where_it_stands(community: Community) -> None:
    admin, clerk = community.administrator, community.clerk.id

    def state(user_id: int) -> AccountState:
        with snapshot() as session:
            return queries.account(session, admin, user_id, on=TODAY).state

    assert state(clerk) is AccountState.NO_PASSWORD
    done(operations.renew_password, admin, user_id=clerk)
    assert state(clerk) is AccountState.FIRST_PASSWORD
    done(access.disable_user, admin, user_id=clerk)
    assert state(clerk) is AccountState.DISABLED


def test_an_account_that_is_none_of_hers_is_not_shown(community: Community) -> None:
    local = administrator_of(community.community, "local")
    for user_id in (community.stranger.id, community.official.id, community.auditor.id, 99):
        try:
            with snapshot() as session:
                queries.account(session, local, user_id, on=TODAY)
        except NoSuchUser:
            continue
        raise AssertionError(user_id)
    with snapshot() as session:
        assert queries.account(session, local, community.clerk.id, on=TODAY).name
        assert queries.account(session, local, community.volunteer.id, on=TODAY).name
