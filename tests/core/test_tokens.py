"""Signed texts: good for one purpose, one lifetime, and not a character of them may change."""

from datetime import timedelta

import pytest
from conftest import NOW

from pointsbank.core import encryption, tokens
from pointsbank.core.tokens import TokenExpired, TokenInvalid

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _secret() -> None:
    encryption.use_secret(b"a" * 32)


def test_a_token_is_read_back_with_its_instant() -> None:
    token = tokens.sign("claim", {"code": "K7M2QX"}, at=NOW)
    data, signed_at = tokens.read("claim", token, at=NOW + TEN_MINUTES, lifetime=TEN_MINUTES)
    assert data == {"code": "K7M2QX"}
    assert signed_at == NOW


def test_a_token_expires() -> None:
    token = tokens.sign("claim", {}, at=NOW)
    late = NOW + TEN_MINUTES + timedelta(seconds=1)
    with pytest.raises(TokenExpired):
        tokens.read("claim", token, at=late, lifetime=TEN_MINUTES)


def test_a_token_of_another_purpose_is_invalid() -> None:
    token = tokens.sign("claim", {}, at=NOW)
    with pytest.raises(TokenInvalid):
        tokens.read("session-cookie", token, at=NOW, lifetime=TEN_MINUTES)


def test_a_token_of_another_bank_is_invalid() -> None:
    token = tokens.sign("claim", {}, at=NOW)
    encryption.use_secret(b"b" * 32)
    with pytest.raises(TokenInvalid):
        tokens.read("claim", token, at=NOW, lifetime=TEN_MINUTES)


def test_changing_any_character_makes_a_token_invalid() -> None:
    token = tokens.sign("claim", {"code": "K7M2QX"}, at=NOW)
    for place, character in enumerate(token[:-1]):  # the last one may hold unused bits
        altered = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(TokenInvalid):
            tokens.read("claim", altered, at=NOW, lifetime=TEN_MINUTES)


@pytest.mark.parametrize("garbage", ["", ".", "x.y", "é", "a" * 5000])
def test_garbage_is_invalid(garbage: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read("claim", garbage, at=NOW, lifetime=TEN_MINUTES)
