"""Door passes 签到凭证: twenty digits of one member for one event, the same from first to last.

``0`` · her id enciphered for this event (17) · check digits (2). Nobody without the bank's keys can
tell one from random digits, so what is sealed under a pass is as good as sealed under a random key;
and no table holds them. The cipher is a Feistel network over decimal digits (as in NIST SP 800-38G)
with the bank's keyed digest for its round function.
"""

from pointsbank.core import encryption
from pointsbank.members.queries import check_digits_hold, with_check_digits

_ROUNDS = 10
_HALVES = (10**8, 10**9)  # which together are the seventeen digits
_MOST_MEMBER = 10**8


def pass_digits(event_id: int, member_id: int) -> str:
    """The digits of this member at this event."""
    left, right = divmod(member_id, _HALVES[1])
    for turn in range(_ROUNDS):
        left, right = right, (left + _mixed(event_id, turn, right)) % _HALVES[turn % 2]
    return with_check_digits(f"0{left:08d}{right:09d}")


def is_pass(digits: str) -> bool:
    """Whether bare digits have the form of a pass: a card's begin with 1 to 8, a phone's with 9."""
    return digits.startswith("0") and check_digits_hold(digits)


def member_of_pass(event_id: int, digits: str) -> int:
    """The member of digits of that form; 0 where they are of another event, or guessed."""
    left, right = int(digits[1:9]), int(digits[9:18])
    for turn in reversed(range(_ROUNDS)):
        left, right = (right - _mixed(event_id, turn, left)) % _HALVES[turn % 2], left
    member_id = left * _HALVES[1] + right
    return member_id if member_id < _MOST_MEMBER else 0


def _mixed(event_id: int, turn: int, half: int) -> int:
    mac = encryption.digest(f"{event_id}:{turn}:{half}", "door pass")
    return int.from_bytes(mac[:12])
