"""How a name is found by those who type its sound: the only file that knows pypinyin."""

from functools import lru_cache

# Read differently in a surname than in a text.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "任": "ren", "查": "zha", "区": "ou",
    "朴": "piao", "盖": "ge", "纪": "ji", "种": "chong", "翟": "zhai", "缪": "miao", "乐": "yue",
    "员": "yun", "秘": "bi", "折": "she", "召": "shao", "黑": "he", "冼": "xian", "繁": "po",
}  # fmt: skip
_COMPOUND_SURNAMES = {
    "尉迟": ["yu", "chi"], "万俟": ["mo", "qi"], "长孙": ["zhang", "sun"], "澹台": ["tan", "tai"],
    "令狐": ["ling", "hu"], "单于": ["chan", "yu"],
}  # fmt: skip


def pinyin(name: str) -> str:
    """The name's syllables without tones or blanks: 王桂芳 → ``wangguifang``."""
    return "".join(_syllables(name))


def initials(name: str) -> str:
    """The first letter of every character: 王桂芳 → ``wgf``."""
    return "".join(syllable[:1] for syllable in _syllables(name))


def _syllables(name: str) -> list[str]:
    if name[:2] in _COMPOUND_SURNAMES:
        return [*_COMPOUND_SURNAMES[name[:2]], *map(_syllable, name[2:])]
    if name[:1] in _SURNAMES:
        return [_SURNAMES[name[0]], *map(_syllable, name[1:])]
    return [_syllable(character) for character in name]


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    """One character's commonest reading; letters as they are, what has no reading as nothing."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a third of a second to load

    read = lazy_pinyin(character, style=Style.NORMAL, errors=lambda _: "")
    if read and read[0]:
        return read[0].lower()
    return character.lower() if character.isascii() and character.isalnum() else ""
