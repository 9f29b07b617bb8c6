"""The ledger's language: accounts, postings, what is answered, what is refused."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from pointsbank.core.errors import Conflict, Exhausted, Invalid, NotFound, say

MINUTES = "minutes"
MORALITY = "morality"
PARTY = "party"

MOST_AMOUNT = 1_000_000_000
LARGEST_ID = 2**63 - 1
LONGEST_KEY = 120
LONGEST_CODE = 40
LONGEST_TEXT = 2_000


class OwnerKind(StrEnum):
    """Whose account it is. System accounts carry no balance, so that no row is hot."""

    MEMBER = "member"
    HOUSEHOLD = "household"
    ORGANISATION = "organisation"
    SYSTEM = "system"


class SystemKind(StrEnum):
    """The contra accounts: where points come from and where they go."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    ADJUSTED = "adjusted"
    TRANSIT = "transit"


class ExpiryPolicy(StrEnum):
    """When a unit's points lapse, first in first out; ``months`` ends with its last month."""

    NEVER = "never"
    END_OF_YEAR = "end_of_year"
    END_OF_NEXT_YEAR = "end_of_next_year"
    MONTHS = "months"


class SpentReversal(StrEnum):
    """What happens when an earning is reversed that is already spent."""

    REFUSE = "refuse"
    DEBT = "debt"


class HoldOutcome(StrEnum):
    """How a hold ended."""

    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class CapWindow(StrEnum):
    """The days over which a cap counts. Weeks begin on Monday, also over new year."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class OverCap(StrEnum):
    """What becomes of an amount that does not fit under a cap, the strictest first.

    It is refused; or withheld, all of it; or clipped to what fits. The last two are recorded.
    """

    REFUSE = "refuse"
    WITHHOLD = "withhold"
    CLIP = "clip"


WINDOW_NAMES = {
    CapWindow.DAY: say("当日"),
    CapWindow.WEEK: say("当周"),
    CapWindow.MONTH: say("当月"),
    CapWindow.QUARTER: say("当季度"),
    CapWindow.YEAR: say("当年"),
}

HOLD_NAMES = {
    HoldOutcome.CAPTURED: say("已支取"),
    HoldOutcome.RELEASED: say("已解除"),
    HoldOutcome.EXPIRED: say("已过期"),
}

EXPIRY_NAMES = {
    ExpiryPolicy.NEVER: say("长期有效"),
    ExpiryPolicy.END_OF_YEAR: say("当年年底到期"),
    ExpiryPolicy.END_OF_NEXT_YEAR: say("次年年底到期"),
    ExpiryPolicy.MONTHS: say("满若干月后的月底到期"),
}

SPENT_REVERSAL_NAMES = {
    SpentReversal.REFUSE: say("已花掉的不能冲正"),
    SpentReversal.DEBT: say("冲正后记为欠分，以后的积分先还"),
}

OWNER_NAMES = {
    OwnerKind.MEMBER: say("个人"),
    OwnerKind.HOUSEHOLD: say("家庭"),
    OwnerKind.ORGANISATION: say("组织"),
    OwnerKind.SYSTEM: say("系统"),
}

SYSTEM_NAMES = {
    SystemKind.ISSUED: say("发放"),
    SystemKind.REDEEMED: say("兑换"),
    SystemKind.EXPIRED: say("到期"),
    SystemKind.ADJUSTED: say("调账"),
    SystemKind.TRANSIT: say("在途"),
}

REASON_NAMES = {
    "service": say("志愿服务"),
    "redemption": say("兑换物品"),
    "take_back": say("退回兑换"),
    "correction": say("更正"),
    "opening": say("期初结转"),
    "expiry": say("积分到期"),
    "moved_away": say("关系转出，积分清零"),
    "left": say("退出登记，积分清零"),
    "given_up": say("删除个人信息，放弃积分"),
}


@dataclass(frozen=True, slots=True)
class UnitDeclaration:
    """A unit as data. ``floor`` is the least that balance − held may become (0 or below)."""

    code: str
    name: str
    spendable: bool
    floor: int = 0
    expiry: ExpiryPolicy = ExpiryPolicy.NEVER
    expiry_months: int = 0
    spent_reversal: SpentReversal = SpentReversal.REFUSE


DEFAULT_UNITS = (
    UnitDeclaration(MINUTES, say("服务时长"), spendable=False),
    UnitDeclaration(MORALITY, say("道德积分"), spendable=True),
    UnitDeclaration(PARTY, say("党员积分"), spendable=True),
)


class AccountRef(NamedTuple):
    """Names an account by its owner; it comes into being with its first posting."""

    owner_kind: OwnerKind
    owner_id: int
    unit: str
    kind: str = "balance"
    category: str = ""


def member_account(member_id: int, unit: str) -> AccountRef:
    return AccountRef(OwnerKind.MEMBER, member_id, unit)


def household_account(household_id: int, unit: str) -> AccountRef:
    return AccountRef(OwnerKind.HOUSEHOLD, household_id, unit)


def system_account(unit: str, kind: SystemKind, category: str = "") -> AccountRef:
    """A contra account. Of ISSUED the category says what earned.

    For minutes that is their provenance (scanned, roster …), for points the class of deed.
    """
    return AccountRef(OwnerKind.SYSTEM, 0, unit, kind.value, category)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that an account may get under a name in each window.

    What postings with a cap of this name and window brought to the account counts together, by
    the days that they are effective on and less what of them was reversed; whatever each one's
    ``most``, so that a rule's new version does not begin anew.
    """

    name: str
    window: CapWindow
    most: int
    over: OverCap = OverCap.CLIP


@dataclass(frozen=True, slots=True)
class Clip:
    """What a cap took of a posting: it would have been ``asked``, ``amount`` was posted.

    ``used`` is what counted under the cap before it. Where nothing was posted there is no transfer.
    """

    unit: str
    window: CapWindow
    most: int
    used: int
    asked: int
    amount: int
    transfer_id: int | None


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer asked for. ``amount`` is in the accounts' unit; ``key`` is made by the caller.

    ``text`` is kept apart, where it can be erased; repeated keys are not compared by it.
    Postings of one batch that share a ``group`` apply all or none.
    Of several ``caps`` the one that leaves the least decides; they bind an account with figures.
    """

    key: str
    source: AccountRef
    destination: AccountRef
    amount: int
    effective_on: date
    reason: str
    origin_kind: str = ""
    origin_id: int = 0
    rule: str = ""
    text: str = ""
    reverses: int | None = None
    group: int | None = None
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A hold in force, or one asked for again; ``available`` is what is left to spend beside it."""

    id: int
    amount: int
    available: int
    repeated: bool


class Posted(NamedTuple):
    """A transfer in the book. Balances are those right after it; None for the system's accounts."""

    id: int
    key: str
    amount: int
    source_balance: int | None
    destination_balance: int | None
    repeated: bool


class NothingPosted(NamedTuple):
    """The answer to a posting of which its caps left nothing: that is recorded, but no transfer."""

    key: str
    repeated: bool

    @property
    def amount(self) -> int:
        return 0


class PostingMalformed(Invalid):
    """The two accounts are one, or of two units; or a code is too long. A caller's mistake."""

    sentence = say("记账内容不合规范（%(what)s）。")


class AmountOutOfRange(Invalid):
    """An amount is a whole number from 1 to ``most``."""

    sentence = say("数量须为 1 至 %(most)s 的整数。")


class UnknownUnit(NotFound):
    sentence = say("没有“%(unit)s”这种计量单位。")


class UnknownTransfer(NotFound):
    sentence = say("账本中没有第 %(transfer_id)s 笔。")


class KeyReused(Conflict):
    """The key belongs to a transfer of other content."""

    sentence = say("这个业务编号已用于另一笔内容不同的账，请重新办理。")


class PeriodClosed(Conflict):
    """Nothing is dated into a closed period."""

    sentence = say("%(until)s 及以前的账期已经结账，请记入之后的日期。")


class PeriodNotOver(Conflict):
    """Only days that are over are closed."""

    sentence = say("%(until)s 还没有过完，不能结账。")


class NotSpendable(Conflict):
    """Of hours nothing is spent: they are only reversed or adjusted."""

    sentence = say("“%(unit)s”只作记录，不能用于支出。")


class AlreadyReversed(Conflict):
    sentence = say("第 %(transfer_id)s 笔已经冲正，不能重复冲正。")


class UnknownHold(NotFound):
    sentence = say("没有第 %(hold_id)s 笔预留。")


class HoldResolved(Conflict):
    """A hold resolves once."""

    sentence = say("第 %(hold_id)s 笔预留在 %(since)s 已经了结，不能再办。")


class HoldOver(Conflict):
    """A hold that has run out reserves nothing any more."""

    sentence = say("第 %(hold_id)s 笔预留已于 %(since)s 到期。")


class NotReversible(Conflict):
    """A reversal is not reversed: what it took back is posted anew."""

    sentence = say("第 %(transfer_id)s 笔本身是冲正，不能再冲正。")


class MoreThanLeft(Exhausted):
    """A partial reversal may not exceed what is left of the transfer."""

    sentence = say("第 %(transfer_id)s 笔只剩 %(left)s 可以冲正。")


class CapReached(Exhausted):
    """A refusing cap leaves less than the whole amount. ``used``: what the account got already."""

    sentence = say("%(window)s上限为 %(most)s，已得 %(used)s，再记 %(asked)s 就超出了，不能记入。")


class InsufficientBalance(Exhausted):
    sentence = say("余额不足：需要 %(needed)s，可用 %(available)s。")


class GroupRefused(Conflict):
    """Another posting of the same group was refused, so none of the group was applied."""

    sentence = say("同一笔业务中的另一项未能入账，全部未记。")


def expires_on(policy: ExpiryPolicy, months: int, earned_on: date) -> date | None:
    """The last day on which points earned on a day can be spent; None if they never lapse."""
    if policy is ExpiryPolicy.NEVER:
        return None
    if policy is ExpiryPolicy.END_OF_YEAR:
        return date(earned_on.year, 12, 31)
    if policy is ExpiryPolicy.END_OF_NEXT_YEAR:
        return date(earned_on.year + 1, 12, 31)
    year, month = divmod(earned_on.year * 12 + earned_on.month - 1 + months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def window_start(window: CapWindow, day: date) -> date:
    """The first day of the window that a day lies in."""
    if window is CapWindow.DAY:
        return day
    if window is CapWindow.WEEK:
        return day - timedelta(days=day.weekday())
    quarter = (day.month - 1) // 3 * 3 + 1
    month = {CapWindow.MONTH: day.month, CapWindow.QUARTER: quarter, CapWindow.YEAR: 1}[window]
    return date(day.year, month, 1)
