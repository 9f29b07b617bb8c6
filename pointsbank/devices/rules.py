"""The language of devices: pairing codes, posts, tokens of machines, and their refusals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsbank.core.actor import Role, Scope
from pointsbank.core.errors import Conflict, Invalid, NotFound, Unauthenticated, say

NAME_LENGTH = 40
KEY_LENGTH = 40
PAIRING = timedelta(minutes=10)
CARD_STAY = timedelta(minutes=15)
CLERK_STAY = timedelta(hours=12)
LONGEST_DAYS = 400
POSTS = (Scope.AT_COUNTER, Scope.AT_DOOR)
OF_MACHINES = (
    Scope.READ_EVALUATIONS, Scope.READ_EVENTS, Scope.READ_ORGANISATIONS, Scope.SEND_SCANS,
)  # fmt: skip
PAIRERS = (Role.ORGANISER, Role.SECRETARY, Role.ADMINISTRATOR)
"""Who pairs a device at a door; one at a counter is a secretary's or an administrator's affair."""
COUNTER_PAIRERS = (Role.SECRETARY, Role.ADMINISTRATOR)

DEVICE_TOKEN, MACHINE_TOKEN = "device.", "machine."
CODE_LENGTH = 10
_SIGNS = "ACDEFGHJKMNPQRTWXY34679"  # what is typed off a screen: no 0/O, 1/I, 2/Z, 5/S, 8/B


class NoSuchDevice(NotFound):
    sentence = say("没有这台设备。")


class NoSuchPairing(NotFound):
    sentence = say("配对码不对或已失效，请在电脑上重新生成。")


class PairingOver(Conflict):
    """A pairing code is good once and for ten minutes."""

    sentence = say("配对码已经用过或已过期，请在电脑上重新生成。")


class NoSuchMachine(NotFound):
    sentence = say("没有这个接口令牌。")


class DeviceRevoked(Conflict):
    sentence = say("该设备已于 %(revoked_at)s 停用。")


class MachineRevoked(Conflict):
    sentence = say("该令牌已于 %(revoked_at)s 收回。")


class DeviceNameInvalid(Invalid):
    sentence = say("名称不能为空，且不超过 %(most)s 个字。")


class ScopeMissing(Invalid):
    sentence = say("请选择用途。")


class EventMissing(Invalid):
    sentence = say("活动签到的设备须选择一个本组织尚未结束的活动。")


class ExpiryInvalid(Invalid):
    sentence = say("到期日应在今天以后，最长 %(most)s 天。")


class KeyReused(Conflict):
    sentence = say("这个请求编号已用于别的内容。")


class WrongCardOrPin(Unauthenticated):
    """No such card, no account, wrong PIN: nobody is told which."""

    sentence = say("卡号或密码不对。没有密码的，请工作人员当场开通。")


class WrongCounterPin(Unauthenticated):
    sentence = say("登录名或兑换点密码不对。还没有兑换点密码的，请先在“我的安全”里设置。")


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device as its organisation's staff see it."""

    id: int
    name: str
    scope: Scope
    org_id: int
    org_name: str
    event_title: str
    paired_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class MachineLine:
    """A machine's token, without the token."""

    id: int
    name: str
    scopes: tuple[str, ...]
    org_name: str
    made_at: datetime
    expires_on: date
    revoked_at: datetime | None


def is_of_a_thing(token: str) -> bool:
    """Whether a token is a device's or a machine's, not a person's."""
    return token.startswith((DEVICE_TOKEN, MACHINE_TOKEN))


def check_name(name: str) -> str:
    """The name without surrounding blanks, or ``DeviceNameInvalid``."""
    bare = name.strip()
    if not 0 < len(bare) <= NAME_LENGTH or not bare.isprintable():
        raise DeviceNameInvalid(most=NAME_LENGTH)
    return bare


def check_scopes(asked: Iterable[Scope]) -> list[Scope]:
    """What a machine may be let do, in the house's order, or ``ScopeMissing``."""
    wanted = set(asked)
    found = [scope for scope in OF_MACHINES if scope in wanted]
    if not found:
        raise ScopeMissing
    return found


def check_expiry(expires_on: date, *, today: date) -> None:
    """A token lives for a while: ``ExpiryInvalid`` unless from tomorrow to 400 days."""
    if not today < expires_on <= today + timedelta(days=LONGEST_DAYS):
        raise ExpiryInvalid(most=LONGEST_DAYS)


def pairing_code(secret: bytes) -> str:
    """Ten letters and digits from at least eight random bytes: 45 bits, for ten minutes, once."""
    number, code = int.from_bytes(secret), ""
    for _ in range(CODE_LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        code += _SIGNS[sign]
    return code


def code_folded(typed: str) -> str:
    """What was meant by a typed code: case, blanks and hyphens do not count."""
    return "".join(c for c in typed.upper() if c.isalnum())
