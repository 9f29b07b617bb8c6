"""What people there do for each other, and what the counter gives. Data."""

from dataclasses import dataclass

from pointsbank.earning.rules import DeedCategory


@dataclass(frozen=True, slots=True)
class Activity:
    """A kind of event: when it begins (hours of the day), how long it lasts, how often it is."""

    kind: DeedCategory
    title: str
    place: str
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    weight: int
    description: str


ACTIVITIES = (
    Activity(DeedCategory.ENVIRONMENT, "清扫楼道和庭院", "小区庭院", (8, 9), (90, 120), 16,
             "清理楼道杂物、小广告和庭院垃圾，请自带手套。"),
    Activity(DeedCategory.ENVIRONMENT, "河岸捡拾垃圾", "洮儿河岸", (8, 14), (120, 150), 8,
             "沿河岸捡拾白色垃圾，集合后统一发放垃圾袋。"),
    Activity(DeedCategory.ENVIRONMENT, "清冰雪志愿服务", "社区主要路口", (7, 8), (60, 120), 6,
             "清理路口和楼门口的积雪，铁锹由社区准备。"),
    Activity(DeedCategory.PATROL, "夜间平安巡逻", "小区院内", (18, 19), (90, 120), 16,
             "两人一组巡查小区，提醒关门关窗、充电安全。"),
    Activity(DeedCategory.PATROL, "上下学护学岗", "小学门前路口", (7, 15), (60, 60, 90), 12,
             "协助学生过马路，劝导车辆慢行。"),
    Activity(DeedCategory.HELP, "看望独居老人", "老人家中", (9, 14), (90, 120), 12,
             "送去米面油，帮助打扫卫生，陪老人聊天。"),
    Activity(DeedCategory.HELP, "助残代办", "社区服务大厅", (9, 13), (120, 180), 5,
             "为行动不便的居民代办社保、医保和缴费。"),
    Activity(DeedCategory.MEDIATION, "邻里说事会", "社区调解室", (9, 14), (90, 120), 5,
             "听取居民诉求，调解邻里矛盾。"),
    Activity(DeedCategory.PUBLICITY, "反诈和医保政策宣传", "小区广场", (9, 15), (120, 120, 150), 10,
             "发放宣传单，讲解防骗知识和医保缴费办法。"),
    Activity(DeedCategory.PUBLICITY, "文明养犬劝导", "小区广场", (8, 17), (60, 90), 5,
             "提醒牵绳、清理粪便，登记居民意见。"),
    Activity(DeedCategory.REPAIRS, "便民维修日", "社区服务站门前", (9, 9, 13), (180, 240), 7,
             "免费磨刀、修鞋、修小家电、理发。"),
    Activity(DeedCategory.CULTURE, "社区文艺演出服务", "社区文化广场", (14, 18), (120, 180), 5,
             "布置场地、引导座位、维持秩序。"),
    Activity(DeedCategory.CULTURE, "周末儿童课堂", "社区图书室", (9, 14), (120, 120, 150), 6,
             "陪孩子读书、写作业、做手工。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """Goods as a counter offers them; ``price`` in points, ``delivery`` how many come at once."""

    name: str
    unit_name: str
    price: int
    delivery: int


ARTICLES = (
    Article("大米（5公斤）", "袋", 150, 12),
    Article("面粉（2.5公斤）", "袋", 90, 12),
    Article("豆油（1.8升）", "瓶", 160, 10),
    Article("洗衣粉", "袋", 50, 24),
    Article("香皂", "块", 20, 40),
    Article("洗洁精", "瓶", 40, 24),
    Article("抽纸", "提", 60, 20),
    Article("牙膏", "支", 30, 30),
    Article("毛巾", "条", 40, 20),
    Article("食盐", "袋", 10, 40),
)
