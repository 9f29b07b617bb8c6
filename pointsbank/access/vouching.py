"""The language of the identity provider 统一身份认证: whom it vouches for, and how that fails."""

from dataclasses import dataclass
from datetime import timedelta

from pointsbank.core.errors import Conflict, NotFound, Unauthenticated, say

AWAY = timedelta(minutes=10)  # how long one may take there
SUBJECT_LENGTH = 255


class ProviderOff(NotFound):
    sentence = say("这里没有启用统一身份认证。")


class ProviderSilent(Unauthenticated):
    """The identity provider does not answer, or not as it should; facts: ``name``."""

    sentence = say("暂时连不上“%(name)s”，请用手机号或登录名和密码登录，或稍后再试。")


class NotVouched(Unauthenticated):
    """The identity provider said no, or what came in its name does not hold; facts: ``name``."""

    sentence = say("“%(name)s”没有确认您的身份，请重新登录。")


class ReturnOver(Unauthenticated):
    """Not what this browser was asked to bring back, or too late, or brought before."""

    sentence = say("这次登录已过期或已经用过，请重新登录。")


class IdentityUnknown(Unauthenticated):
    """The identity provider knows her, the bank does not know which account is hers."""

    sentence = say("您在“%(name)s”的身份还没有关联账号。请先用密码登录，再到“我的安全”里关联。")


class AccountClosed(Unauthenticated):
    """Told only to who has proved that the account is hers."""

    sentence = say("这个账号已停用，不能登录。如有疑问请联系社区工作人员。")


class IdentityTaken(Conflict):
    sentence = say("您在“%(name)s”的身份已关联另一个账号，请先在那个账号里解除。")


class IdentityThere(Conflict):
    sentence = say("这个账号已经关联了统一身份认证，请先解除。")


class NoIdentity(NotFound):
    sentence = say("这个账号没有关联统一身份认证。")


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the identity provider means: its lasting ``subject``, and the staff name or verified
    phone number by which her ``account`` may be found; empty where it gives none.
    """

    issuer: str
    subject: str
    account: str = ""
    two_factors: bool = False
