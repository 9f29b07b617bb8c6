"""动态码: what the screen at an event shows, new every 15 seconds, by the server's clock alone.

It keeps a photograph of a poster from being used at home; against a video call to a friend at the
event nothing helps but the organiser's eye.
"""

import hmac
from datetime import datetime

from pointsbank.attendance.rules import RotatingExpired, RotatingInvalid
from pointsbank.core import bank, encryption

STEP_SECONDS = 15
STEPS_ACCEPTED_BEFORE = 2
STEPS_KNOWN_BEFORE = 40
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
TOKEN_LETTERS = 16
DIGITS = 8


def token(event_code: str, at: datetime) -> str:
    """What the QR code on the screen carries at an instant."""
    return _token(event_code, _step(at))


def digits(event_code: str, at: datetime) -> str:
    """The digits under it, for who cannot scan; few, so whoever tries some out is stopped."""
    return _digits(event_code, _step(at))


def address(event_code: str, at: datetime) -> str:
    """What the QR code holds: any scanner opens it."""
    public_url = bank.settings().public_url.rstrip("/")
    return f"{public_url}/c/{event_code}?r={token(event_code, at)}"


def check(event_code: str, shown: str, at: datetime) -> None:
    """Take what a screen shows now or showed one or two steps ago, as token or as digits.

    Refuses: RotatingExpired (some minutes old), RotatingInvalid.
    """
    made = _digits if shown.isdecimal() else _token
    now = _step(at)
    for age in range(STEPS_KNOWN_BEFORE):
        if hmac.compare_digest(made(event_code, now - age).encode(), shown.encode()):
            if age > STEPS_ACCEPTED_BEFORE:
                raise RotatingExpired
            return
    raise RotatingInvalid


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def _mac(event_code: str, step: int) -> int:
    return int.from_bytes(encryption.digest(f"{event_code}:{step}", "rotating code"))


def _token(event_code: str, step: int) -> str:
    number = _mac(event_code, step)
    letters = ""
    for _ in range(TOKEN_LETTERS):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    return letters


def _digits(event_code: str, step: int) -> str:
    return f"{(_mac(event_code, step) >> 128) % 10**DIGITS:0{DIGITS}d}"
