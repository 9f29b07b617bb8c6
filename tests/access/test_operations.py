"""Accounts, given passwords and roles: what they refuse, in which order, and what they do."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from pointsbank.access import operations, passwords, queries, rules
from pointsbank.access.models import RoleGrant, SignInSession, User
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.members.models import Member
from pointsbank.members.rules import MemberLeft, NoSuchMember
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.access.doing import actions, actor_of, change, done, proof_of, refused
from tests.community import PIN, STAFF_PASSWORD, Community

TODAY = date(2026, 11, 21)
ADDRESS = "10.0.0.1"


# Accounts


def test_a_member_s_account_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {"member_id": 99}
    assert refused(operations.open_user, community.clerk, **asked) is NoSuchMember
    asked = {"member_id": community.wang}
    change(update(Member).where(Member.id == community.wang).values(left_on=TODAY))
    assert refused(operations.open_user, community.stranger, **asked) is Forbidden
    assert refused(operations.open_user, community.organiser, **asked) is MemberLeft
    change(update(Member).where(Member.id == community.wang).values(left_on=None))
    assert refused(operations.open_user, community.organiser, **asked) is rules.MemberHasUser
    user = done(operations.open_user, community.organiser, member_id=community.li)
    assert (user.member_id, user.staff_name, user.password_hash) == (community.li, None, "")


def test_a_staff_account_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {"staff_name": "13800000001", "display_name": ""}
    assert refused(operations.open_user, community.secretary, **asked) is NoSuchOrganisation
    asked["org_id"] = community.community
    assert refused(operations.open_user, community.secretary, **asked) is Forbidden
    staff = community.administrator
    assert refused(operations.open_user, staff, **asked) is rules.StaffNameInvalid
    asked["staff_name"] = " Clerk"
    assert refused(operations.open_user, staff, **asked) is rules.DisplayNameInvalid
    asked["display_name"] = "张店员"
    assert refused(operations.open_user, staff, **asked) is rules.StaffNameTaken
    asked["staff_name"] = "Clerk2"
    user = done(operations.open_user, staff, **asked)
    assert (user.staff_name, user.display_name) == ("clerk2", "张店员")
    asked = {"staff_name": None, "display_name": "王", "org_id": community.community}
    assert refused(operations.open_user, staff, **asked) is rules.StaffNameInvalid


def test_opening_an_account_is_on_the_audit_trail(community: Community) -> None:
    user = done(operations.open_user, community.secretary, member_id=community.li)
    with snapshot() as session:
        entry = session.execute(
            select(AuditEntry).where(
                AuditEntry.subject_id == user.id, AuditEntry.action == "access.open_user"
            )
        ).scalar_one()
    assert (entry.actor_id, entry.org_id, entry.facts) == (
        community.secretary.id,
        select_residence(community.li),
        {},
    )


def select_residence(member_id: int) -> int:
    with snapshot() as session:
        return int(
            session.execute(select(Member.residence_id).where(Member.id == member_id)).scalar_one()
        )


# Passwords that others give


def test_giving_a_password_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {"user_id": 99, "password": "123456"}
    assert refused(operations.set_password, community.clerk, **asked) is rules.NoSuchUser
    asked["user_id"] = community.auditor.id
    assert refused(operations.set_password, community.secretary, **asked) is Forbidden
    staff = community.administrator
    assert refused(operations.set_password, staff, **asked) is rules.AuditorProtected
    asked["user_id"] = community.clerk.id
    done(operations.disable_user, staff, user_id=community.clerk.id)
    assert refused(operations.set_password, staff, **asked) is rules.UserDisabled
    asked["user_id"] = community.organiser.id
    assert refused(operations.set_password, staff, **asked) is rules.WeakPassword
    asked["password"] = STAFF_PASSWORD
    done(operations.set_password, staff, **asked)
    with snapshot() as session:
        user = queries.user(session, community.organiser.id)
        assert actions(session, user.id)[-1] == "access.set_password"
    assert user.must_change
    assert not user.has_pin
    assert passwords.matches(user.password_hash, STAFF_PASSWORD)
    assert STAFF_PASSWORD not in user.password_hash


def test_a_volunteer_s_password_is_given_where_she_lives(community: Community) -> None:
    asked: dict[str, Any] = {"user_id": community.volunteer.id, "password": "123456"}
    for nobody in (community.stranger, community.clerk):
        assert refused(operations.set_password, nobody, **asked) is Forbidden
    herself = refused(operations.set_password, community.volunteer, **asked)
    assert herself is rules.NotForOneself
    assert refused(operations.set_password, community.organiser, **asked) is rules.WeakPin
    done(operations.set_password, community.organiser, **(asked | {"password": PIN}))
    with snapshot() as session:
        user = queries.user(session, community.volunteer.id)
    assert user.has_pin
    assert user.must_change


def test_staff_without_roles_are_an_administrator_s_affair(community: Community) -> None:
    user = done(
        operations.open_user, community.administrator,
        org_id=community.community, staff_name="new", display_name="新人",
    )  # fmt: skip
    asked = {"user_id": user.id, "password": STAFF_PASSWORD}
    assert refused(operations.set_password, community.secretary, **asked) is Forbidden
    done(operations.set_password, community.administrator, **asked)


def test_a_volunteer_with_a_role_is_her_administrator_s_affair(community: Community) -> None:
    grant_to_volunteer(community)
    asked = {"user_id": community.volunteer.id, "password": STAFF_PASSWORD}
    assert refused(operations.set_password, community.secretary, **asked) is Forbidden
    done(operations.set_password, community.administrator, **asked)
    asked["password"] = PIN
    weak = refused(operations.set_password, community.administrator, **asked)
    assert weak is rules.WeakPassword


def test_the_server_may_renew_an_auditor_s_password(community: Community) -> None:
    done(operations.set_password, SYSTEM, user_id=community.auditor.id, password=STAFF_PASSWORD)


def test_a_new_password_ends_all_sessions(community: Community) -> None:
    token = done(operations.open_session, user_id=community.volunteer.id).token
    done(operations.set_password, SYSTEM, user_id=community.volunteer.id, password=PIN)
    assert actor_of(token) is None


# Closing an account


def test_closing_an_account_is_refused_in_this_order(community: Community) -> None:
    assert refused(operations.disable_user, community.clerk, user_id=99) is rules.NoSuchUser
    user_id = community.clerk.id
    assert refused(operations.disable_user, community.secretary, user_id=user_id) is Forbidden
    token = done(operations.open_session, user_id=user_id).token
    done(operations.disable_user, community.administrator, user_id=user_id)
    assert actor_of(token) is None
    again = refused(operations.disable_user, community.administrator, user_id=user_id)
    assert again is rules.UserDisabled


# Roles


def grant_to_volunteer(community: Community, **asked: Any) -> RoleGrant:
    wanted = {
        "user_id": community.volunteer.id,
        "role": Role.CLERK,
        "org_id": community.community,
        "from_on": TODAY,
    }
    given: RoleGrant = done(operations.grant_role, community.administrator, **(wanted | asked))
    return given


def test_giving_a_role_is_refused_in_this_order(community: Community) -> None:
    asked: dict[str, Any] = {
        "user_id": 99,
        "role": Role.VOLUNTEER,
        "org_id": 99,
        "from_on": TODAY,
        "until_on": date(2026, 1, 1),
    }
    assert refused(operations.grant_role, community.secretary, **asked) is rules.NoSuchUser
    asked["user_id"] = community.clerk.id
    assert refused(operations.grant_role, community.secretary, **asked) is NoSuchOrganisation
    asked["org_id"] = community.community
    assert refused(operations.grant_role, community.secretary, **asked) is Forbidden
    staff = community.administrator
    done(operations.disable_user, staff, user_id=community.clerk.id)
    assert refused(operations.grant_role, staff, **asked) is rules.UserDisabled
    asked |= {"user_id": community.organiser.id, "role": Role.ORGANISER, "until_on": None}
    assert refused(operations.grant_role, staff, **asked) is rules.RoleHeldAlready
    asked |= {"user_id": community.auditor.id, "role": Role.ADMINISTRATOR}
    assert refused(operations.grant_role, staff, **asked) is rules.RolesConflict
    asked |= {"role": Role.VOLUNTEER, "until_on": date(2026, 1, 1)}
    assert refused(operations.grant_role, staff, **asked) is rules.NotGrantable
    asked["role"] = Role.CLERK
    assert refused(operations.grant_role, staff, **asked) is rules.PeriodInvalid
    asked["until_on"] = TODAY
    given = done(operations.grant_role, staff, **asked)
    assert (given.role, given.org_id, given.until_on) == (
        Role.CLERK,
        community.community,
        TODAY,
    )


def test_an_administrator_gives_roles_only_within_her_reach(community: Community) -> None:
    grant_to_volunteer(community, role=Role.ADMINISTRATOR)
    with transaction() as session:
        session.execute(update(User).values(must_change=False))
        opened = operations.open_session(session, user_id=community.volunteer.id, at=clock.now())
    local = actor_of(opened.token)
    asked: dict[str, Any] = {
        "user_id": community.other_volunteer.id,
        "role": Role.CLERK,
        "from_on": TODAY,
    }
    for beyond in (community.street, community.other_community):
        assert refused(operations.grant_role, local, **asked, org_id=beyond) is Forbidden
    done(operations.grant_role, local, **asked, org_id=community.grid)


def test_a_role_reaches_below_on_its_days(community: Community) -> None:
    grant_to_volunteer(community, from_on=date(2026, 11, 22), until_on=date(2026, 11, 23))
    opened = done(operations.open_session, user_id=community.volunteer.id)
    change(update(SignInSession).values(expires_at=clock.now() + timedelta(days=9)))
    held = []
    for days in range(4):
        with clock.frozen(clock.now() + timedelta(days=days)):
            actor = actor_of(opened.token)
            assert actor is not None
            held.append(actor.may(Role.CLERK, org_id=community.building_group))
            assert not actor.may(Role.CLERK, org_id=community.street)
    assert held == [False, True, True, False]


def test_who_has_a_pin_must_choose_a_password_once_she_has_a_role(
    community_with_passwords: Community,
) -> None:
    community = community_with_passwords
    token = done(operations.sign_in, proof_of("13800000001", PIN), address=ADDRESS).token
    grant_to_volunteer(community)
    assert actor_of(token) is None
    opened = done(operations.sign_in, proof_of("13800000001", PIN), address=ADDRESS)
    assert opened.must_change
    assert opened.idle_minutes == 30
    proof = proof_of("13800000001", PIN)
    asked = {"password": "730195", "address": ADDRESS}
    assert refused(operations.change_password, proof, **asked) is rules.WeakPassword


def test_withdrawing_a_role_is_refused_in_this_order(community: Community) -> None:
    grant_id = grant_to_volunteer(community, from_on=date(2026, 1, 1)).id
    asked: dict[str, Any] = {"grant_id": 99, "last_on": date(2026, 11, 20)}
    assert refused(operations.withdraw_role, community.secretary, **asked) is rules.NoSuchGrant
    asked["grant_id"] = grant_id
    assert refused(operations.withdraw_role, community.secretary, **asked) is Forbidden
    done(operations.withdraw_role, community.administrator, **asked)
    again = refused(operations.withdraw_role, community.administrator, **asked)
    assert again is rules.GrantEnded
    asked["last_on"] = date(2026, 11, 10)
    done(operations.withdraw_role, community.administrator, **asked)
    with snapshot() as session:
        held = queries.grants_of(session, community.volunteer.id)
        assert [grant.until_on for grant in held] == [date(2026, 11, 10)]
        assert actions(session, community.volunteer.id)[-1] == "access.withdraw_role"


def test_a_withdrawn_role_may_be_given_again(community: Community) -> None:
    grant_id = grant_to_volunteer(community, from_on=date(2026, 1, 1)).id
    done(
        operations.withdraw_role, community.administrator,
        grant_id=grant_id, last_on=date(2026, 11, 20),
    )  # fmt: skip
    assert grant_to_volunteer(community).from_on == TODAY
