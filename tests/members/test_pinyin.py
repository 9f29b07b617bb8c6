"""How names are found by sound."""

import pytest

from pointsbank.members.pinyin import folded, keys


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王桂芳", "王桂芳 桂芳 芳 wangguifang guifang fang wgf gf"),
        ("单晓燕", "单晓燕 晓燕 燕 shanxiaoyan xiaoyan yan sxy xy"),
        ("曾强", "曾强 强 zengqiang qiang zq"),
        ("尉迟恭", "尉迟恭 迟恭 恭 yuchigong chigong gong ycg cg"),
        ("吕绿", "吕绿 绿 lvlv lv ll"),
        ("阿·江", "阿江 江 ajiang jiang aj"),
        ("Al 王", "al王 l王 王 alwang lwang wang alw lw"),
        ("", ""),
    ],
)
def test_a_name_is_found_by_every_end_of_it_and_of_its_sound(name: str, expected: str) -> None:
    assert " ".join(keys(name)) == expected


def test_a_rare_character_does_not_fail() -> None:
    assert keys("王㛃")[0] == "王㛃"
    assert any(key.startswith("wang") for key in keys("王㛃"))


def test_a_long_name_has_keys_that_fit() -> None:
    assert all(len(key) <= 40 for key in keys("阿依古丽" * 12))


@pytest.mark.parametrize("typed", ["Wang Gui’fang", "wang'gui fang", "WANGGUI FANG"])
def test_what_is_typed_is_folded_as_keys_are(typed: str) -> None:
    assert folded(typed) == "wangguifang"
