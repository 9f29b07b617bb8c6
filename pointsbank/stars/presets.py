"""Star ladders of other places, ready to adopt. Data, never code."""

from dataclasses import dataclass

from pointsbank.core.errors import say
from pointsbank.stars.rules import NATIONAL, Level, Window


@dataclass(frozen=True, slots=True)
class Preset:
    """A ladder's name for people, and what to adopt."""

    name: str
    window: Window
    levels: tuple[Level, ...]


PRESETS: dict[str, Preset] = {
    "national": Preset(
        say("全国标准：累计100、300、600、1000、1500小时"), Window.LIFETIME, NATIONAL.levels
    ),
    # Baicheng's report counts "every year's time accumulated to …".
    "baicheng": Preset(
        say("白城：当年100、300、600、1000、1500小时"), Window.CALENDAR_YEAR, NATIONAL.levels
    ),
    "hong_kong": Preset(
        say("香港：当年50、100、300、500小时"),
        Window.CALENDAR_YEAR,
        (Level(1, 50), Level(2, 100), Level(3, 300), Level(4, 500)),
    ),
    "zhangjiagang": Preset(
        say("张家港：当年30、60、100、200、300小时"),
        Window.CALENDAR_YEAR,
        (Level(1, 30), Level(2, 60), Level(3, 100), Level(4, 200), Level(5, 300)),
    ),
}
