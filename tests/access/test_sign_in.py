"""Signing in, lockouts, sessions and one's own password."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from pointsbank.access import operations, passwords, queries, rules
from pointsbank.access.models import SignInAttempt, SignInSession, User
from pointsbank.access.rules import OpenedSession, Proof
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import snapshot
from pointsbank.members.models import Member
from tests.access.doing import actions, actor_of, change, count, done, proof_of, refused
from tests.community import PIN, STAFF_PASSWORD, Community

TODAY = date(2026, 11, 21)
ADDRESS = "10.0.0.1"


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
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert isinstance(done(operations.sign_in, right, address=ADDRESS), OpenedSession)


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
