"""A scan's claim: signed when the code is scanned, good for minutes, its instant is the scan's."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsbank.attendance.rules import ClaimForAnotherEvent
from pointsbank.core import bank, tokens

_PURPOSE = "check-in-claim"


@dataclass(frozen=True, slots=True)
class Claim:
    """When the code was scanned, and the key under which that scan is written once."""

    claimed_at: datetime
    key: str


def sign(code: str, *, at: datetime) -> str:
    """The claim of somebody who scans this event's code now; it can wait for her to sign in."""
    return tokens.sign(_PURPOSE, {"code": code, "nonce": secrets.token_urlsafe(9)}, at=at)


def read(claim: str, code: str, *, at: datetime) -> Claim:
    """What a claim says. Refuses, in order: TokenInvalid, TokenExpired, ClaimForAnotherEvent."""
    lifetime = timedelta(minutes=bank.settings().claim_minutes)
    said, claimed_at = tokens.read(_PURPOSE, claim, at=at, lifetime=lifetime)
    if said["code"] != code.strip().upper():
        raise ClaimForAnotherEvent
    return Claim(claimed_at, str(said["nonce"]))
