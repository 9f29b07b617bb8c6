"""What a good password or PIN is, and how first ones and recovery codes are drawn."""

import unicodedata
from collections.abc import Callable, Iterable

from pointsbank.core.errors import Invalid, say

LEAST_PASSWORD, MOST_PASSWORD = 8, 128
LEAST_CLASSES = 3
PIN_LENGTH = 6
LEAST_KNOWN = 4  # what is shorter stands in many a good password

_RUNS = ("01234567890", "09876543210")
# What is read off paper: no 0/O, 1/I/l, 2/Z, 5/S, 8/B.
_CAPITALS, _SMALL, _DIGITS = "ACDEFGHJKMNPQRTWXY", "acdefghjkmnpqrtwxy", "34679"

# Those of three classes that head the lists of what was found out here.
_FOUND_OUT = (
    "aa123456 a1234567 a12345678 a123456789 ab123456 abc12345 abc123456 abcd1234 abcd12345"
    " admin123 admin1234 admin12345 admin888 administrator123 asd12345 asd123456 asdf1234"
    " changeme123 china123 ceshi123 huawei123 iloveyou1 letmein123 p4ssw0rd passw0rd"
    " passw0rd1 password1 password12 password123 pssw0rd"
    " pssw0rd1 pssw0rd123 pssword123 q1w2e3r4 q1w2e3r4t5"
    " qaz12345 qazwsx123 qq123456 qwe12345 qwe123456 qwer1234 qwert12345 qwerty12 qwerty123"
    " root1234 system123 test1234 user1234 wang1234 welcome1 welcome123 woaini1314 woaini520"
    " zaq12wsx zhang123 1q2w3e4r 1qazwsx 1qaz2wsx 12345678a 123456aa 123456abc 123456qwe 1234abcd"
    " 123qweasd 888888aa"
)
_COMMON = frozenset(_FOUND_OUT.split())


class WeakPassword(Invalid):
    """等保: at least 8 characters of three of the four classes."""

    sentence = say("密码至少 8 位，且含大写字母、小写字母、数字、符号中的三类。")


class WeakPin(Invalid):
    sentence = say("6 位数字密码太简单，请不要用连续或重复的数字。")


class CommonPassword(Invalid):
    """One of those that are tried first, letters and digits alone counted."""

    sentence = say("这个密码太常见，容易被别人猜到，请换一个。")


class PasswordTells(Invalid):
    """It holds what others know of her: ``known`` of ``check_password``."""

    sentence = say("密码里不要有登录名或生日，别人容易猜到。")


def folded(text: str) -> str:
    """What was meant under a Chinese input method: full-width letters and digits become plain."""
    return unicodedata.normalize("NFKC", text)


def is_pin(password: str) -> bool:
    """Six digits: enough for a volunteer, as five failures lock an account; not for staff."""
    return len(password) == PIN_LENGTH and password.isascii() and password.isdigit()


def check_password(password: str, *, staff: bool, known: Iterable[str] = ()) -> str:
    """The folded password, or a refusal: WeakPin (volunteers only), WeakPassword, CommonPassword,
    PasswordTells (one of ``known``: what others know of her, in small letters).
    """
    meant = folded(password)
    if is_pin(meant) and not staff:
        if is_easy_pin(meant):
            raise WeakPin
    elif not LEAST_PASSWORD <= len(meant) <= MOST_PASSWORD or classes_in(meant) < LEAST_CLASSES:
        raise WeakPassword
    bare = "".join(c for c in meant.casefold() if c.isalnum())
    if bare in _COMMON:
        raise CommonPassword
    if any(text in meant.casefold() for text in known if len(text) >= LEAST_KNOWN):
        raise PasswordTells
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
