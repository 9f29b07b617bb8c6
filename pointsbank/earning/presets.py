"""Points rules of other places, ready to adopt; sources as in the field notes. Data, never code."""

from dataclasses import dataclass
from typing import TypedDict

from pointsbank.core.errors import say
from pointsbank.earning.rules import Audience, Credited, DeedCategory, Rounding
from pointsbank.ledger.rules import MORALITY, PARTY, CapWindow, OverCap


class Terms(TypedDict, total=False):
    """The keywords of ``operations.adopt_points_rule`` that a preset settles."""

    unit: str
    points_per_hour: int
    by_category: dict[str, int]
    each_time: dict[str, int]
    most_minutes_an_activity: int
    caps: dict[CapWindow, int]
    over_cap: OverCap
    audience: Audience
    rounding: Rounding
    credited: Credited


@dataclass(frozen=True, slots=True)
class Preset:
    """A scheme's name for people and the rules that it consists of, one a unit."""

    name: str
    rules: tuple[Terms, ...]


PRESETS: dict[str, Preset] = {
    # Baicheng's reports give no rate; ten points an hour makes a bag of rice some days' work.
    "baicheng": Preset(
        say("道德银行：每小时10分，每天最多80分；党员另计党员积分"),
        (
            Terms(unit=MORALITY, points_per_hour=10, caps={CapWindow.DAY: 80}),
            Terms(
                unit=PARTY,
                points_per_hour=2,
                caps={CapWindow.DAY: 16},
                audience=Audience.PARTY,
            ),
        ),
    ),
    # Hailin: one hour one point, at most two hours an activity.
    "hailin": Preset(
        say("海林：每小时1分，每次最多计2小时"),
        (Terms(unit=MORALITY, points_per_hour=1, most_minutes_an_activity=120),),
    ),
    # Langao: points a time, whatever the hours; the lower end of its ranges.
    "langao": Preset(
        say("岚皋：按次计分，治安巡逻5分、矛盾调解5分、环境整治5分"),
        (
            Terms(
                unit=MORALITY,
                points_per_hour=0,
                each_time={
                    DeedCategory.PATROL: 5,
                    DeedCategory.MEDIATION: 5,
                    DeedCategory.ENVIRONMENT: 5,
                },
            ),
        ),
    ),
}
