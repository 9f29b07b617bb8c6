"""The identity provider 统一身份认证: where its pages are, and what it vouches for (OpenID Connect
Core 1.0, code flow with PKCE). Only this knows Authlib, and only this calls another host.
"""

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pointsbank.access.vouching import (
    SUBJECT_LENGTH,
    NotVouched,
    ProviderOff,
    ProviderSilent,
    Vouched,
)
from pointsbank.core import bank
from pointsbank.core.config import is_safe_address

_PATIENCE_S = 5
_KEPT_S = 3600  # how long the provider's addresses and keys are believed
_SULK_S = 15  # how long a silent provider is not asked again, so that threads do not pile up
_LEEWAY_S = 60  # two servers' clocks
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_FURTHER = ("userinfo_endpoint", "end_session_endpoint")
_FURTHER_SCOPE = {"link": "", "staff_name": " profile", "phone": " phone"}
_USUAL_CLAIM = {"link": "", "staff_name": "preferred_username", "phone": "phone_number"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    """What one browser is asked to bring back: the first two stand in the provider's answer, the
    verifier proves to it that the answer is ours.
    """

    state: str
    nonce: str
    verifier: str


def is_on() -> bool:
    return bool(bank.settings().oidc_issuer)


def name() -> str:
    """What people call it here; empty where there is none."""
    return bank.settings().oidc_name if is_on() else ""


def new_question() -> Question:
    return Question(*(secrets.token_urlsafe(32) for _ in range(3)))


def address_of(question: Question) -> str:
    """Where the browser goes to be recognised. Refuses: ProviderOff, ProviderSilent."""
    provider = _current()
    found: str = _client(provider).create_authorization_url(
        provider.told()["authorization_endpoint"], state=question.state,
        code_verifier=question.verifier, nonce=question.nonce,
    )[0]  # fmt: skip
    return found


def leaving_address() -> str:
    """Where one leaves the provider too; empty where it does not say, or does not answer."""
    try:
        found = _current().told().get("end_session_endpoint", "")
    except ProviderSilent:
        return ""
    known = urlencode({"client_id": bank.settings().oidc_client_id})
    return f"{found}{'&' if '?' in found else '?'}{known}" if found else ""


def vouched(question: Question, code: str, *, at: datetime) -> Vouched:
    """Whom the provider means by a code: its ID token is checked in full.

    Refuses: ProviderOff, ProviderSilent, NotVouched (signature, issuer, audience, nonce, times).
    """
    provider = _current()
    try:
        with _client(provider) as client:
            answer = client.fetch_token(
                provider.told()["token_endpoint"], grant_type="authorization_code", code=code,
                code_verifier=question.verifier, redirect_uri=client.redirect_uri,
                allow_redirects=False,
            )  # fmt: skip
            claims = _checked(provider, answer, question.nonce, at)
            account = _account(provider, client, claims)
    except requests.RequestException as failure:
        log.warning("provider_silent", error=type(failure).__name__)
        raise ProviderSilent(name=name()) from failure
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as failure:
        log.warning("provider_vouches_not", error=type(failure).__name__)
        raise NotVouched(name=name()) from failure
    return Vouched(bank.settings().oidc_issuer, claims["sub"], account, _two_factors(claims))


def _checked(
    provider: "_Provider", answer: dict[str, Any], nonce: str, at: datetime
) -> dict[str, Any]:
    """The claims of an ID token that holds. Raises what the libraries do where it does not."""
    settings, token = bank.settings(), provider.opened(answer["id_token"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
            "nonce": {"essential": True, "value": nonce},
        },
        params={
            "nonce": nonce,
            "client_id": settings.oidc_client_id,
            "access_token": answer.get("access_token"),
        },
    )
    claims.validate(now=int(at.timestamp()), leeway=_LEEWAY_S)
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= SUBJECT_LENGTH:
        raise ValueError("no subject")
    return dict(claims)


def _account(provider: "_Provider", client: OAuth2Session, claims: dict[str, Any]) -> str:
    """The staff name or verified phone number that the provider gives her; empty without."""
    settings = bank.settings()
    wanted = settings.oidc_claim or _USUAL_CLAIM[settings.oidc_account_by]
    if settings.oidc_account_by == "link":
        return ""
    held = dict(claims)
    if wanted not in held and (asked := provider.told().get("userinfo_endpoint")):
        answer = client.get(asked, allow_redirects=False)
        answer.raise_for_status()
        told = answer.json()
        if told["sub"] != claims["sub"]:
            raise ValueError("another person's claims")
        held = told | held
    verified = settings.oidc_account_by != "phone" or held.get("phone_number_verified") is True
    found = held.get(wanted, "")
    return found if verified and isinstance(found, str) else ""


def _two_factors(claims: dict[str, Any]) -> bool:
    said = {str(way) for way in claims.get("amr") or []} | {str(claims.get("acr", ""))}
    return bool(said & set(bank.settings().oidc_two_factors))


def _client(provider: "_Provider") -> OAuth2Session:
    settings = bank.settings()
    secret = settings.oidc_secret()
    ways = provider.told().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_post = "client_secret_basic" not in ways and "client_secret_post" in ways
    return OAuth2Session(
        settings.oidc_client_id,
        secret or None,
        token_endpoint_auth_method="client_secret_post" if secret and by_post else None,
        scope="openid" + _FURTHER_SCOPE[settings.oidc_account_by],
        redirect_uri=settings.public_url.rstrip("/") + "/sign-in/provider/return",
        code_challenge_method="S256",
        default_timeout=_PATIENCE_S,
    )


class _Provider:
    """An issuer as this process knows it: its addresses and keys, read when first needed."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys = KeySet([])
        self._read_at = self._silent_at = -float("inf")

    def told(self) -> dict[str, Any]:
        """What the provider publishes of itself, believed for an hour. Refuses: ProviderSilent."""
        with self._lock:
            now = time.monotonic()
            if now - self._read_at < _KEPT_S:
                return self._metadata
            if now - self._silent_at < _SULK_S:
                raise ProviderSilent(name=name())
            try:
                self._read()
            except (requests.RequestException, JoseError, ValueError, KeyError, TypeError) as fault:
                self._silent_at = time.monotonic()
                log.warning("provider_silent", error=type(fault).__name__)
                raise ProviderSilent(name=name()) from fault
            return self._metadata

    def _read(self) -> None:
        found = _json(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found["issuer"] != self._issuer:
            raise ValueError("another issuer's configuration")
        told = [found[name] for name in _ADDRESSES] + [found.get(name) for name in _FURTHER]
        if not all(is_safe_address(address) for address in told if address is not None):
            raise ValueError("an address that others can listen in on")
        self._keys = KeySet.import_key_set(_json(found["jwks_uri"]))
        self._metadata, self._read_at = found, time.monotonic()

    def opened(self, text: str) -> jwt.Token:
        """A token that the provider signed. Its keys are read anew where none of them fits: it may
        have changed them.
        """
        try:
            return jwt.decode(text, self._keys, algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            with self._lock:
                self._read()
            return jwt.decode(text, self._keys, algorithms=_ALGORITHMS)


def _json(url: str) -> Any:
    answer = requests.get(url, timeout=_PATIENCE_S, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _current() -> _Provider:
    if not is_on():
        raise ProviderOff
    return _provider(bank.settings().oidc_issuer)


@lru_cache(maxsize=4)
def _provider(issuer: str) -> _Provider:
    return _Provider(issuer)
