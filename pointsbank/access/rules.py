"""The language of access: who may come in, how long a lockout lasts, which roles never meet."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pointsbank.access.origins import Origin, agent_label, network_of
from pointsbank.access.strength import (
    MOST_PASSWORD,
    CommonPassword,
    PasswordTells,
    WeakPassword,
    WeakPin,
    check_password,
    first_password,
    folded,
    is_easy_pin,
    is_pin,
    recovery_code,
    recovery_code_folded,
)
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

__all__ = [
    "MOST_PASSWORD", "CommonPassword", "Origin", "PasswordTells", "WeakPassword", "WeakPin",
    "agent_label", "check_password", "first_password", "folded", "is_easy_pin", "is_pin",
    "network_of", "recovery_code", "recovery_code_folded",
]  # fmt: skip

STAFF_NAME_LENGTH = 32
DISPLAY_NAME_LENGTH = 50
LONGEST_PATH = 500

STAFF_SESSION = timedelta(days=1)
ACCOUNT_WINDOW, ADDRESS_WINDOW = timedelta(days=1), timedelta(hours=1)
LONGEST_LOCKOUT = 3  # times the first
GUESSES = 20
GUESS_WINDOW = timedelta(minutes=10)
RECOVERY_CODES = 10
SECOND_STEP = timedelta(minutes=5)
IDLE_TOKEN = "idle."  # noqa: S105 - how the token of a session begins that ends when idle

_STAFF_NAME = re.compile(r"(?=.*[^\W\d_])[\w.-]{2,32}")


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


class CodeNeeded(Unauthenticated):
    """The password was right; this account's authenticator is asked too.

    ``half_way`` stands for the password in the second step: no fact, as facts may be logged.
    """

    sentence = say("请填写动态口令。")
    half_way: str = ""


class WrongCode(Unauthenticated):
    """Not the authenticator's code of this minute, or one that was used already."""

    sentence = say("动态口令不对或已经用过，请等出现新口令后再填。")


class SecondStepOver(Unauthenticated):
    """Too long between password and code, or the password has changed in between."""

    sentence = say("登录已超时，请重新填写密码。")


class TooManyGuesses(Exhausted):
    """Too many cards or phone codes that there are not; facts: ``until``."""

    sentence = say("连续多次扫到无效的码，请在 %(until)s 以后再试，或按姓名查找。")


class AuthenticatorThere(Conflict):
    sentence = say("动态口令已经启用。")


class NoAuthenticator(NotFound):
    sentence = say("这个账号没有启用动态口令。")


class AuthenticatorRequired(Conflict):
    sentence = say("管理员必须使用动态口令，不能停用。")


class NoSuchSession(NotFound):
    sentence = say("这次登录已经结束。")


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


class UserEnabled(Conflict):
    sentence = say("该账号没有停用。")


class HolderGone(Conflict):
    """Her record left the register or is another's now."""

    sentence = say("账号的主人已退出登记或并入另一条登记，不能再启用。")


class AuditorProtected(Forbidden):
    """Those whom an auditor watches cannot take over her account."""

    sentence = say("监督员的密码只能由运维人员在服务器上重设。")


class HigherNeeded(Forbidden):
    """Who holds an administrator's power is renewed from above, never by her peers."""

    sentence = say("管理员的账号由上级组织的管理员重设或停用，最上级的由运维人员在服务器上办理。")


class WithdrawnFromAbove(Forbidden):
    """Peers do not end one another's power, nor those whom an auditor watches hers."""

    sentence = say("管理员和监督员的角色由上级组织的管理员收回，最上级的由运维人员在服务器上收回。")


class NotForOneself(Forbidden):
    """等保: nobody gives herself power, nor gets round her own password."""

    sentence = say("不能给自己授权、重设密码或停用账号，请由其他管理员办理。")


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


class Entry(StrEnum):
    """How a session was opened; the last two only on a shared device, and for its purpose only."""

    PASSWORD = "password"  # noqa: S105 - a way in
    PROVIDER = "provider"
    CARD = "card"
    COUNTER_PIN = "counter_pin"


ENTRY_NAMES = {
    Entry.PASSWORD: say("密码"),
    Entry.PROVIDER: say("统一身份认证"),
    Entry.CARD: say("志愿者卡"),
    Entry.COUNTER_PIN: say("兑换点密码"),
}


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How sessions last and begin: the bank's settings, handed in by the edge."""

    volunteer: timedelta = timedelta(days=90)
    staff: timedelta = STAFF_SESSION
    staff_idle_minutes: int = 30
    administrators_enrol: bool = False
    password_days: int = 0


@dataclass(frozen=True, slots=True)
class LockoutTerms:
    """After how many failures, and for how long, sign-in closes: the bank's settings.

    An address may fail more often than an account: a whole station, or a carrier's network, comes
    from one.
    """

    failures: int = 5
    address_failures: int = 30
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a typed name stands for: ``account`` names it in the table of failures, known or not."""

    account: bytes
    user_id: int | None
    password_hash: str
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the password was right, and against which hash, so that a later change voids it.

    ``entry`` is ``PROVIDER`` where the identity provider vouched for her in its place;
    ``two_factors`` where that itself asked for two.
    """

    account: bytes
    user_id: int | None
    password_hash: str
    right: bool
    entry: Entry = Entry.PASSWORD
    two_factors: bool = False


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What a sign-in gives: the ``token`` goes to the browser once and is stored nowhere."""

    token: str
    user_id: int
    expires_at: datetime
    idle_minutes: int
    must_change: bool
    must_enrol: bool = False


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


def local_path(text: str) -> str:
    """A path of this service to go to after signing in; anything else becomes the start page."""
    plain = text.isprintable() and "\\" not in text and len(text) <= LONGEST_PATH
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def locked_until(
    failures: int, last_at: datetime | None, most: int, minutes: int
) -> datetime | None:
    """When the next try is allowed after so many failures, the last of them at an instant.

    From ``most`` failures on so many minutes, then twice, then three times as many after each
    further one. The usual numbers of 等保: 5 failures, 10 to 30 minutes.
    """
    if last_at is None or failures < most:
        return None
    return last_at + timedelta(minutes=minutes) * min(failures - most + 1, LONGEST_LOCKOUT)


def check_roles_meet(role: Role, period: Period, held: Iterable[tuple[Role, Period]]) -> None:
    """Refuse with ``RolesConflict`` where administrator and auditor would meet on some day."""
    apart = {Role.ADMINISTRATOR: Role.AUDITOR, Role.AUDITOR: Role.ADMINISTRATOR}.get(role)
    if any(other is apart and period.overlaps(theirs) for other, theirs in held):
        raise RolesConflict
