"""What may be signed up for, by whom, until when; who gets a seat and who waits."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import chain

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound, Refused, say
from pointsbank.events.rules import ORGANISERS, STATE_NAMES, EventState, WrongState
from pointsbank.members.rules import MemberLeft, age_on

ADULT = 18
MOST_IN_A_TEAM = 200
SIGNERS = (Role.VOLUNTEER, *ORGANISERS)
SIGN_UP_STATES = (EventState.PUBLISHED, EventState.OPEN)


class SignUpState(StrEnum):
    """Signed up or waiting; waiting moves up; withdrawn from either, for good, unless
    it was given up in a merger that is undone.
    """

    SIGNED_UP = "signed_up"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class SignUpWay(StrEnum):
    """Who signed her up."""

    SELF = "self"
    TEAM = "team"
    COMPANION = "companion"
    ORGANISER = "organiser"


SIGN_UP_NAMES = {
    SignUpState.SIGNED_UP: say("已报名"),
    SignUpState.WAITING: say("候补中"),
    SignUpState.WITHDRAWN: say("已退出报名"),
}
WAY_NAMES = {
    SignUpWay.SELF: say("本人报名"),
    SignUpWay.TEAM: say("随队报名"),
    SignUpWay.COMPANION: say("家人代报"),
    SignUpWay.ORGANISER: say("组织者代报"),
}
STANDING = (SignUpState.SIGNED_UP, SignUpState.WAITING)


@dataclass(frozen=True, slots=True)
class Spot:
    """What one signs up for: a shift, a post, or, with neither, the event itself."""

    post_id: int | None = None
    shift_id: int | None = None


@dataclass(frozen=True, slots=True)
class Demands:
    """What a spot asks of people: all of it, the event's and the post's."""

    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    on: date
    least_age: int = 0
    skills: tuple[str, ...] = ()
    party_only: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides whether a member may sign up. ``clash``: title and start of what she has
    signed up for at the same time; only her own are told.
    """

    member_id: int
    left_on: date | None = None
    birth_on: date | None = None
    has_guardian: bool = False
    skills: Collection[str] = ()
    in_party: bool = False
    clash: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting sign-up: its id, whose it is, and what for."""

    sign_up_id: int
    member_id: int
    spot: Spot


@dataclass(slots=True)
class Seats:
    """What is taken of an event, its posts and its shifts, and how many each takes (none: as many
    as come). A person counts once for the event, once for each of her shifts elsewhere.
    """

    most_people: int | None = None
    most_of_post: Mapping[int, int] = field(default_factory=dict)
    most_of_shift: Mapping[int, int] = field(default_factory=dict)
    taken: Counter[Spot] = field(default_factory=Counter)
    people: int = 0
    seated: set[int] = field(default_factory=set)
    """Those of the people asked about who have a seat at the event already."""

    def left(self, spot: Spot, member_id: int = 0) -> int | None:
        """How many more may sign up, this member among them; ``None``: no limit."""
        limits = []
        if self.most_people is not None and member_id not in self.seated:
            limits.append(self.most_people - self.people)
        if spot.post_id is not None and spot.post_id in self.most_of_post:
            of_post = sum(n for at, n in self.taken.items() if at.post_id == spot.post_id)
            limits.append(self.most_of_post[spot.post_id] - of_post)
        if spot.shift_id is not None and spot.shift_id in self.most_of_shift:
            of_shift = sum(n for at, n in self.taken.items() if at.shift_id == spot.shift_id)
            limits.append(self.most_of_shift[spot.shift_id] - of_shift)
        return max(0, min(limits)) if limits else None

    def take(self, member_id: int, spot: Spot) -> bool:
        """Give her a seat if there is one left."""
        if self.left(spot, member_id) == 0:
            return False
        self.taken[spot] += 1
        if member_id not in self.seated:
            self.people += 1
            self.seated.add(member_id)
        return True


def moving_up(seats: Seats, waiting: Iterable[Waiting]) -> list[int]:
    """The sign-ups that get a seat, first come first served: who asks for what is full is passed
    over and keeps her place.
    """
    return [one.sign_up_id for one in waiting if seats.take(one.member_id, one.spot)]


def spots(post_ids: Sequence[int], shifts: Sequence[tuple[int, int | None]]) -> list[Spot]:
    """What may be signed up for at an event with these posts and shifts (id, its post).

    A shift of no post is every post's; a post without shifts is signed up for as it is; so is an
    event without both.
    """
    common = [shift_id for shift_id, post_id in shifts if post_id is None]
    found: list[Spot] = []
    for post_id in post_ids:
        own = [shift_id for shift_id, of in shifts if of == post_id]
        found += [Spot(post_id, shift_id) for shift_id in (*own, *common)] or [Spot(post_id)]
    return found or [Spot(None, shift_id) for shift_id in common] or [Spot()]


def check_spot(spot: Spot, offered: Collection[Spot]) -> None:
    """Refuse with SpotMissing where one has to choose, NoSuchSpot what is not offered."""
    if spot in offered:
        return
    if spot == Spot():
        raise SpotMissing
    raise NoSuchSpot


def check_open(
    state: EventState, cancel_reason: str, demands: Demands, at: datetime, *, by_organiser: bool
) -> None:
    """Refuse with EventCalledOff, WrongState, SignUpOver what nobody signs up for any more.

    An organiser may until the end of the spot, everybody else until sign-up closes.
    """
    if state is EventState.CANCELLED:
        raise EventCalledOff(reason=cancel_reason)
    if state not in SIGN_UP_STATES:
        raise WrongState(state=STATE_NAMES[state])
    closed_at = demands.ends_at if by_organiser else demands.closes_at
    if at >= closed_at:
        raise SignUpOver(closed_at=closed_at)


def objection(
    who: Candidate, demands: Demands, *, despite_clash: bool, herself: bool
) -> Refused | None:
    """What speaks against this member at this spot, the first in the order of MemberLeft,
    TooYoungForIt, GuardianNeeded, SkillNeeded, PartyMembersOnly, TimesClash (TheirTimesClash to
    another, who is not told with what).

    Without a birth date one counts as grown, as in the register.
    """
    clash = None if despite_clash else who.clash
    against = chain(_unfit(who, demands), _clash(clash, herself=herself))
    return next(against, None)


def _unfit(who: Candidate, demands: Demands) -> Iterator[Refused]:
    if who.left_on is not None:
        yield MemberLeft(left_on=who.left_on)
    if who.birth_on is not None:
        age = age_on(who.birth_on, demands.on)
        if age < demands.least_age:
            yield TooYoungForIt(least_age=demands.least_age)
        if age < ADULT and not who.has_guardian:
            yield GuardianNeeded()
    for skill in demands.skills:
        if skill not in who.skills:
            yield SkillNeeded(skill=skill)
    if demands.party_only and not who.in_party:
        yield PartyMembersOnly()


def _clash(clash: tuple[str, datetime] | None, *, herself: bool) -> Iterator[Refused]:
    if clash is not None:
        title, starts_at = clash
        yield TimesClash(title=title, starts_at=starts_at) if herself else TheirTimesClash()


class SignUpNotFound(NotFound):
    sentence = say("没有这条报名。")


class NoSuchSpot(NotFound):
    sentence = say("这个活动没有这个岗位或班次，请刷新后重新选择。")


class SpotMissing(Invalid):
    sentence = say("这个活动分岗位或班次，请选一个再报名。")


class NobodyChosen(Invalid):
    sentence = say("请至少选一个人。")


class NoMemberAccount(Forbidden):
    sentence = say("当前账号不是志愿者账号，不能为自己报名。")


class EventCalledOff(Conflict):
    sentence = say("活动已取消：%(reason)s")


class SignUpOver(Conflict):
    sentence = say("报名已于%(closed_at)s截止。")


class TooYoungForIt(Conflict):
    sentence = say("这个岗位要求年满 %(least_age)s 周岁。")


class GuardianNeeded(Conflict):
    sentence = say("未满 18 周岁参加活动须有监护人同意，请先到社区登记监护人。")


class SkillNeeded(Conflict):
    sentence = say("这个岗位需要“%(skill)s”技能。如果会，请让社区登记到资料里。")


class PartyMembersOnly(Conflict):
    sentence = say("这个岗位由党员认领。")


class TimesClash(Conflict):
    sentence = say("与已报名的“%(title)s”（%(starts_at)s 开始）时间冲突。")


class TheirTimesClash(Conflict):
    sentence = say("与其已报名的另一项活动时间冲突。")


class Full(Exhausted):
    sentence = say("名额已满，前面还有 %(waiting)s 人候补。")


class NotOfTeam(Conflict):
    sentence = say("目前不是这支志愿服务队的队员。")


class BegunAlready(Conflict):
    sentence = say("已于%(starts_at)s开始，不能再退出报名。来不了请告诉组织者。")


class ClosesTooLate(Invalid):
    sentence = say("报名截止时间不能晚于活动结束时间。")


class KeyReused(Conflict):
    sentence = say("这个操作编号已用于另一次操作，请重新操作。")
