"""Door passes, the sealed roster, and codes that a device seals to the server's key."""

import base64
import hashlib
import hmac
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scene import NINE, Scene
from sqlalchemy import select

from pointsbank.attendance import offline, passes, roster
from pointsbank.core import encryption
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound
from pointsbank.members.operations import issue_card, report_card_lost
from pointsbank.members.rules import CodeInvalid


def opened(sealed: offline.Roster, digits: str) -> dict[str, Any] | None:
    """What a device makes of a scan with the roster alone, written from the API's description."""
    salt = base64.b64decode(sealed.salt)
    secret = hashlib.pbkdf2_hmac("sha256", digits.encode(), salt, sealed.iterations)
    tag = hmac.digest(secret, b"tag", "sha256")[:8].hex()
    for entry in sealed.entries:
        if entry.tag == tag:
            body, key = base64.b64decode(entry.sealed), hmac.digest(secret, b"key", "sha256")
            told: dict[str, Any] = json.loads(AESGCM(key).decrypt(body[:12], body[12:], None))
            return told
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


def test_a_roster_opens_with_cards_and_passes_and_nothing_else(scene: Scene) -> None:
    event = scene.open()
    session, li = scene.session, scene.community.li
    lost = issue_card(session, SYSTEM, member_id=li, at=scene.at(-60))
    report_card_lost(session, SYSTEM, card_id=lost.id, at=scene.at(-50))
    card = issue_card(session, SYSTEM, member_id=li, at=scene.at(-40))
    _, people = roster.expected(session, scene.community.organiser, event.id or 0)
    sealed = offline.roster(event.id or 0, people, NINE)
    told = {"member_id": li, "name": "李建国", "phone_tail": "0002"}
    assert opened(sealed, card.digits) == told
    assert opened(sealed, passes.pass_digits(event.id or 0, li)) == told
    assert opened(sealed, lost.digits) is None
    assert opened(sealed, passes.pass_digits((event.id or 0) + 1, li)) is None
    written = json.dumps([entry.sealed + entry.tag for entry in sealed.entries])
    assert "李" not in written
    assert card.digits not in written
    assert len({entry.tag for entry in sealed.entries}) == len(sealed.entries) == len(people) + 1


def test_only_who_runs_the_event_takes_people_along_and_names_are_recorded(scene: Scene) -> None:
    event = scene.open()
    asked: dict[str, Any] = {"event_id": event.id, "at": NINE}
    with pytest.raises(EventNotFound):
        roster.take_names_along(scene.session, scene.community.organiser, event_id=99, at=NINE)
    with pytest.raises(Forbidden):
        roster.take_names_along(scene.session, scene.community.stranger, **asked)
    people = roster.take_names_along(scene.session, scene.community.organiser, **asked)
    names = {person.name for person in people}
    assert "王桂芳" in names
    assert scene.community.zhou not in {person.member_id for person in people}
    wanted = select(AuditEntry).where(AuditEntry.action == "attendance.take_names_along")
    [entry] = scene.session.execute(wanted).scalars()
    assert entry.facts == {"count": len(people)}


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


@pytest.mark.slow
def test_a_roster_costs_a_thief_more_the_fewer_are_on_it() -> None:
    encryption.use_secret(bytes(32))
    few = offline.roster(1, [roster.Expected(1, "王桂芳", "0001")], NINE)
    assert few.iterations == 10_000
    cards = (f"{n:020d}" for n in range(5_000))
    people = [roster.Expected(n, "欧阳春晓", "1234", (next(cards),)) for n in range(1, 5_001)]
    sealed = offline.roster(1, people, NINE - timedelta(hours=1))
    assert len(sealed.entries) == 10_000
    assert sealed.iterations == 400
