"""The second factor: enrolled, confirmed, asked at sign-in, lost, and given up."""

from datetime import timedelta

import pyotp
from sqlalchemy import select, update

from pointsbank.access import authenticators, operations, passwords, rules
from pointsbank.access.models import Authenticator, RecoveryCode, User
from pointsbank.access.rules import OpenedSession, Proof, SessionTerms
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Forbidden, Refused
from tests.access.doing import actor_of, change, done, proof_of, refused
from tests.community import STAFF_PASSWORD, Community

ADDRESS = "10.0.0.1"


def secret_of(actor: Actor) -> str:
    with snapshot() as session:
        return authenticators.unconfirmed(session, actor)[0]


def code_of(secret: str, *, later_s: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=later_s))


def enrol(actor: Actor) -> tuple[str, list[str]]:
    done(operations.begin_authenticator, actor)
    secret = secret_of(actor)
    codes = done(operations.confirm_authenticator, actor, code=code_of(secret))
    return secret, codes


def sign_in(code: str | None, **asked: object) -> OpenedSession | Refused:
    proof = proof_of("clerk", STAFF_PASSWORD)
    answer: OpenedSession | Refused = done(
        operations.sign_in, proof, address=ADDRESS, code=code, **asked
    )
    return answer


def test_enrolling_is_refused_in_this_order(community: Community) -> None:
    me = community.clerk
    asked = {"code": "000000"}
    assert refused(operations.confirm_authenticator, me, **asked) is rules.NoAuthenticator
    done(operations.begin_authenticator, me)
    first = secret_of(me)
    done(operations.begin_authenticator, me)
    assert secret_of(me) == first
    assert refused(operations.confirm_authenticator, me, **asked) is rules.WrongCode
    codes = done(operations.confirm_authenticator, me, code=f" {code_of(first)} ")
    assert len(set(codes)) == 10
    assert refused(operations.begin_authenticator, me) is rules.AuthenticatorThere
    assert refused(operations.confirm_authenticator, me, **asked) is rules.AuthenticatorThere
    with snapshot() as session:
        row = session.get_one(Authenticator, me.id)
        stored = session.execute(select(RecoveryCode.digest)).scalars().all()
    assert first.encode() not in row.secret_sealed
    assert len(stored) == 10
    assert not any(code.encode() in digest for code in codes for digest in stored)


def test_a_sign_in_asks_for_the_code_and_takes_each_once(
    community_with_passwords: Community,
) -> None:
    secret, _ = enrol(community_with_passwords.clerk)
    assert isinstance(sign_in(None), rules.CodeNeeded)
    assert isinstance(sign_in("123456"), rules.WrongCode)
    assert isinstance(sign_in(code_of(secret)), rules.WrongCode), "it was used to enrol"
    with clock.frozen(clock.now() + timedelta(seconds=30)):
        assert isinstance(sign_in(code_of(secret)), OpenedSession)
        assert isinstance(sign_in(code_of(secret)), rules.WrongCode)
        assert isinstance(sign_in(code_of(secret, later_s=30)), OpenedSession), "a clock ahead"
        assert isinstance(sign_in(code_of(secret, later_s=-30)), rules.WrongCode)
        assert isinstance(sign_in(code_of(secret, later_s=90)), rules.WrongCode)


def test_wrong_codes_close_the_account_though_the_password_is_right(
    community_with_passwords: Community,
) -> None:
    secret, codes = enrol(community_with_passwords.clerk)
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        for _ in range(5):
            assert isinstance(sign_in(None), rules.CodeNeeded)
            assert isinstance(sign_in("000000"), rules.WrongCode)
        assert isinstance(sign_in(code_of(secret)), rules.LockedOut)
        assert isinstance(sign_in(codes[0]), rules.LockedOut)


def test_a_recovery_code_stands_in_once(community_with_passwords: Community) -> None:
    _, codes = enrol(community_with_passwords.clerk)
    assert isinstance(sign_in(codes[3].upper().replace("-", " ")), OpenedSession)
    assert isinstance(sign_in(codes[3]), rules.WrongCode)
    assert isinstance(sign_in(codes[4]), OpenedSession)
    enrol(community_with_passwords.organiser)
    proof = proof_of("organiser", STAFF_PASSWORD)
    other = done(operations.sign_in, proof, address=ADDRESS, code=codes[5])
    assert isinstance(other, rules.WrongCode), "another's code"


def test_an_administrator_must_enrol_before_all_else(community_with_passwords: Community) -> None:
    terms = SessionTerms(administrators_enrol=True)
    proof = proof_of("administrator", STAFF_PASSWORD)
    opened = done(operations.sign_in, proof, address=ADDRESS, terms=terms)
    assert opened.must_enrol
    limited = actor_of(opened.token)
    assert limited is not None
    assert limited.roles == frozenset()
    enrol(limited)
    whole = actor_of(opened.token)
    assert whole is not None
    assert whole.roles == community_with_passwords.administrator.roles
    clerk = done(
        operations.sign_in, proof_of("clerk", STAFF_PASSWORD), address=ADDRESS, terms=terms
    )
    assert not clerk.must_enrol


def test_a_new_password_does_not_get_round_enrolment(community_with_passwords: Community) -> None:
    proof = proof_of("administrator", STAFF_PASSWORD)
    opened = done(
        operations.change_password, proof, password="Guangming-9", address=ADDRESS,
        terms=SessionTerms(administrators_enrol=True),
    )  # fmt: skip
    assert opened.must_enrol


def test_giving_up_the_second_factor_is_refused_in_this_order(
    community_with_passwords: Community,
) -> None:
    me = community_with_passwords.administrator
    wrong, right = (proof_of("administrator", given) for given in ("x", STAFF_PASSWORD))
    asked = {"code": "000000", "required": True}
    assert refused(operations.remove_authenticator, me, wrong, **asked) is rules.NoAuthenticator
    secret, _ = enrol(me)
    refusal = refused(operations.remove_authenticator, me, wrong, **asked)
    assert refusal is rules.AuthenticatorRequired
    asked["required"] = False
    assert refused(operations.remove_authenticator, me, wrong, **asked) is rules.WrongPassword
    assert refused(operations.remove_authenticator, me, right, **asked) is rules.WrongCode
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        asked["code"] = code_of(secret)
        assert done(operations.remove_authenticator, me, right, **asked) is None
    with snapshot() as session:
        assert not authenticators.is_asked(session, me.id)
        assert session.execute(select(RecoveryCode)).all() == []


def test_another_s_second_factor_is_reset_from_above_only(
    community_with_passwords: Community,
) -> None:
    place = community_with_passwords
    asked = {"user_id": place.clerk.id}
    assert refused(operations.reset_authenticator, place.secretary, **asked) is Forbidden
    admin = place.administrator
    assert refused(operations.reset_authenticator, admin, **asked) is rules.NoAuthenticator
    enrol(place.clerk)
    token = done(operations.open_session, user_id=place.clerk.id).token
    done(operations.reset_authenticator, admin, **asked)
    assert actor_of(token) is None
    assert isinstance(sign_in(None), OpenedSession)
    enrol(admin)
    herself = refused(operations.reset_authenticator, admin, user_id=admin.id)
    assert herself is rules.NotForOneself
    done(operations.reset_authenticator, SYSTEM, user_id=admin.id)


def test_a_proof_is_void_once_the_password_changed(community_with_passwords: Community) -> None:
    proof = proof_of("clerk", STAFF_PASSWORD)
    assert isinstance(proof, Proof)
    change(update(User).values(password_hash=passwords.hashed("Other-2026")))
    with transaction() as session:
        answer = operations.sign_in(session, proof, address=ADDRESS, at=clock.now())
    assert isinstance(answer, rules.WrongPassword)
