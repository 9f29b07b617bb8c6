"""Accounts, passwords, sessions and roles: what they refuse, in which order, and what they do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from pointsbank.access import operations, passwords, queries, rules
from pointsbank.access.models import RoleGrant, SignInAttempt, SignInSession, User
from pointsbank.access.rules import OpenedSession, Proof
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.members.models import Member
from pointsbank.members.rules import MemberLeft, NoSuchMember
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.access.conftest import proof_of
from tests.community import PIN, STAFF_PASSWORD, Community

TODAY = date(2026, 11, 21)
ADDRESS = "10.0.0.1"


def done(operation: Callable[..., Any], *given: Any, **asked: Any) -> Any:
    """Run an operation in a transaction of its own, now."""
    with transaction() as session:
        return operation(session, *given, at=clock.now(), **asked)


def refused(operation: Callable[..., Any], *given: Any, **asked: Any) -> type[Refused]:
    """The kind of refusal that an operation answers or raises."""
    try:
        answer = done(operation, *given, **asked)
    except Refused as refusal:
        return type(refusal)
    assert isinstance(answer, Refused)
    return type(answer)


def change(statement: Any) -> None:
    with transaction() as session:
        session.execute(statement)


def count(model: Any) -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def actions(session: Session, user_id: int) -> list[str]:
    wanted = select(AuditEntry.action).where(
        AuditEntry.subject_kind == "user", AuditEntry.subject_id == user_id
    )
    return list(session.execute(wanted.order_by(AuditEntry.id)).scalars())


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
    for nobody in (community.stranger, community.clerk, community.volunteer):
        assert refused(operations.set_password, nobody, **asked) is Forbidden
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


def actor_of(token: str) -> Actor | None:
    with snapshot() as session:
        return queries.actor_of_token(session, token, clock.now())


# Signing in


def test_a_volunteer_signs_in_by_phone_for_ninety_days(
    community_with_passwords: Community,
) -> None:
    proof = proof_of("+86 138-0000-0001", "２４６８１３")
    opened = done(operations.sign_in, proof, address=ADDRESS)
    assert isinstance(opened, OpenedSession)
    assert opened.idle_minutes == 0
    assert opened.expires_at == clock.now() + timedelta(days=90)
    assert actor_of(opened.token) == community_with_passwords.volunteer
    with snapshot() as session:
        assert "access.sign_in" not in actions(session, opened.user_id)


def test_staff_sign_in_by_name_for_a_day_and_thirty_idle_minutes(
    community_with_passwords: Community,
) -> None:
    opened = done(operations.sign_in, proof_of(" SECRETARY", STAFF_PASSWORD), address=ADDRESS)
    assert opened.idle_minutes == 30
    assert opened.expires_at == clock.now() + timedelta(days=1)
    assert actor_of(opened.token) == community_with_passwords.secretary
    with snapshot() as session:
        assert actions(session, opened.user_id)[-1] == "access.sign_in"


def test_how_long_sessions_last_is_the_bank_s_to_set(community_with_passwords: Community) -> None:
    terms = rules.SessionTerms(volunteer=timedelta(days=7), staff_idle_minutes=5)
    volunteer = done(operations.sign_in, proof_of("13800000001", PIN), address=ADDRESS, terms=terms)
    staff = done(
        operations.sign_in, proof_of("clerk", STAFF_PASSWORD), address=ADDRESS, terms=terms
    )
    assert volunteer.expires_at == clock.now() + timedelta(days=7)
    assert staff.idle_minutes == 5


@pytest.mark.parametrize(
    ("name", "password"),
    [("nobody", STAFF_PASSWORD), ("13899999999", PIN), ("clerk", PIN), ("13800000002", PIN)],
)
def test_an_unknown_name_is_answered_like_a_wrong_password(
    community_with_passwords: Community, name: str, password: str
) -> None:
    answer = done(operations.sign_in, proof_of(name, password), address=ADDRESS)
    assert type(answer) is rules.WrongPassword
    assert answer.facts == {}
    assert count(SignInAttempt) == 1


class CountingHasher:
    """argon2, and what it was asked to compare with."""

    def __init__(self) -> None:
        self.compared: list[str] = []

    def verify(self, password_hash: str, password: str) -> bool:
        self.compared.append(password_hash)
        return PasswordHasher().verify(password_hash, password)


def test_an_unknown_name_costs_the_same_hash(
    community_with_passwords: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = CountingHasher()
    passwords.matches("", "")  # the hash to compare with where there is none
    monkeypatch.setattr(passwords, "_hasher", hasher)
    assert not proof_of("nobody", STAFF_PASSWORD).right
    assert proof_of("clerk", STAFF_PASSWORD).right
    assert len(hasher.compared) == 2
    assert all(text.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for text in hasher.compared)


def test_an_account_without_a_password_opens_to_none(community: Community) -> None:
    for password in ("", "nobody's password"):
        assert not proof_of("clerk", password).right


def test_signing_in_is_refused_in_this_order(community_with_passwords: Community) -> None:
    user_id = community_with_passwords.volunteer.id
    right, wrong = proof_of("13800000001", PIN), proof_of("13800000001", "000000")
    for _ in range(5):
        assert refused(operations.sign_in, wrong, address=ADDRESS) is rules.WrongPassword
    assert refused(operations.sign_in, right, address=ADDRESS) is rules.LockedOut
    assert count(SignInAttempt) == 5
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert refused(operations.sign_in, wrong, address=ADDRESS) is rules.WrongPassword
    with clock.frozen(clock.now() + timedelta(minutes=29, seconds=59)):
        assert refused(operations.sign_in, right, address=ADDRESS) is rules.LockedOut
    with clock.frozen(clock.now() + timedelta(minutes=30)):
        assert isinstance(done(operations.sign_in, right, address=ADDRESS), OpenedSession)
    assert count(SignInAttempt) == 0
    assert user_id == right.user_id


def test_while_locked_no_password_is_compared(community_with_passwords: Community) -> None:
    wrong = proof_of("clerk", "wrong")
    for _ in range(5):
        done(operations.sign_in, wrong, address=ADDRESS)
    assert not proof_of("clerk", STAFF_PASSWORD).right
    answer = done(operations.sign_in, wrong, address=ADDRESS)
    assert answer.facts == {"until": clock.now() + timedelta(minutes=10)}


def test_both_names_of_one_person_lock_together(community_with_passwords: Community) -> None:
    change(
        update(User)
        .where(User.id == community_with_passwords.volunteer.id)
        .values(staff_name="wang")
    )
    for name in ("wang", "13800000001", "WANG", "138 0000 0001", "wang"):
        done(operations.sign_in, proof_of(name, "wrong"), address=ADDRESS)
    assert refused(operations.sign_in, proof_of("wang", PIN), address=ADDRESS) is rules.LockedOut


def test_an_unknown_name_locks_like_a_known_one(community: Community) -> None:
    wrong = proof_of("nobody", "wrong")
    for _ in range(5):
        assert refused(operations.sign_in, wrong, address=ADDRESS) is rules.WrongPassword
    assert refused(operations.sign_in, wrong, address=ADDRESS) is rules.LockedOut


def test_an_address_that_tries_many_accounts_is_locked_out(
    community_with_passwords: Community,
) -> None:
    for number in range(30):
        proof = Proof(account=bytes([number]), user_id=None, password_hash="", right=False)
        assert refused(operations.sign_in, proof, address=ADDRESS) is rules.WrongPassword
    right = proof_of("clerk", STAFF_PASSWORD, address="10.0.0.2")
    assert refused(operations.sign_in, right, address=ADDRESS) is rules.LockedOut
    assert isinstance(done(operations.sign_in, right, address="10.0.0.2"), OpenedSession)


def test_guesses_made_at_the_same_time_count_one_by_one(community: Community) -> None:
    proof = proof_of("clerk", "wrong")
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: refused(operations.sign_in, proof, address=ADDRESS), range(24))
        )
    assert answers.count(rules.WrongPassword) == 5
    assert answers.count(rules.LockedOut) == 19


@pytest.mark.parametrize("fault", ["password changed", "account closed", "member left"])
def test_a_proof_is_void_once_the_account_has_changed(
    community_with_passwords: Community, fault: str
) -> None:
    user_id = community_with_passwords.volunteer.id
    proof = proof_of("13800000001", PIN)
    if fault == "password changed":
        done(operations.set_password, SYSTEM, user_id=user_id, password="730195")
    elif fault == "account closed":
        done(operations.disable_user, SYSTEM, user_id=user_id)
    else:
        wang = community_with_passwords.wang
        change(update(Member).where(Member.id == wang).values(left_on=TODAY))
    assert refused(operations.sign_in, proof, address=ADDRESS) is rules.WrongPassword


# One's own password


def test_changing_a_password_is_refused_in_this_order(
    community_with_passwords: Community,
) -> None:
    wrong, right = proof_of("13800000001", "000000"), proof_of("13800000001", PIN)
    asked: dict[str, Any] = {"password": "123456", "address": ADDRESS}
    for _ in range(5):
        assert refused(operations.change_password, wrong, **asked) is rules.WrongPassword
    assert refused(operations.change_password, right, **asked) is rules.LockedOut
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert refused(operations.change_password, right, **asked) is rules.WeakPin
        asked["password"] = "xingfu12"
        assert refused(operations.change_password, right, **asked) is rules.WeakPassword
        asked["password"] = PIN
        assert refused(operations.change_password, right, **asked) is rules.PasswordUnchanged
        asked["password"] = "730195"
        assert isinstance(done(operations.change_password, right, **asked), OpenedSession)


def test_a_changed_password_leaves_one_new_session(community_with_passwords: Community) -> None:
    old = done(operations.sign_in, proof_of("clerk", STAFF_PASSWORD), address=ADDRESS).token
    proof = proof_of("clerk", STAFF_PASSWORD)
    opened = done(operations.change_password, proof, password="Guangming-9", address=ADDRESS)
    assert actor_of(old) is None
    assert actor_of(opened.token) == community_with_passwords.clerk
    assert not proof_of("clerk", STAFF_PASSWORD).right
    assert proof_of("clerk", "Guangming-9").right
    with snapshot() as session:
        assert actions(session, opened.user_id)[-1] == "access.change_password"


def test_a_first_password_opens_nothing_but_its_change(
    community_with_passwords: Community,
) -> None:
    user_id = community_with_passwords.volunteer.id
    done(operations.set_password, SYSTEM, user_id=user_id, password="730195")
    opened = done(operations.sign_in, proof_of("13800000001", "730195"), address=ADDRESS)
    assert opened.must_change
    assert actor_of(opened.token) == Actor("user", user_id, name="王桂芳")
    opened = done(
        operations.change_password,
        proof_of("13800000001", "730195"),
        password=PIN,
        address=ADDRESS,
    )
    assert not opened.must_change
    assert actor_of(opened.token) == community_with_passwords.volunteer


# Sessions


def test_a_session_of_nobody_is_refused(community: Community) -> None:
    assert refused(operations.open_session, user_id=99) is rules.NoSuchUser


def test_a_token_is_stored_only_as_its_digest(community: Community) -> None:
    opened = done(operations.open_session, user_id=community.clerk.id)
    with snapshot() as session:
        digests = session.execute(select(SignInSession.token_digest)).scalars().all()
    assert queries.token_digest(opened.token) in digests
    assert all(opened.token.encode() not in digest for digest in digests)


def test_signing_out_ends_the_session_and_may_be_repeated(community: Community) -> None:
    opened = done(operations.open_session, user_id=community.clerk.id)
    assert actor_of(opened.token) == community.clerk
    for _ in range(2):
        done(operations.sign_out, token=opened.token)
        assert actor_of(opened.token) is None
    done(operations.sign_out, token="never seen")


def test_what_is_over_is_forgotten(community: Community) -> None:
    before = count(SignInSession)
    done(operations.open_session, user_id=community.clerk.id)
    volunteer = done(operations.open_session, user_id=community.volunteer.id)
    done(operations.sign_in, proof_of("clerk", "wrong"), address=ADDRESS)
    assert done(operations.forget_ended) == before  # those that the community signed out of
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert done(operations.forget_ended) == 2  # the clerk's session and the failure
        assert actor_of(volunteer.token) == community.volunteer


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
