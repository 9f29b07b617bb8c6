"""Hour rules of other places, ready to adopt; sources as in the field notes. Data, never code."""

from pointsbank.core.errors import say
from pointsbank.hours.rules import HourTerms, Rounding

PRESETS: dict[str, tuple[str, HourTerms]] = {
    "standard": (say("按实际服务分钟计，不足10分钟不计，一次最多8小时"), HourTerms()),
    "hailin": (say("海林：一次活动最多计2小时"), HourTerms(most_minutes=120)),
    "i_volunteer": (
        say("i志愿：每天8小时以内自动计入，8至12小时由上级组织审批，超过12小时由再上一级审批"),
        HourTerms(most_minutes=1_440, most_pairs=3, day_minutes=480, parent_minutes=720),
    ),
    "yunnan": (
        say("云南青年志愿者：在场须满活动时长的六成"),
        HourTerms(least_percent=60),
    ),
    "half_hours": (
        say("以半小时为单位，不足半小时不计"),
        HourTerms(rounding=Rounding.HALF, least_minutes=30),
    ),
}
