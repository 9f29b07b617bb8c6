"""How a name is found by those who type its sound: the only file that knows pypinyin."""

from functools import lru_cache

# Read differently in a surname than in a text.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "任": "ren", "查": "zha", "区": "ou",
    "朴": "piao", "盖": "ge", "纪": "ji", "种": "chong", "翟": "zhai", "缪": "miao", "乐": "yue",
    "员": "yun", "秘": "bi", "折": "she", "召": "shao", "黑": "he", "冼": "xian", "繁": "po",
}  # fmt: skip
_LEFT_OUT = str.maketrans("", "", " 　'’·•.")
_MOST = 60
_LONGEST = 40
_COMPOUND_SURNAMES = {
    "尉迟": ["yu", "chi"], "万俟": ["mo", "qi"], "长孙": ["zhang", "sun"], "澹台": ["tan", "tai"],
    "令狐": ["ling", "hu"], "单于": ["chan", "yu"],
}  # fmt: skip


def keys(name: str) -> list[str]:
    """What a name may be sought by the beginning of: every end of it, as written and as it sounds,
    and of its initials every end of two letters or more.

    王桂芳 → 王桂芳 桂芳 芳 wangguifang guifang fang wgf gf
    """
    syllables = _syllables(name)
    initials = "".join(syllable[:1] for syllable in syllables)
    written = folded(name)
    found = [written[place:] for place in range(len(written))]
    found += ["".join(syllables[place:]) for place in range(len(syllables))]
    found += [initials[place:] for place in range(len(initials) - 1)]
    return list(dict.fromkeys(key[:_LONGEST] for key in found[:_MOST] if key))


def folded(typed: str) -> str:
    """What was typed, as keys are written: letters small, no blanks, apostrophes or dots."""
    return typed.lower().translate(_LEFT_OUT)


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
