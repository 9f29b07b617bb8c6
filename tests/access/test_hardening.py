"""What 等保 asks of the way in, tried as somebody would who wants to get round it."""

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pointsbank.access import entrance, operations, queries, rules
from pointsbank.access.commands import commands
from pointsbank.access.models import User
from pointsbank.access.rules import OpenedSession, SessionTerms
from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot
from pointsbank.members.models import Member
from tests.access.doing import actions, actor_of, change, done, proof_of, refused
from tests.access.test_authenticators import enrol
from tests.community import PIN, STAFF_PASSWORD, Community, submit

ADDRESS = "10.0.0.1"


@pytest.mark.parametrize(
    "password", ["Abc-12345", "P@ssw0rd", "Admin@123", "1qaz@WSX", "woAini1314"]
)
@pytest.mark.parametrize("staff", [True, False])
def test_what_is_tried_first_is_no_password(password: str, *, staff: bool) -> None:
    with pytest.raises(rules.CommonPassword):
        rules.check_password(password, staff=staff)


def test_a_password_tells_nothing_that_others_know(
    community_with_passwords: Community,
) -> None:
    def chosen(name: str, old: str, new: str) -> type:
        proof = proof_of(name, old)
        return refused(operations.change_password, proof, password=new, address=ADDRESS)

    assert chosen("secretary", STAFF_PASSWORD, "Secretary-1") is rules.PasswordTells
    assert chosen("secretary", STAFF_PASSWORD, "my-SECRETARY9") is rules.PasswordTells
    change(update(Member).values(birth_on=date(1958, 3, 7)))
    born = ("580307", "030758")
    assert all(chosen("13800000001", PIN, day) is rules.PasswordTells for day in born)
    assert rules.check_password("Ok-9-okay", staff=True, known=["ok"]), "too short to mean her name"


def test_staff_s_passwords_wear_out(community_with_passwords: Community) -> None:
    terms = SessionTerms(password_days=180)

    def enter(name: str, password: str) -> OpenedSession:
        answer = done(operations.sign_in, proof_of(name, password), address=ADDRESS, terms=terms)
        assert isinstance(answer, OpenedSession)
        return answer

    proof = proof_of("clerk", STAFF_PASSWORD)
    done(operations.change_password, proof, password="Guangming-9", address=ADDRESS)
    done(operations.change_password, proof_of("13800000001", PIN), password="730195", address="")
    assert not enter("secretary", STAFF_PASSWORD).must_change, "of unknown age"
    with clock.frozen(clock.now() + timedelta(days=179)):
        assert not enter("clerk", "Guangming-9").must_change
    with clock.frozen(clock.now() + timedelta(days=180)):
        worn = enter("clerk", "Guangming-9")
        assert worn.must_change
        assert not enter("13800000001", "730195").must_change, "no member of staff"
        mine = actor_of(worn.token)
        assert mine is not None
        assert not mine.roles
        fresh = done(
            operations.change_password, proof_of("clerk", "Guangming-9"), password="Guangming-10",
            address=ADDRESS, terms=terms,
        )  # fmt: skip
        assert not fresh.must_change
    assert entrance.terms().password_days == bank.settings().staff_password_days == 180


def test_the_page_says_that_a_worn_password_goes_first(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    proof = proof_of("clerk", STAFF_PASSWORD)
    done(operations.change_password, proof, password="Guangming-9", address=ADDRESS)
    with clock.frozen(clock.now() + timedelta(days=181)):
        answer = submit(client, "/sign-in", name="clerk", password="Guangming-9", next="/counter")
        assert answer.location == "/password?next=%2Fcounter"
        page = client.get("/password").text
        assert "请先换一个新密码" in page
        assert "初始密码" not in page
        assert client.get("/counter").status_code == 403


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("", ""),
        ("nowhere", "nowhere"),
    ],
)
def test_an_address_is_its_line_s(address: str, network: str) -> None:
    assert rules.network_of(address) == network


def test_who_changes_her_address_at_will_is_locked_out_all_the_same(
    community_with_passwords: Community,
) -> None:
    for number in range(30):
        done(operations.sign_in, proof_of(f"nobody{number}", "x"), address=f"2001:db8::{number:x}")
    right = proof_of("clerk", STAFF_PASSWORD)
    assert refused(operations.sign_in, right, address="2001:db8::ffff") is rules.LockedOut
    assert isinstance(done(operations.sign_in, right, address="2001:db8:0:1::1"), OpenedSession)


def test_a_lockout_is_in_the_trail_with_where_it_came_from(
    community_with_passwords: Community,
) -> None:
    place = community_with_passwords

    def lockouts() -> list[AuditEntry]:
        with snapshot() as session:
            wanted = select(AuditEntry).where(AuditEntry.action == "access.lock_out")
            return list(session.execute(wanted).scalars())

    wrong = proof_of("clerk", "wrong", address="10.0.0.9")
    for _ in range(4):
        done(operations.sign_in, wrong, address="10.0.0.9")
    assert lockouts() == []
    done(operations.sign_in, wrong, address="10.0.0.9")
    [entry] = lockouts()
    assert (entry.actor_kind, entry.address) == ("system", "10.0.0.9")
    assert (entry.subject_kind, entry.subject_id) == ("user", place.clerk.id)
    assert entry.org_id == place.community
    for number in range(6):
        done(operations.sign_in, proof_of("nobody", f"x{number}"), address="10.0.0.9")
    assert len(lockouts()) == 1, "an unknown name is nobody's account"


def test_wrong_codes_lock_out_too(community_with_passwords: Community) -> None:
    me = community_with_passwords.clerk
    enrol(me)
    proof = proof_of("clerk", STAFF_PASSWORD)
    for _ in range(4):
        done(operations.sign_in, proof, address=ADDRESS, code="000000")
    done(
        operations.remove_authenticator, Actor("user", me.id, address=ADDRESS), proof,
        code="000000", required=False,
    )  # fmt: skip
    with snapshot() as session:
        assert actions(session, me.id)[-1] == "access.lock_out"


def grant_of(user_id: int) -> int:
    with snapshot() as session:
        return queries.grants_of(session, user_id)[0].id


def test_nobody_who_is_watched_ends_the_auditor_s_power(community: Community) -> None:
    peer = done(
        operations.open_user, SYSTEM, org_id=community.city, staff_name="peer", display_name="同事"
    ).id
    role = {"role": Role.ADMINISTRATOR, "org_id": community.city, "from_on": clock.today()}
    done(operations.grant_role, SYSTEM, user_id=peer, **role)
    yesterday = clock.today() - timedelta(days=1)
    for theirs in (community.auditor.id, peer):
        asked = {"grant_id": grant_of(theirs), "last_on": yesterday}
        assert (
            refused(operations.withdraw_role, community.administrator, **asked)
            is rules.WithdrawnFromAbove
        )
    below = done(
        operations.grant_role, community.administrator, user_id=community.reviewer.id,
        role=Role.AUDITOR, org_id=community.street, from_on=clock.today(),
    )  # fmt: skip
    done(operations.withdraw_role, community.administrator, grant_id=below.id, last_on=yesterday)
    own = {"grant_id": grant_of(community.administrator.id), "last_on": clock.today()}
    done(operations.withdraw_role, community.administrator, **own)


def test_the_server_ends_a_role_at_once(community: Community) -> None:
    run = CliRunner().invoke
    assert "已收回 1 项" in run(commands, ["withdraw-role", "auditor", "auditor"]).output
    assert "已收回 0 项" in run(commands, ["withdraw-role", "auditor", "auditor"]).output
    assert "已收回 0 项" in run(commands, ["withdraw-role", "clerk", "auditor"]).output
    assert isinstance(
        run(commands, ["withdraw-role", "nobody", "auditor"]).exception, rules.NoSuchUser
    )
    with snapshot() as session:
        [held] = queries.grants_of(session, community.auditor.id)
    assert held.until_on == clock.today() - timedelta(days=1)


def test_who_is_gone_is_not_let_in_again(community: Community) -> None:
    user = community.volunteer.id
    assert refused(operations.enable_user, SYSTEM, user_id=user) is rules.UserEnabled
    done(operations.disable_user, SYSTEM, user_id=user)
    done(operations.enable_user, SYSTEM, user_id=user)
    with snapshot() as session:
        again = session.get_one(User, user)
    assert (again.disabled_at, again.password_hash, again.must_change) == (None, "", True)
    erased = done(
        operations.open_user, SYSTEM, org_id=community.city, staff_name="gone", display_name="走了"
    ).id
    done(operations.disable_user, SYSTEM, user_id=erased)
    change(update(User).where(User.id == erased).values(staff_name=None))
    assert refused(operations.enable_user, SYSTEM, user_id=erased) is rules.HolderGone
