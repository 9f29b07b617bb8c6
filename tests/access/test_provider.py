"""Signing in through an identity provider: a real one, over HTTP, honest here and forged elsewhere
(``test_provider_forged``).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pointsbank.access import operations, provider
from pointsbank.access.models import LinkedIdentity, SignInSession, User
from pointsbank.access.rules import Entry
from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot
from tests.access.doing import actions, change, count, done, proof_of
from tests.access.identity_provider import (
    IdentityProvider,
    come_back,
    enter,
    new_key,
    post_on,
    serving,
    use,
)
from tests.access.test_authenticators import enrol
from tests.community import STAFF_PASSWORD, Community, sign_in, submit

UNKNOWN = "还没有关联账号"


@pytest.fixture
def idp(community_with_passwords: Community) -> Iterator[IdentityProvider]:
    provider._provider.cache_clear()
    with serving() as found:
        found.person = {"sub": "u-1", "preferred_username": "clerk"}
        yield found


def signed_in_as(client: FlaskClient) -> int | None:
    answer: Any = client.get("/api/v1/me")
    return answer.json["user_id"] if answer.status_code == 200 else None


def opened_by_provider() -> int:
    with snapshot() as session:
        found = session.execute(select(SignInSession).where(SignInSession.entry == Entry.PROVIDER))
        return len(found.all())


def test_without_a_setting_there_is_no_button_and_nobody_is_called(
    client: FlaskClient, idp: IdentityProvider
) -> None:
    assert "/sign-in/provider" not in client.get("/sign-in").text
    for path in ("/sign-in/provider", "/sign-in/provider/return?code=x&state=y"):
        assert client.get(path).status_code == 404
    assert client.get("/sign-in/provider/leaving").status_code == 404
    use(idp)
    page = client.get("/sign-in?next=/counter").text
    assert 'href="/sign-in/provider?next=/counter"' in page
    assert "用“统一身份认证”登录" in page
    assert idp.asked == []


def test_who_linked_her_account_herself_signs_in_by_it(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    use(idp)
    refused = enter(client, idp)
    assert refused.status_code == 401
    assert UNKNOWN in refused.text
    sign_in(client, community_with_passwords.clerk)
    away = client.get("/security/identity")
    back = idp.goes_to(away.location)
    page = client.get(back).text
    assert "请再填一次密码" in page
    assert "data-auto-submit" not in page, "nobody is made to link by being sent there and back"
    assert post_on(client, back, password="wrong").status_code == 401
    assert post_on(client, back, password="").status_code == 422
    assert post_on(client, back, password=STAFF_PASSWORD).location == "/security"
    assert "已关联" in client.get("/security").text
    submit(client, "/sign-out")
    assert enter(client, idp).location == "/counter"
    assert signed_in_as(client) == community_with_passwords.clerk.id
    with snapshot() as session:
        done_to_her = actions(session, community_with_passwords.clerk.id)
        told = session.execute(select(AuditEntry).order_by(AuditEntry.id.desc())).scalars().first()
    assert done_to_her[-2:] == ["access.link_identity", "access.sign_in"]
    assert told is not None
    assert told.facts == {"way": "provider"}


def test_the_subject_is_kept_sealed(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    idp.person["sub"] = "220802199701010016"
    use(idp, oidc_account_by="staff_name")
    assert enter(client, idp).status_code == 303
    with snapshot() as session:
        row = session.execute(select(LinkedIdentity)).scalar_one()
        trail = str(session.execute(select(AuditEntry.facts)).scalars().all())
    assert b"220802199701010016" not in bytes(row.subject_sealed or b"") + bytes(
        row.subject_digest or b""
    )
    assert "220802199701010016" not in trail


def test_a_staff_name_links_once_and_the_subject_stays_hers(
    app: Flask, client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    use(idp, oidc_account_by="staff_name")
    assert enter(client, idp).location == "/counter"
    assert opened_by_provider() == 1
    idp.person = {"sub": "u-1", "preferred_username": "secretary"}
    again = app.test_client()
    enter(again, idp)
    assert signed_in_as(again) == community_with_passwords.clerk.id
    idp.person = {"sub": "u-2", "preferred_username": "clerk"}
    assert UNKNOWN in enter(app.test_client(), idp).text, "the name is another's there now"


def test_what_was_unlinked_is_not_linked_by_a_name_again(
    app: Flask, client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    use(idp, oidc_account_by="staff_name")
    enter(client, idp)
    elsewhere = app.test_client()
    enter(elsewhere, idp)
    answer = submit(client, "/security/identity/removal")
    assert (answer.status_code, answer.location) == (303, "/security")
    assert signed_in_as(client) == community_with_passwords.clerk.id
    assert signed_in_as(elsewhere) is None
    assert submit(client, "/security/identity/removal").status_code == 404
    assert UNKNOWN in enter(app.test_client(), idp).text
    back = idp.goes_to(client.get("/security/identity").location)
    assert post_on(client, back, password=STAFF_PASSWORD).status_code == 303
    assert enter(app.test_client(), idp).status_code == 303


def test_another_claim_may_name_the_account(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    idp.person = {"sub": "u-1", "job": " CLERK"}
    use(idp, oidc_account_by="staff_name", oidc_claim="job")
    enter(client, idp)
    assert signed_in_as(client) == community_with_passwords.clerk.id


@pytest.mark.parametrize("place", ["person", "told"])
def test_a_verified_phone_names_a_member(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community, place: str
) -> None:
    """In the ID token, or only at the provider's userinfo address."""
    idp.person = {"sub": "u-9"}
    use(idp, oidc_account_by="phone")
    getattr(idp, place).update(phone_number="+86 13800000001", phone_number_verified=False)
    assert UNKNOWN in enter(client, idp).text
    getattr(idp, place).update(phone_number_verified="true")
    assert UNKNOWN in enter(client, idp).text
    getattr(idp, place).update(phone_number_verified=True)
    assert enter(client, idp).status_code == 303
    assert signed_in_as(client) == community_with_passwords.volunteer.id
    with snapshot() as session:
        done_to_her = actions(session, community_with_passwords.volunteer.id)
    assert done_to_her[-1] == "access.sign_in", "every sign-in by a provider is in the trail"


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "u-3", "preferred_username": "nobody"},
        {"sub": "u-3"},
        {"sub": "u-3", "preferred_username": ["clerk"]},
        {"sub": "u-3", "preferred_username": ""},
    ],
)
def test_no_account_is_ever_made(
    client: FlaskClient, idp: IdentityProvider, person: dict[str, object]
) -> None:
    use(idp, oidc_account_by="staff_name")
    before = count(User)
    idp.person = person
    assert UNKNOWN in enter(client, idp).text
    assert (count(User), count(LinkedIdentity)) == (before, 0)


def test_a_disabled_or_locked_account_stays_so(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    use(idp, oidc_account_by="staff_name")
    wrong = proof_of("clerk", "wrong")
    for _ in range(5):
        done(operations.sign_in, wrong, address="10.0.0.1")
    locked = enter(client, idp)
    assert locked.status_code == 409
    assert "已暂停登录" in locked.text
    assert count(LinkedIdentity) == 0
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert enter(client, idp).status_code == 303
    done(operations.disable_user, SYSTEM, user_id=community_with_passwords.clerk.id)
    client.delete_cookie("session_token")
    closed = enter(client, idp)
    assert closed.status_code == 401
    assert "这个账号已停用" in closed.text
    assert signed_in_as(client) is None


def test_the_second_factor_is_asked_unless_the_provider_asked_for_two(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    secret, _ = enrol(community_with_passwords.clerk)
    idp.person["amr"] = ["pwd", "otp", "mfa"]
    use(idp, oidc_account_by="staff_name")
    page = enter(client, idp)
    assert page.status_code == 200
    assert signed_in_as(client) is None
    half_way = page.text.split('name="half_way" value="')[1].split('"')[0]
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        code = pyotp.TOTP(secret).at(clock.now())
        step = {"half_way": half_way, "next": "/counter"}
        assert submit(client, "/sign-in/code", **step, code="000000").status_code == 401
        assert submit(client, "/sign-in/code", **step, code=code).location == "/counter"
    assert opened_by_provider() == 1
    client.delete_cookie("session_token")
    use(idp, oidc_account_by="staff_name", oidc_two_factors=("mfa",))
    assert enter(client, idp).location == "/counter"


@pytest.mark.parametrize(("said", "first"), [({}, "/security"), ({"acr": "level-3"}, "/counter")])
def test_an_administrator_enrols_unless_the_provider_asked_for_two(
    client: FlaskClient, idp: IdentityProvider, said: dict[str, str], first: str
) -> None:
    idp.person = {"sub": "u-4", "preferred_username": "administrator", **said}
    use(idp, oidc_account_by="staff_name", oidc_two_factors=("level-3",))
    assert enter(client, idp).location.startswith(first)


def test_a_first_password_must_be_changed_all_the_same(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    change(update(User).values(must_change=True))
    use(idp, oidc_account_by="staff_name")
    assert enter(client, idp).location == "/password?next=%2Fcounter"
    assert client.get("/counter").status_code == 403


def test_roles_come_from_the_bank_only(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    idp.person |= {"roles": ["administrator"], "groups": ["auditor"]}
    use(idp, oidc_account_by="staff_name")
    enter(client, idp)
    assert client.get("/accounts").status_code == 403
    assert [g["role"] for g in client.get("/api/v1/me").json["grants"]] == ["clerk"]  # type: ignore[index]


def test_one_identity_is_one_account_s(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    use(idp, oidc_account_by="staff_name")
    enter(client, idp)
    back = idp.goes_to(client.get("/security/identity").location)
    post_on(client, back, password=STAFF_PASSWORD)
    assert "已经关联了统一身份认证" in client.get("/security").text
    sign_in(client, community_with_passwords.secretary)
    back = idp.goes_to(client.get("/security/identity").location)
    post_on(client, back, password=STAFF_PASSWORD)
    assert "已关联另一个账号" in client.get("/security").text
    done(operations.disable_user, SYSTEM, user_id=community_with_passwords.clerk.id)
    back = idp.goes_to(client.get("/security/identity").location)
    post_on(client, back, password=STAFF_PASSWORD)
    assert "起，可以用“统一身份认证”登录" in client.get("/security").text


def test_a_provider_that_is_silent_leaves_the_password(
    client: FlaskClient, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(idp)
    idp.down = True
    for _ in range(3):
        page = client.get("/sign-in/provider?next=/counter")
        assert page.status_code == 401
        assert "暂时连不上“统一身份认证”，请用手机号或登录名和密码登录" in page.text
    assert len(idp.asked) == 1, "it is not asked again at once"
    form = {"name": "clerk", "password": STAFF_PASSWORD, "next": "/counter"}
    assert submit(client, "/sign-in", **form).location == "/counter"
    assert client.get("/security").status_code == 200
    assert client.get("/security/identity").location == "/security"
    assert "暂时连不上" in client.get("/security").text
    monkeypatch.setattr(provider, "_SULK_S", 0)
    idp.down = False
    assert client.get("/security/identity").location.startswith(idp.issuer)


def test_a_provider_that_falls_silent_half_way(client: FlaskClient, idp: IdentityProvider) -> None:
    use(idp, oidc_account_by="staff_name")
    back = come_back(client, idp)
    idp.down = True
    page = post_on(client, back)
    assert page.status_code == 401
    assert "暂时连不上" in page.text


def test_a_changed_key_is_read_anew(client: FlaskClient, idp: IdentityProvider) -> None:
    use(idp, oidc_account_by="staff_name")
    back = come_back(client, idp)
    idp.key = new_key("second")
    assert post_on(client, back).location == "/counter"


def test_signing_out_tells_that_the_provider_may_still_know_her(
    client: FlaskClient, idp: IdentityProvider
) -> None:
    use(idp, oidc_account_by="staff_name")
    enter(client, idp)
    left = submit(client, "/sign-out")
    assert left.location == "/sign-in/provider/leaving"
    assert signed_in_as(client) is None
    page = client.get(left.location).text
    assert f'href="{idp.issuer}/leave?client_id=points-bank"' in page
    submit(client, "/sign-in", name="clerk", password=STAFF_PASSWORD)
    assert submit(client, "/sign-out").location == "/sign-in"


def test_the_way_back_leads_nowhere_else(client: FlaskClient, idp: IdentityProvider) -> None:
    use(idp, oidc_account_by="staff_name")
    back = come_back(client, idp, wanted="//evil.example")
    assert post_on(client, back).location == "/"
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    assert "form-action 'self'" in policy
    assert idp.issuer not in policy


def test_what_goes_along_is_the_browser_s_alone(client: FlaskClient, idp: IdentityProvider) -> None:
    use(idp)
    bank.use(bank.settings().model_copy(update={"public_url": "https://bank.test"}))
    kept = client.get("/sign-in/provider").headers["Set-Cookie"]
    for part in ("provider_journey=", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=600"):
        assert part in kept
