"""The language of keeping accounts: what a list shows, what a slip says."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.actor import Role
from pointsbank.core.errors import say

GRANTABLE = tuple(role for role in Role if role is not Role.VOLUNTEER)


class AccountState(StrEnum):
    NO_PASSWORD = "no_password"  # noqa: S105 - a state
    FIRST_PASSWORD = "first_password"  # noqa: S105 - a state
    IN_USE = "in_use"
    DISABLED = "disabled"


STATE_NAMES = {
    AccountState.NO_PASSWORD: say("未发密码"),
    AccountState.FIRST_PASSWORD: say("待首次登录"),
    AccountState.IN_USE: say("使用中"),
    AccountState.DISABLED: say("已停用"),
}


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of an account, with its organisation's name and its days."""

    grant_id: int
    role: Role
    org_id: int
    org_name: str
    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as a list shows it. ``login`` is a staff name, or how a member signs in."""

    user_id: int
    member_id: int | None
    name: str
    staff_name: str
    place: str
    state: AccountState
    roles: tuple[HeldRole, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for the holder of an account, once."""

    user_id: int
    name: str
    staff_name: str
    phone: str
    password: str
