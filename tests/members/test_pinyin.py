"""How names are found by sound."""

import pytest

from pointsbank.members.pinyin import initials, pinyin


@pytest.mark.parametrize(
    ("name", "sound", "letters"),
    [
        ("王桂芳", "wangguifang", "wgf"),
        ("单晓燕", "shanxiaoyan", "sxy"),
        ("曾国强", "zengguoqiang", "zgq"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("欧阳春燕", "ouyangchunyan", "oycy"),
        ("吕绿", "lvlv", "ll"),
        ("阿依·江", "ayijiang", "ayj"),
        ("Anna 王", "annawang", "annaw"),
        ("", "", ""),
    ],
)
def test_a_name_has_a_sound_and_initials(name: str, sound: str, letters: str) -> None:
    assert (pinyin(name), initials(name)) == (sound, letters)


def test_a_rare_character_does_not_fail() -> None:
    assert pinyin("王㛃").startswith("wang")
