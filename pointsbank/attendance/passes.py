"""Door passes 签到凭证: twenty digits of one member for one event, the same from first to last.

``0`` · her id enciphered for this event (17) · check digits (2). Nobody without the bank's keys can
tell one from random digits, so what is sealed under a pass is as good as sealed under a random key;
and no table holds them. The cipher is a Feistel network over decimal digits (as in NIST SP 800-38G)
with the bank's keyed digest for its round function.
"""

from sqlmodel import Session

from pointsbank.core import encryption
from pointsbank.members.models import Member
from pointsbank.members.queries import check_digits_hold, member, with_check_digits
from pointsbank.members.rules import CodeInvalid, MemberLeft, folded_digits

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
    """A pass begins with 0, a card with 1 to 8, a phone's code with 9."""
    return digits.startswith("0")


def member_id_of_pass(event_id: int, digits: str) -> int:
    """Whose pass for this event it is. Refuses: CodeInvalid (another event's, too)."""
    if not (is_pass(digits) and check_digits_hold(digits)):
        raise CodeInvalid
    left, right = int(digits[1:9]), int(digits[9:18])
    for turn in reversed(range(_ROUNDS)):
        left, right = (right - _mixed(event_id, turn, left)) % _HALVES[turn % 2], left
    member_id = left * _HALVES[1] + right
    if not 0 < member_id < _MOST_MEMBER:
        raise CodeInvalid
    return member_id


def member_by_pass(session: Session, event_id: int, digits: str) -> Member:
    """Whose pass for this event it is. Refuses: CodeInvalid, MemberLeft."""
    holder = session.get(Member, member_id_of_pass(event_id, folded_digits(digits)))
    if holder is None:
        raise CodeInvalid
    if holder.merged_into_id is not None:
        holder = member(session, holder.merged_into_id)
    if holder.left_on is not None:
        raise MemberLeft(left_on=holder.left_on)
    return holder


def _mixed(event_id: int, turn: int, half: int) -> int:
    mac = encryption.digest(f"{event_id}:{turn}:{half}", "door pass")
    return int.from_bytes(mac[:12])
