"""What an attacker makes of signing in through an identity provider: tokens that do not hold, ways
back that are another's or used, and a provider that is not what it should be.
"""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt

from pointsbank.access import jobs, provider
from pointsbank.access.models import LinkedIdentity, SpentReturn
from pointsbank.core import clock, config
from tests.access.doing import count
from tests.access.identity_provider import (
    CLIENT,
    IdentityProvider,
    come_back,
    enter,
    new_key,
    post_on,
    serving,
    use,
)
from tests.community import STAFF_PASSWORD, Community, sign_in, submit

NOT_VOUCHED = "没有确认您的身份"
OVER = "这次登录已过期或已经用过"


@pytest.fixture
def idp(community_with_passwords: Community) -> Iterator[IdentityProvider]:
    provider._provider.cache_clear()
    with serving() as found:
        found.person = {"sub": "u-1", "preferred_username": "clerk"}
        use(found, oidc_account_by="staff_name")
        yield found


def nobody_came_in(client: FlaskClient) -> bool:
    return client.get("/api/v1/me").status_code == 401


def hours(ago: int) -> int:
    return int(clock.now().timestamp()) - ago * 3600


FORGERIES: dict[str, Callable[[IdentityProvider], Any]] = {
    "another audience": lambda idp: idp.wrong.update(aud="another"),
    "two audiences and nobody's": lambda idp: idp.wrong.update(aud=[CLIENT, "another"]),
    "for another party": lambda idp: idp.wrong.update(aud=[CLIENT, "x"], azp="x"),
    "another issuer": lambda idp: idp.wrong.update(iss="https://evil.example"),
    "another nonce": lambda idp: idp.wrong.update(nonce="another"),
    "no nonce": lambda idp: idp.wrong.update(nonce=None),
    "expired": lambda idp: idp.wrong.update(exp=hours(1), iat=hours(2)),
    "no end": lambda idp: idp.wrong.update(exp=None),
    "from tomorrow": lambda idp: idp.wrong.update(iat=hours(-24), nbf=hours(-24)),
    "no subject": lambda idp: idp.wrong.update(sub=None),
    "an empty subject": lambda idp: idp.wrong.update(sub=""),
    "a number for a subject": lambda idp: idp.wrong.update(sub=1),
    "an endless subject": lambda idp: idp.wrong.update(sub="x" * 256),
    "another access token": lambda idp: idp.wrong.update(at_hash="bm90aGluZw"),
    "ways that are no list": lambda idp: idp.wrong.update(amr="mfa"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_does_not_hold_opens_nothing(
    client: FlaskClient, idp: IdentityProvider, forgery: str
) -> None:
    FORGERIES[forgery](idp)
    page = enter(client, idp)
    assert page.status_code == 401
    assert NOT_VOUCHED in page.text
    assert nobody_came_in(client)
    assert count(LinkedIdentity) == 0


def test_a_signature_of_another_s_key_opens_nothing(
    client: FlaskClient, idp: IdentityProvider
) -> None:
    idp.published = [idp.key]
    idp.key = new_key("first")  # of the same name
    assert NOT_VOUCHED in enter(client, idp).text
    idp.key = new_key("unheard-of")
    assert NOT_VOUCHED in enter(client, idp).text
    assert nobody_came_in(client)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_by_nobody_or_by_what_is_public_opens_nothing(
    client: FlaskClient, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    public = idp.key.as_pem(private=False)

    def part(held: bytes) -> bytes:
        return base64.urlsafe_b64encode(held).rstrip(b"=")

    def forged(header: dict[str, Any], claims: dict[str, Any], _key: object) -> str:
        told = {**header, "alg": algorithm}
        text = b".".join(part(json.dumps(held).encode()) for held in (told, claims))
        signature = hmac.digest(public, text, "sha256") if algorithm == "HS256" else b""
        return b".".join((text, part(signature))).decode()

    monkeypatch.setattr(jwt, "encode", forged)
    assert NOT_VOUCHED in enter(client, idp).text
    assert nobody_came_in(client)


def test_a_way_back_is_good_once(client: FlaskClient, idp: IdentityProvider) -> None:
    back = come_back(client, idp)
    kept = client.get_cookie("provider_journey")
    assert kept is not None
    assert post_on(client, back).status_code == 303
    assert client.get_cookie("provider_journey") is None
    client.delete_cookie("session_token")
    asked = len(idp.asked)
    client.set_cookie("provider_journey", kept.value)
    again = post_on(client, back)
    assert again.status_code == 401
    assert OVER in again.text
    assert len(idp.asked) == asked, "the provider is not even asked"


def test_a_way_back_is_good_in_the_browser_that_went(
    app: Flask, client: FlaskClient, idp: IdentityProvider
) -> None:
    """An attacker who lures somebody to her own way back would have her work in her account."""
    back, victim = come_back(client, idp), app.test_client()
    for other in (back, back.replace("state=", "state=x"), "/sign-in/provider/return", back + "x"):
        page = victim.get(other)
        assert page.status_code == 401
        assert OVER in page.text
    assert victim.post("/sign-in/provider", data={"code": "x", "state": "y"}).status_code == 403
    assert OVER in submit(victim, "/sign-in/provider", code="x", state="y").text
    come_back(victim, idp)
    page = victim.get(back)
    assert OVER in page.text, "her own journey is another one"
    assert count(SpentReturn) == 0


def test_a_way_back_is_good_for_ten_minutes(client: FlaskClient, idp: IdentityProvider) -> None:
    back = come_back(client, idp)
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
        page = client.get(back)
        assert page.status_code == 401
        assert OVER in page.text
    assert post_on(client, back).status_code == 303
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        jobs.forget_ended(clock.now())
        assert count(SpentReturn) == 0


def test_a_no_of_the_provider_is_told(client: FlaskClient, idp: IdentityProvider) -> None:
    state = come_back(client, idp).split("state=")[1].split("&")[0]
    back = f"/sign-in/provider/return?state={state}"
    for answer in ("&error=access_denied", "&code=x&iss=https%3A%2F%2Fevil.example"):
        page = client.get(back + answer)
        assert page.status_code == 401
        assert NOT_VOUCHED in page.text
    assert NOT_VOUCHED in post_on(client, f"{back}&code=guessed").text
    assert submit(client, "/sign-in/provider", code="", state=state).status_code == 422


def test_a_stolen_code_is_worth_nothing_without_the_browser(
    app: Flask, client: FlaskClient, idp: IdentityProvider
) -> None:
    """PKCE: the thief's verifier is another."""
    stolen = come_back(client, idp).split("code=")[1].split("&")[0]
    thief = app.test_client()
    own = come_back(thief, idp)
    state = own.split("state=")[1].split("&")[0]
    page = submit(thief, "/sign-in/provider", code=stolen, state=state)
    assert NOT_VOUCHED in page.text
    assert nobody_came_in(thief)


def test_a_way_back_links_only_the_account_that_began(
    client: FlaskClient, idp: IdentityProvider, community_with_passwords: Community
) -> None:
    place = community_with_passwords
    sign_in(client, place.clerk)
    back = idp.goes_to(client.get("/security/identity").location)
    state, code = back.split("state=")[1].split("&")[0], back.split("code=")[1].split("&")[0]
    assert OVER in submit(client, "/sign-in/provider", code=code, state=state).text
    back = idp.goes_to(client.get("/security/identity").location)
    sign_in(client, place.secretary)
    assert post_on(client, back, password=STAFF_PASSWORD).location == "/security"
    assert OVER in client.get("/security").text
    assert count(LinkedIdentity) == 0
    away = client.get("/sign-in/provider")
    assert away.location == "/", "who is signed in goes on"
    assert submit(client, "/security/identity", code="x", state="y").location == "/security"


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"userinfo_endpoint": "file:///etc/passwd"},
    ],
)
def test_a_provider_that_says_what_it_should_not_is_as_good_as_silent(
    client: FlaskClient, idp: IdentityProvider, told: dict[str, Any]
) -> None:
    idp.metadata = told
    page = client.get("/sign-in/provider")
    assert page.status_code == 401
    assert "暂时连不上" in page.text
    assert client.get("/sign-in/provider/leaving").status_code == 200


def test_another_person_s_userinfo_names_nobody(client: FlaskClient, idp: IdentityProvider) -> None:
    idp.person = {"sub": "u-1"}
    idp.told = {"sub": "u-2", "preferred_username": "clerk"}
    assert NOT_VOUCHED in enter(client, idp).text
    assert nobody_came_in(client)


@pytest.mark.parametrize("ways", [["client_secret_post"], ["client_secret_basic"]])
def test_the_secret_is_told_as_the_provider_takes_it(
    client: FlaskClient, idp: IdentityProvider, ways: list[str]
) -> None:
    idp.metadata = {"token_endpoint_auth_methods_supported": ways}
    assert enter(client, idp).status_code == 303


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('oidc_issuer = "http://login.example"', "https://"),
        ('oidc_issuer = "nowhere"', "https://"),
        ('oidc_issuer = "https://login.example"', "oidc_client_id"),
        ('oidc_issuer = "https://login.example"\noidc_client_id = "x"', "public_url"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(line + "\n")
    with pytest.raises(config.BadConfiguration) as refused:
        config.load(file=file)
    assert fault in str(refused.value)


def test_the_secret_s_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    secret, file = tmp_path / "secret", tmp_path / "config.toml"
    file.write_text(
        'oidc_issuer = "https://login.example"\noidc_client_id = "x"\n'
        f'public_url = "https://bank.test"\noidc_client_secret_file = "{secret}"\n'
    )
    with pytest.raises(config.BadConfiguration, match="no such file"):
        config.load(file=file)
    secret.write_text("s\n")
    secret.chmod(0o644)
    with pytest.raises(config.BadConfiguration, match="chmod 600"):
        config.load(file=file)
    secret.chmod(0o600)
    assert config.load(file=file).oidc_secret() == "s"
    assert (
        config.Settings(
            oidc_issuer="http://localhost:1", oidc_client_id="x", public_url="http://bank.test"
        ).oidc_secret()
        == ""
    )
