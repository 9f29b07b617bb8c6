"""The language of access: what a good password is, how long a lockout lasts, who never meets."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pointsbank.core.actor import Role
from pointsbank.core.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    say,
)  # fmt: skip

STAFF_NAME_LENGTH = 32
DISPLAY_NAME_LENGTH = 50
LEAST_PASSWORD, MOST_PASSWORD = 8, 128
LEAST_CLASSES = 3
PIN_LENGTH = 6
LONGEST_PATH = 500

STAFF_SESSION = timedelta(days=1)
FAILURES_OF_AN_ACCOUNT = 5
FAILURES_OF_AN_ADDRESS = 30
"""More than an account's: a whole station, or a carrier's network, comes from one address."""
ACCOUNT_WINDOW, ADDRESS_WINDOW = timedelta(days=1), timedelta(hours=1)
LOCKOUTS = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))

_STAFF_NAME = re.compile(r"(?=.*[^\W\d_])[\w.-]{2,32}")
_RUNS = ("01234567890", "09876543210")
# What is read off paper: no 0/O, 1/I/l, 2/Z, 5/S, 8/B.
_CAPITALS, _SMALL, _DIGITS = "ACDEFGHJKMNPQRTWXY", "acdefghjkmnpqrtwxy", "34679"


class NoSuchUser(NotFound):
    sentence = say("没有这个账号。")


class NoSuchGrant(NotFound):
    sentence = say("没有这条授权记录。")


class WrongPassword(Unauthenticated):
    """Unknown name, wrong password or closed account: nobody is told which."""

    sentence = say("账号或密码不对，请检查后再试。忘记密码请联系社区工作人员。")


class LockedOut(Exhausted):
    """Too many failures of this account or from this address; facts: ``until``."""

    sentence = say("输错次数过多，已暂停登录，请在 %(until)s 以后再试。")


class WeakPassword(Invalid):
    """等保: at least 8 characters of three of the four classes."""

    sentence = say("密码至少 8 位，且含大写字母、小写字母、数字、符号中的三类。")


class WeakPin(Invalid):
    sentence = say("6 位数字密码太简单，请不要用连续或重复的数字。")


class PasswordUnchanged(Invalid):
    sentence = say("新密码不能与原密码相同。")


class StaffNameInvalid(Invalid):
    sentence = say("登录名为 2 至 32 个字，可用汉字、字母、数字、点和横线，且不能全是数字。")


class DisplayNameInvalid(Invalid):
    sentence = say("姓名不能为空，且不超过 %(most)s 个字。")


class StaffNameTaken(Conflict):
    sentence = say("登录名“%(name)s”已有人使用，请换一个。")


class MemberHasUser(Conflict):
    sentence = say("该成员已有登录账号。")


class UserDisabled(Conflict):
    sentence = say("该账号已于 %(disabled_on)s 停用。")


class AuditorProtected(Forbidden):
    """Those whom an auditor watches cannot take over her account."""

    sentence = say("监督员的密码只能由运维人员在服务器上重设。")


class NotGrantable(Invalid):
    sentence = say("志愿者身份来自成员登记，不需要授权。")


class PeriodInvalid(Invalid):
    sentence = say("结束日期不能早于开始日期。")


class RolesConflict(Conflict):
    """Separation of duties 三权分立 (等保)."""

    sentence = say("管理员与监督员不能由同一人担任，请先收回另一角色。")


class RoleHeldAlready(Conflict):
    sentence = say("该账号在这段时间已有此角色。")


class GrantEnded(Conflict):
    sentence = say("该角色已于 %(until_on)s 到期或收回。")


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long sessions last: the bank's settings, handed in by the edge."""

    volunteer: timedelta = timedelta(days=90)
    staff: timedelta = STAFF_SESSION
    staff_idle_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a typed name stands for: ``account`` names it in the table of failures, known or not."""

    account: bytes
    user_id: int | None
    password_hash: str
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the password was right, and against which hash, so that a later change voids it."""

    account: bytes
    user_id: int | None
    password_hash: str
    right: bool


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What a sign-in gives: the ``token`` goes to the browser once and is stored nowhere."""

    token: str
    user_id: int
    expires_at: datetime
    idle_minutes: int
    must_change: bool


@dataclass(frozen=True, slots=True)
class TrailLine:
    """An entry of the audit trail with the name of who acted, for the auditor's eyes."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: int
    actor_name: str
    roles: tuple[str, ...]
    address: str
    action: str
    subject_kind: str
    subject_id: int
    org_id: int | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` until and including ``until``; without it, open."""

    since: date
    until: date | None = None

    @property
    def empty(self) -> bool:
        return self.until is not None and self.until < self.since

    def reaches(self, day: date) -> bool:
        """Whether any of its days is this day or later."""
        return not self.empty and (self.until is None or self.until >= day)

    def overlaps(self, other: "Period") -> bool:
        if self.empty or other.empty:
            return False
        return (other.until is None or self.since <= other.until) and (
            self.until is None or other.since <= self.until
        )


def folded(text: str) -> str:
    """What was meant under a Chinese input method: full-width letters and digits become plain."""
    return unicodedata.normalize("NFKC", text)


def staff_name_folded(name: str) -> str:
    """The form in which staff names are stored and compared: no blanks around, no case."""
    return folded(name).strip().casefold()


def check_staff_name(name: str) -> str:
    """The folded name, or ``StaffNameInvalid``. It holds a letter, so it is no phone number."""
    bare = staff_name_folded(name)
    if not _STAFF_NAME.fullmatch(bare):
        raise StaffNameInvalid
    return bare


def check_display_name(name: str) -> str:
    """The name without surrounding blanks, or ``DisplayNameInvalid``."""
    bare = name.strip()
    if not 0 < len(bare) <= DISPLAY_NAME_LENGTH or not bare.isprintable():
        raise DisplayNameInvalid(most=DISPLAY_NAME_LENGTH)
    return bare


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


def local_path(text: str) -> str:
    """A path of this service to go to after signing in; anything else becomes the start page."""
    plain = text.isprintable() and "\\" not in text and len(text) <= LONGEST_PATH
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def locked_until(failures: int, last_at: datetime | None, most: int) -> datetime | None:
    """When the next try is allowed after so many failures, the last of them at an instant.

    From ``most`` failures on, 10 minutes, then 20, then 30 after each further one.
    """
    if last_at is None or failures < most:
        return None
    return last_at + LOCKOUTS[min(failures - most, len(LOCKOUTS) - 1)]


def check_roles_meet(role: Role, period: Period, held: Iterable[tuple[Role, Period]]) -> None:
    """Refuse with ``RolesConflict`` where administrator and auditor would meet on some day."""
    apart = {Role.ADMINISTRATOR: Role.AUDITOR, Role.AUDITOR: Role.ADMINISTRATOR}.get(role)
    if any(other is apart and period.overlaps(theirs) for other, theirs in held):
        raise RolesConflict
