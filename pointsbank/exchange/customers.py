"""A person who showed her code at a counter: for a while a signed text stands for her there."""

from datetime import datetime, timedelta

from pointsbank.core import tokens

STAY = timedelta(minutes=15)


def known_as(member_id: int, org_id: int, *, at: datetime) -> str:
    """What stands for this member at this counter from now on."""
    return tokens.sign("counter", {"member": member_id, "org": org_id}, at=at)


def who(customer: str, *, at: datetime) -> tuple[int, int]:
    """Member and counter's organisation. Refuses, in order: TokenInvalid, TokenExpired."""
    known, _ = tokens.read("counter", customer, at=at, lifetime=STAY)
    return int(known["member"]), int(known["org"])
