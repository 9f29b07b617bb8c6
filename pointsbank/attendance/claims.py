"""A scan's claim: signed when the code is scanned, good for minutes, its instant is the scan's."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsbank.attendance.rules import ClaimForAnotherEvent
from pointsbank.core import bank, tokens
from pointsbank.hours.rules import Way

_PURPOSE = "check-in-claim"


@dataclass(frozen=True, slots=True)
class Claim:
    """When the code was scanned, the key under which that scan is written once, and whether it was
    on a poster or a screen.
    """

    claimed_at: datetime
    key: str
    way: Way = Way.STATIC


def sign(code: str, *, at: datetime, way: Way = Way.STATIC) -> str:
    """The claim of somebody who scans this event's code now; it can wait for her to sign in."""
    said = {"code": code, "nonce": secrets.token_urlsafe(9)}
    if way is not Way.STATIC:
        said["way"] = way.value
    return tokens.sign(_PURPOSE, said, at=at)


def read(claim: str, code: str, *, at: datetime) -> Claim:
    """What a claim says. Refuses, in order: TokenInvalid, TokenExpired, ClaimForAnotherEvent."""
    lifetime = timedelta(minutes=bank.settings().claim_minutes)
    said, claimed_at = tokens.read(_PURPOSE, claim, at=at, lifetime=lifetime)
    if said["code"] != code.strip().upper():
        raise ClaimForAnotherEvent
    return Claim(claimed_at, str(said["nonce"]), Way(said.get("way", Way.STATIC)))
