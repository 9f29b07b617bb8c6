"""What a good password or PIN is, and how first ones and recovery codes are drawn."""

import unicodedata
from collections.abc import Callable

from pointsbank.core.errors import Invalid, say

LEAST_PASSWORD, MOST_PASSWORD = 8, 128
LEAST_CLASSES = 3
PIN_LENGTH = 6

_RUNS = ("01234567890", "09876543210")
# What is read off paper: no 0/O, 1/I/l, 2/Z, 5/S, 8/B.
_CAPITALS, _SMALL, _DIGITS = "ACDEFGHJKMNPQRTWXY", "acdefghjkmnpqrtwxy", "34679"


class WeakPassword(Invalid):
    """等保: at least 8 characters of three of the four classes."""

    sentence = say("密码至少 8 位，且含大写字母、小写字母、数字、符号中的三类。")


class WeakPin(Invalid):
    sentence = say("6 位数字密码太简单，请不要用连续或重复的数字。")


def folded(text: str) -> str:
    """What was meant under a Chinese input method: full-width letters and digits become plain."""
    return unicodedata.normalize("NFKC", text)


def is_pin(password: str) -> bool:
    """Six digits: enough for a volunteer, as five failures lock an account; not for staff."""
    return len(password) == PIN_LENGTH and password.isascii() and password.isdigit()


def check_password(password: str, *, staff: bool) -> str:
    """The folded password, or a refusal. Staff: WeakPassword. Volunteers: WeakPin, WeakPassword."""
    meant = folded(password)
    if is_pin(meant) and not staff:
        if is_easy_pin(meant):
            raise WeakPin
        return meant
    if not LEAST_PASSWORD <= len(meant) <= MOST_PASSWORD or classes_in(meant) < LEAST_CLASSES:
        raise WeakPassword
    return meant


def classes_in(password: str) -> int:
    """How many of the four classes occur: capital letters, small letters, digits, anything else."""
    kinds = {
        "A" if c.isupper() else "a" if c.islower() else "0" if c.isdigit() else "*"
        for c in password
    }
    return len(kinds)


def first_password(draw: Callable[[int], int], *, staff: bool) -> str:
    """A password to print once, or six digits for a volunteer; ``draw(n)`` is random below n."""
    if staff:
        shape = ((_CAPITALS, *[_SMALL] * 3), [_DIGITS] * 4, [_SMALL] * 4)
        return "-".join("".join(kind[draw(len(kind))] for kind in group) for group in shape)
    pin = f"{draw(10**PIN_LENGTH):0{PIN_LENGTH}d}"
    return pin if not is_easy_pin(pin) else first_password(draw, staff=False)


def is_easy_pin(pin: str) -> bool:
    """Whether the digits run up or down, or there are only one or two of them."""
    return len(set(pin)) < LEAST_CLASSES or any(pin in run for run in _RUNS)


def recovery_code(draw: Callable[[int], int]) -> str:
    """Twelve letters and digits off a printed list, which stand in for the authenticator once."""
    signs = _SMALL + _DIGITS
    return "-".join("".join(signs[draw(len(signs))] for _ in range(4)) for _ in range(3))


def recovery_code_folded(typed: str) -> str:
    """What was meant by a typed recovery code: case, blanks and hyphens do not count."""
    return "".join(c for c in folded(typed).lower() if c.isalnum())
