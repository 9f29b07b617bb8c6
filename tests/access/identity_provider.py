"""A small OpenID Connect provider with a key of its own, served over HTTP inside the test."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from flask import Flask, jsonify, redirect, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from pointsbank.core import bank, clock
from tests.community import submit

CLIENT = "points-bank"
SECRET = "a client's secret"


def new_key(kid: str = "first") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class IdentityProvider:
    """What it says is at hand: a test changes ``person``, ``key`` or ``wrong`` claims before a
    browser is sent to it. ``asked`` are the paths that were asked for.
    """

    issuer: str = ""
    key: RSAKey = field(default_factory=new_key)
    published: list[RSAKey] = field(default_factory=list)
    person: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)  # at the userinfo endpoint only
    wrong: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def goes_to(self, address: str) -> str:
        """What a person's browser brings back from the address that it was sent to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == self.issuer
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert given["response_type"] == "code"
        assert given["client_id"] == CLIENT
        assert given["redirect_uri"] == "http://bank.test/sign-in/provider/return"
        assert given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = given
        return f"/sign-in/provider/return?code={code}&state={given['state']}&session_state=x"

    def token(self) -> Any:
        """The token endpoint: client, code, redirect address and verifier must all be right."""
        form, known = request.form, request.authorization
        by_header = known is not None and (known.username, known.password) == (CLIENT, SECRET)
        by_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        asked = self.codes.pop(form["code"], None)
        if asked is None or not (by_header or by_form):
            return jsonify(error="invalid_grant"), 400
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(form["code_verifier"].encode()).digest()
        )
        if challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], **self.person, **self.wrong,
        }  # fmt: skip
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        signed = jwt.encode(header, {n: v for n, v in claims.items() if v is not None}, self.key)
        return jsonify(access_token="at", token_type="Bearer", id_token=signed, expires_in=300)

    def routes(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def _note() -> Any:
            self.asked.append(request.path)
            return ("out of order", 503) if self.down else None

        @app.get("/.well-known/openid-configuration")
        def _metadata() -> Any:
            return jsonify({
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "end_session_endpoint": f"{self.issuer}/leave",
                **self.metadata,
            })  # fmt: skip

        @app.get("/authorize")
        def _authorize() -> Any:
            return redirect(urljoin(request.args["redirect_uri"], self.goes_to(request.url)))

        @app.get("/leave")
        def _leave() -> str:
            return "left"

        @app.get("/keys")
        def _keys() -> Any:
            return jsonify(KeySet(self.published or [self.key]).as_dict(private=False))

        @app.get("/userinfo")
        def _userinfo() -> Any:
            return jsonify({"sub": self.person["sub"], **self.told})

        app.add_url_rule("/token", "token", self.token, methods=["POST"])
        return app


@contextmanager
def serving() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    server = make_server("127.0.0.1", 0, provider.routes(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


def use(provider: IdentityProvider, **settings: Any) -> None:
    """Let the bank of this test know the provider."""
    secret = bank.folder() / "oidc-secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    told = {
        "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT,
        "oidc_client_secret_file": str(secret),
    }  # fmt: skip
    bank.use(bank.settings().model_copy(update=told | settings))


def come_back(client: FlaskClient, provider: IdentityProvider, wanted: str = "/counter") -> str:
    """Press the button, be recognised, come back: the address that one comes back to."""
    away = client.get("/sign-in/provider", query_string={"next": wanted})
    assert away.status_code == 303, away.text
    return provider.goes_to(away.location)


def post_on(client: FlaskClient, address: str, **more: str) -> TestResponse:
    """What the page that one comes back to posts by itself."""
    page = client.get(address)
    if page.status_code != 200:
        return page
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    path = "/security/identity" if "password" in more else "/sign-in/provider"
    assert f'action="{path}"' in page.text
    return submit(client, path, code=given["code"], state=given["state"], **more)


def enter(client: FlaskClient, provider: IdentityProvider) -> TestResponse:
    return post_on(client, come_back(client, provider))
