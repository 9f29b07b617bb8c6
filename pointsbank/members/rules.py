"""The language of members: party status, masks, numbers and check digits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Conflict, Invalid, NotFound, say


class PartyStatus(StrEnum):
    NONE = "none"
    APPLICANT = "applicant"
    PROBATIONARY = "probationary"
    FULL = "full"


PARTY_STATUS_NAMES = {
    PartyStatus.NONE: say("群众"),
    PartyStatus.APPLICANT: say("入党申请人"),
    PartyStatus.PROBATIONARY: say("预备党员"),
    PartyStatus.FULL: say("正式党员"),
}

IN_THE_PARTY = frozenset({PartyStatus.PROBATIONARY, PartyStatus.FULL})


@dataclass(frozen=True, slots=True)
class NewMember:
    """A row of ``register_many``. Without a phone the person uses a printed card."""

    name: str
    residence_id: int
    phone: str = ""
    branch_id: int | None = None
    employer_id: int | None = None
    party_status: PartyStatus = PartyStatus.NONE
    team_ids: tuple[int, ...] = ()
    registered_on: date | None = None


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """What stands on a volunteer card; its QR code holds the digits and nothing else."""

    name: str
    number: str
    community: str
    digits: str


class NoSuchMember(NotFound):
    sentence = say("没有这位成员。")


class NameInvalid(Invalid):
    sentence = say("姓名不能为空，且不超过 %(most)s 个字。")


class PhoneInvalid(Invalid):
    sentence = say("手机号应为 11 位数字，以 1 开头。")


class PhoneTaken(Conflict):
    sentence = say("这个手机号已经登记过，请先查询，不要重复登记。")


class NotAHome(Invalid):
    sentence = say("居住地应选择社区、网格或楼栋组。")


class WrongLine(Invalid):
    sentence = say("党支部、单位或志愿队选择有误，请重新选择。")


class MemberLeft(Conflict):
    sentence = say("这位成员已于 %(left_on)s 退出登记。")


class SearchUnreadable(Invalid):
    sentence = say("查找链接已失效，请重新查找。")


class CodeInvalid(NotFound):
    sentence = say("不认识这个码，请核对数字后重试。")


class CodeExpired(Conflict):
    sentence = say("手机上的码已过期（%(minutes)s 分钟前），请刷新页面后重新出示。")


class CardLost(Conflict):
    sentence = say("这张卡已于 %(lost_on)s 挂失，没有补办新卡。")


class CardReplaced(CardLost):
    sentence = say("这张卡已于 %(lost_on)s 挂失，新卡尾号为 %(new_tail)s。")


class NoSuchCard(NotFound):
    sentence = say("没有这张卡。")


class NoCards(NotFound):
    sentence = say("这些成员还没有志愿者卡，请先制卡。")


class CardAlreadyLost(Conflict):
    sentence = say("这张卡已于 %(lost_on)s 挂失。")


MOST_NAME_CHARACTERS = 50
PHONE = re.compile(r"1\d{10}")
CODE_DIGITS = 20
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789", " \t　-—")

_COMPOUND = """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政
    濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马
    公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌
    微生 梁丘 左丘 西门 第五 南荣 东里 东宫 仲长 子书 子桑 即墨 达奚 褚师 纳兰 叶赫 爱新 完颜
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())


def masked_name(name: str) -> str:
    """For public lists: 张三 → 张*, 王桂芳 → 王*芳, 欧阳春燕 → 欧阳**, 阿依·江 → 阿*·*."""
    if "·" in name:
        first, rest = name.split("·", 1)
        return first[:1] + "*" * (len(first) - 1) + "·" + "*" * len(rest)
    if len(name) > 2 and name[:2] in COMPOUND_SURNAMES:
        return name[:2] + "*" * (len(name) - 2)
    if len(name) > 2:
        return name[0] + "*" * (len(name) - 2) + name[-1]
    return name[:1] + "*"


def masked_phone(phone: str) -> str:
    """138****1234; nothing for a member without a phone."""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""


def check_name(name: str) -> str:
    """The name without surrounding blanks, or ``NameInvalid``. Rare characters are welcome."""
    bare = name.strip()
    if not 0 < len(bare) <= MOST_NAME_CHARACTERS or not bare.isprintable():
        raise NameInvalid(most=MOST_NAME_CHARACTERS)
    return bare


def check_phone(phone: str) -> str:
    """Eleven digits from what was typed (blanks, hyphens, full width, +86), or ``PhoneInvalid``."""
    bare = folded_digits(phone).removeprefix("+86")
    if not PHONE.fullmatch(bare):
        raise PhoneInvalid
    return bare


def folded_digits(text: str) -> str:
    """What a scanner or a Chinese input method meant: half width, no blanks or hyphens."""
    return text.translate(_FULL_WIDTH)


def with_check_digits(digits: str) -> str:
    """The digits followed by two check digits: ISO 7064 MOD 97-10."""
    return f"{digits}{98 - int(digits) * 100 % 97:02d}"


def check_digits_hold(digits: str) -> bool:
    """Whether a string of 20 digits carries its ISO 7064 MOD 97-10 check digits."""
    return len(digits) == CODE_DIGITS and digits.isdecimal() and int(digits) % 97 == 1


def is_phone_code(digits: str) -> bool:
    """A phone's code begins with 9, a printed card's with 1 to 8."""
    return digits.startswith("9")


def card_digits(draw: Callable[[int], int]) -> str:
    """New digits for a card; ``draw(n)`` gives a random number below n."""
    return with_check_digits(f"{1 + draw(8)}{draw(10**17):017d}")


def member_number(year: int, serial: int) -> str:
    """The volunteer number 志愿者编号: year and serial, never an ID number (MZ/T 061-2015)."""
    return f"{year}{serial:06d}"
