"""Door passes, the sealed roster, and codes that a device seals to the server's key."""

import base64
import hashlib
import hmac
import json
import os
import time
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scene import Scene

from pointsbank.attendance import offline, passes, roster
from pointsbank.core import encryption
from pointsbank.core.actor import SYSTEM
from pointsbank.members.operations import issue_card, report_card_lost
from pointsbank.members.rules import CodeInvalid


def opened(entries: list[roster.Entry], salt: bytes, times: int, digits: str) -> Any:
    """What a device makes of a scan with the roster alone, written from the API's description."""
    secret = hashlib.pbkdf2_hmac("sha256", digits.encode(), salt, times)
    tag = hmac.digest(secret, b"tag", "sha256")[:8].hex()
    for entry in entries:
        if entry.tag == tag:
            key = hmac.digest(secret, b"key", "sha256")
            return json.loads(AESGCM(key).decrypt(entry.sealed[:12], entry.sealed[12:], None))
    return None


def seal_to(key: str, event_id: int, digits: str) -> str:
    """As the device seals, with another hand."""
    curve = ec.SECP256R1()
    ours = ec.generate_private_key(curve)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, base64.b64decode(key))
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = HKDF(SHA256(), 32, bytes(32), f"offline scan {event_id}".encode()).derive(shared)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    nonce = os.urandom(12)
    text = AESGCM(secret).encrypt(nonce, digits.encode(), None)
    return base64.b64encode(point + nonce + text).decode()


@pytest.mark.usefixtures("bank")
def test_a_pass_names_its_member_at_its_event_and_nobody_elsewhere() -> None:
    for member_id in (1, 2, 54_321, 99_999_999):
        digits = passes.pass_digits(7, member_id)
        assert passes.is_pass(digits)
        assert passes.member_of_pass(7, digits) == member_id
        assert passes.pass_digits(7, member_id) == digits
        assert passes.member_of_pass(8, digits) == 0


@pytest.mark.usefixtures("bank")
def test_passes_of_neighbours_have_nothing_in_common() -> None:
    digits = [passes.pass_digits(7, member_id) for member_id in range(1, 2001)]
    assert len(set(digits)) == 2000
    for place in range(1, 18):
        found = [digit[place] for digit in digits]
        assert all(120 < found.count(sign) < 290 for sign in "0123456789"), place


@pytest.mark.usefixtures("bank")
def test_a_pass_that_was_guessed_or_damaged_names_nobody() -> None:
    digits = passes.pass_digits(7, 5)
    for wrong in (digits[:-1], digits[:-1] + "x", "1" + digits[1:], ""):
        assert not passes.is_pass(wrong)
    guesses = [f"{int(digits) + 97 * step:020d}" for step in range(1, 2000)]
    assert all(passes.is_pass(guess) for guess in guesses)
    assert not any(passes.member_of_pass(7, guess) for guess in guesses)


def test_a_roster_opens_with_good_cards_and_passes_and_nothing_else(scene: Scene) -> None:
    event, salt = scene.open(), os.urandom(16)
    session, li = scene.session, scene.community.li
    lost = issue_card(session, SYSTEM, member_id=li, at=scene.at(-60))
    report_card_lost(session, SYSTEM, card_id=lost.id, at=scene.at(-50))
    card = issue_card(session, SYSTEM, member_id=li, at=scene.at(-40))
    codes = roster.codes(session, event)
    entries, times = roster.entries(codes, salt), roster.rounds(len(codes))
    told = {"member_id": li, "name": "李建国", "phone_tail": "0002"}
    assert opened(entries, salt, times, card.digits) == told
    assert opened(entries, salt, times, passes.pass_digits(event.id or 0, li)) == told
    assert opened(entries, salt, times, lost.digits) is None
    elsewhere = passes.pass_digits((event.id or 0) + 1, li)
    assert opened(entries, salt, times, elsewhere) is None
    assert not any("李".encode() in entry.sealed for entry in entries)
    assert len({entry.tag for entry in entries}) == len(entries) == 6
    assert len({len(entry.sealed) for entry in entries}) == 1


@pytest.mark.usefixtures("bank")
def test_a_sealed_code_opens_for_its_event_only() -> None:
    digits = "12345678901234567890"
    sealed = seal_to(offline.public_key(), 7, digits)
    assert offline.opened_code(7, sealed) == digits
    wrong = [sealed[:-8], "", "AAAA", "不是", base64.b64encode(bytes(120)).decode()]
    for event_id, text in [(8, sealed), *((7, text) for text in wrong)]:
        with pytest.raises(CodeInvalid):
            offline.opened_code(event_id, text)


def test_a_sealed_code_outlives_a_change_of_keys() -> None:
    old, new = bytes(range(32)), bytes(32)
    encryption.use_secret(old)
    sealed = seal_to(offline.public_key(), 7, "123")
    encryption.use_secret(new, old)
    assert offline.opened_code(7, sealed) == "123"
    encryption.use_secret(new)
    with pytest.raises((CodeInvalid, InvalidTag)):
        offline.opened_code(7, sealed)


def test_a_roster_costs_a_thief_more_the_fewer_are_on_it() -> None:
    assert roster.rounds(0) == roster.rounds(20) == 10_000
    assert roster.rounds(1_000) == 4_000
    assert roster.rounds(10_000) == 400


@pytest.mark.slow
def test_the_roster_of_five_thousand_people_is_sealed_in_seconds() -> None:
    encryption.use_secret(bytes(32))
    people: list[roster.Person] = [(n, "欧阳春晓", "1234") for n in range(1, 5_001)]
    codes = [(passes.pass_digits(1, person[0]), person) for person in people]
    codes += [(f"{person[0]:020d}", person) for person in people]
    begun = time.process_time()
    assert len(roster.entries(codes, bytes(16))) == 10_000
    assert time.process_time() - begun < 20
