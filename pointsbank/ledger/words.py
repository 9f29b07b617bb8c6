"""Words for the codes that others write into the book: where an entry came from, what decided it,
which hours and deeds were issued. A test holds them against the features that write them.
"""

from collections.abc import Callable, Mapping

from pointsbank.core.errors import say

ORIGIN_NAMES = {
    "attendance": say("活动签到"),
    "redemption": say("兑换单"),
    "membership_transfer": say("关系转接"),
    "departure": say("退出登记"),
    "member": say("删除个人信息"),
}
RULE_NAMES = {"hour_rule": say("时长规则"), "points_rule": say("积分规则")}
CATEGORY_NAMES = {
    "scanned": say("扫码记录"),
    "roster": say("名单登记"),
    "sheet": say("签到表登记"),
    "supplemented": say("补录"),
    "imported": say("导入"),
    "environment": say("环境整治"),
    "patrol": say("治安巡逻"),
    "help": say("帮扶慰问"),
    "mediation": say("矛盾调解"),
    "publicity": say("政策宣传"),
    "repairs": say("便民维修"),
    "culture": say("文体活动"),
    "other": say("其他"),
}


def numbered(names: Mapping[str, str], code: str, translate: Callable[[str], str]) -> str:
    """``points_rule:3`` as people read it; a code that has no word stands as it is."""
    kind, _, number = code.partition(":")
    named = translate(names[kind]) if kind in names else kind
    return f"{named} #{number}" if number else named
