"""What the weeks to come offer: a clean-up every Friday, one of them put off, and a patrol twice a
day; a team and a family that signed up for them; a template of the community's own.
"""

from datetime import datetime, time, timedelta

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.demo.today import Day
from pointsbank.events import operations as events
from pointsbank.events import queries
from pointsbank.events.content import content_of
from pointsbank.events.models import Event
from pointsbank.events.presets import PRESETS
from pointsbank.events.repetition import SeriesRule
from pointsbank.events.rules import moved
from pointsbank.signups import operations as signups
from pointsbank.signups.operations import Asked
from pointsbank.signups.queries import of_team, relatives

FRIDAY = 5
WEEKS, PATROL_DAYS = 4, 3
OF_A_TEAM = 7


def offer(day: Day, visitor: Actor, team_id: int) -> None:
    """The visitor's is the first household, and the team hers."""
    clean_ups = _clean_ups(day)
    _put_off(day, clean_ups[1])
    events.save_template(
        day.session, day.organiser, event_id=clean_ups[0].id, name="周五清洁家园（带分类引导）",
        key="clean-ups", at=day.now,
    )  # fmt: skip
    _patrols(day)
    [sweeping, yards, *_] = queries.posts_of(day.session, clean_ups[0].id)
    team = [one.id for one in of_team(day.session, team_id, day.now)]
    wish = Asked(
        clean_ups[0].id, "team", post_id=yards.id, wait=True, despite_clash=True, team_id=team_id
    )
    signups.sign_up_team(
        day.session, day.organiser, member_ids=team[:OF_A_TEAM], asked=wish, at=day.now
    )
    for one in relatives(day.session, visitor.member_id):
        wish = Asked(clean_ups[0].id, f"family-{one.id}", post_id=sweeping.id, despite_clash=True)
        signups.sign_up_other(day.session, visitor, member_id=one.id, asked=wish, at=day.now)


def _clean_ups(day: Day) -> list[Event]:
    """On the next Fridays, the first at least two days ahead."""
    first = clock.local_day(day.midnight() + timedelta(days=2, hours=12))
    first += timedelta(days=(FRIDAY - first.isoweekday()) % 7)
    until = first + timedelta(weeks=WEEKS - 1)
    rule = SeriesRule(frozenset({FRIDAY}), frozenset({time(9)}), first, until)
    return _series(day, "clean_up", "小区各楼院", rule)


def _patrols(day: Day) -> None:
    """Morning and evening, from tomorrow on."""
    tomorrow = clock.local_day(day.midnight() + timedelta(days=1, hours=12))
    until = tomorrow + timedelta(days=PATROL_DAYS - 1)
    rule = SeriesRule(
        frozenset(range(1, 8)), frozenset({time(6, 30), time(18, 30)}), tomorrow, until
    )
    _series(day, "patrol", "小区院内", rule)


def _series(day: Day, preset: str, place: str, rule: SeriesRule) -> list[Event]:
    first = datetime.combine(rule.from_on, min(rule.begins), clock.zone())
    at = day.now - timedelta(days=1)
    event = events.plan_from(
        day.session, day.organiser, outline=PRESETS[preset], org_id=day.org_id, place=place,
        starts_at=first, key=preset, at=at,
    )  # fmt: skip
    made = events.repeat(
        day.session, day.organiser, event_id=event.id, rule=rule, publish=True, key=preset, at=at
    )
    return queries.events_of_series(day.session, made.id)


def _put_off(day: Day, event: Event) -> None:
    said = moved(content_of(event), event.starts_at + timedelta(days=1))
    events.change(
        day.session, day.organiser, event_id=event.id, note="周五降温，改到周六。",
        at=day.now - timedelta(hours=6), **said,
    )  # fmt: skip
