"""Outlines of events that every community may begin with: the services that 白山's 党员帮客 and the
towns beside it name in their notices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pointsbank.core.errors import say


@dataclass(frozen=True, slots=True)
class Outline:
    """What a new event begins with: its content but for times, names and house; its length; posts,
    each with its shifts by minutes after the beginning.
    """

    content: dict[str, Any]
    length_minutes: int
    posts: list[dict[str, Any]] = field(default_factory=list)


def _outline(title: str, kind: str, length_minutes: int, *posts: Any, **more: Any) -> Outline:
    named = [{"name": name, "duties": duties, "capacity": most} for name, duties, most in posts]
    return Outline({"title": title, "kind": kind, **more}, length_minutes, named)


PRESET_NAMES = {
    "clean_up": say("周五清洁家园"),
    "patrol": say("早晚治安巡逻"),
    "mediation": say("民事调解日"),
    "publicity": say("政策宣讲"),
    "repairs": say("义务维修"),
    "helpers": say("党员帮客服务日"),
}
# In Chinese as they stand: what an organiser finds in the form and may change.
PRESETS: Mapping[str, Outline] = MappingProxyType(
    {
        "clean_up": _outline(
            "周五清洁家园", "environment", 90,
            ("楼道保洁", "清扫楼道，清理杂物和小广告", 6),
            ("庭院清扫", "清扫路面、绿地和健身场地", 10),
            ("分类引导", "在投放点引导垃圾分类", 2),
            description="自带手套，扫把、夹子由社区提供。", served="小区居民", capacity=18,
        ),
        "patrol": _outline(
            "治安巡逻", "patrol", 60,
            ("巡逻", "两人一组沿路线巡查，看门禁、消防通道和停车", 4),
            description="穿马甲，带手电。发现情况先报社区，不单独处置。", served="小区居民",
            capacity=4, least_age=18,
        ),
        "mediation": _outline(
            "民事调解日", "mediation", 120,
            ("调解员", "听双方说明，讲法讲理，记录结果", 3),
            ("接待", "登记来访，安排等候", 1),
            served="有邻里、家庭纠纷的居民", capacity=4, least_age=18,
        ),
        "publicity": _outline(
            "政策宣讲", "publicity", 90,
            ("宣讲员", "用大白话讲政策，答疑", 2),
            ("入户发放", "张贴提示，发放材料", 6),
            served="小区居民", capacity=8,
        ),
        "repairs": _outline(
            "义务维修", "repairs", 180,
            ("水电维修", "修水龙头、换灯具、查线路", 2),
            ("家电维修", "修小家电", 2),
            ("登记派单", "登记报修，安排上门", 1),
            description="自带工具，材料费由居民承担。", served="老人和困难家庭", capacity=5,
            least_age=18,
        ),
        "helpers": _outline(
            "党员帮客服务日", "help", 180,
            ("政策宣讲", "", 3), ("卫生保洁", "", 8), ("治安巡逻", "", 4), ("民事调解", "", 2),
            ("义务维修", "", 3),
            description="机关在职党员到社区报到服务，先到登记台签到领岗。", served="社区居民",
            capacity=20,
        ),
    }
)  # fmt: skip
