"""活动码凭证: twenty digits of one volunteer for one event, which her phone shows and which stay.

``0`` · member (8) · truncated keyed digest over event and member (9) · check digits (2).
"""

from pointsbank.core import encryption
from pointsbank.members.queries import check_digits_hold, with_check_digits


def event_code(event_id: int, member_id: int) -> str:
    """The digits by which this member is let in at this event, and at no other."""
    return with_check_digits(f"0{member_id:08d}{_proof(event_id, member_id)}")


def is_event_code(digits: str) -> bool:
    """Whether bare digits have the form of such a code: a card's begin with 1 to 8, a phone's 9."""
    return digits.startswith("0") and check_digits_hold(digits)


def member_of_event_code(event_id: int, digits: str) -> int:
    """The member of a code of that form; 0 where it is of another event, or forged."""
    member_id = int(digits[1:9])
    return member_id if digits[9:18] == _proof(event_id, member_id) else 0


def _proof(event_id: int, member_id: int) -> str:
    mac = encryption.digest(f"{event_id}:{member_id}", "event code")
    return f"{int.from_bytes(mac[:8]) % 10**9:09d}"
