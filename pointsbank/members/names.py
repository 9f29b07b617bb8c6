"""Names and phone numbers: how they are checked, and masked where many may see them. Pure."""

import re

from pointsbank.core.errors import Invalid, say


class NameInvalid(Invalid):
    sentence = say("姓名不能为空，且不超过 %(most)s 个字。")


class PhoneInvalid(Invalid):
    sentence = say("手机号应为 11 位数字，以 1 开头。")


MOST_NAME_CHARACTERS = 50
PHONE = re.compile(r"1\d{10}")
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
