"""The language of access: what a good password is, how long a lockout lasts, who never meets."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsbank.core.actor import Role
from pointsbank.core.errors import (
    Conflict, Exhausted, Forbidden, Invalid, NotFound, Unauthenticated, say,
)  # fmt: skip

STAFF_NAME_LENGTH = 32
PASSWORD_HASH_LENGTH = 255
PASSWORD_LENGTHS = (8, 128)
PIN_LENGTH = 6

VOLUNTEER_SESSION = timedelta(days=90)
STAFF_SESSION = timedelta(days=1)
STAFF_IDLE_MINUTES = 30

FAILURES_OF_AN_ACCOUNT = 5
FAILURES_OF_AN_ADDRESS = 30  # a whole station, or a carrier's NAT, shares one address
FAILURES_WINDOW = timedelta(days=1)
LOCKOUTS = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))

_STAFF_NAME = re.compile(r"(?=.*[^\W\d_])[\w.\-]{2,32}")
_PHONE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})")
_EASY_PIN_RUNS = "01234567890", "09876543210"


class UserNotFound(NotFound):
    """There is no such user."""

    sentence = say("没有这个账号。")


class WrongPassword(Unauthenticated):
    """Unknown name, wrong password or closed account: nobody is told which."""

    sentence = say("账号或密码不对，请检查后再试。忘记密码请联系社区工作人员。")


class LockedOut(Exhausted):
    """Too many failures: wait."""

    sentence = say("输错次数过多，已暂停登录，请在%(until)s之后再试。")


class WeakPassword(Invalid):
    """The password does not meet the rule for this kind of user."""


class NameTaken(Conflict):
    """Another user signs in by this name."""

    sentence = say("这个登录名已有人使用，请换一个。")


class MemberHasUser(Conflict):
    """This member can already sign in."""

    sentence = say("该成员已有登录账号。")


class RolesConflict(Conflict):
    """Administrator and auditor never meet in one person."""

    sentence = say("管理员与监督员不能由同一人担任，请先收回另一角色。")


class RoleHeldAlready(Conflict):
    """She holds this role for this organisation in this time already."""

    sentence = say("该账号在这段时间已有此角色。")


class RoleEnded(Conflict):
    """The grant has ended already."""

    sentence = say("该角色已于%(until)s收回。")


class GrantNotFound(NotFound):
    """There is no such grant of a role."""

    sentence = say("没有这条授权记录。")


class AuditorProtected(Forbidden):
    """An auditor's password is renewed at the server, not by those whom she watches."""

    sentence = say("监督员的密码只能由运维人员在服务器上重设。")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` to and including ``until``; None is open."""

    since: date
    until: date | None = None

    def overlaps(self, other: "Period") -> bool:
        return (other.until is None or self.since <= other.until) and (
            self.until is None or other.since <= self.until
        )


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What a sign-in gives: the ``token`` is shown to the browser once and stored nowhere."""

    token: str
    user_id: int
    expires_at: datetime
    idle_minutes: int
    must_change: bool
