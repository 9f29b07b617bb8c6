"""Signing up others: one's household, who shows a card, a team."""

from datetime import date

import pytest

from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound
from pointsbank.members.operations import found_household
from pointsbank.members.rules import NoSuchMember
from pointsbank.orgs.rules import NoSuchOrganisation
from pointsbank.signups import operations
from pointsbank.signups.rules import (
    KeyReused,
    NobodyChosen,
    NotOfTeam,
    SignUpState,
    SignUpWay,
    TheirTimesClash,
)
from tests.signups.conftest import BEFORE, Door, asked, person

WAITING, GONE = SignUpState.WAITING, SignUpState.WITHDRAWN


def test_a_key_for_one_relative_is_none_for_another(door: Door) -> None:
    event, c = door.scene.published(), door.scene.community
    wish = asked(event, key="same")
    at = door.scene.at(BEFORE)
    organiser = c.organiser
    operations.sign_up_other(door.scene.session, organiser, member_id=c.wang, asked=wish, at=at)
    with pytest.raises(KeyReused):
        operations.sign_up_other(door.scene.session, organiser, member_id=c.li, asked=wish, at=at)


def household_of(door: Door, head: int, other: int) -> None:
    scene = door.scene
    found_household(
        scene.session, SYSTEM, head_id=head, member_ids=[other], on=date(2026, 11, 21),
        at=scene.at(-60),
    )  # fmt: skip


def test_a_relative_signs_up_who_has_no_phone_and_may_withdraw_her(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event, at = scene.published(), scene.at(BEFORE)
    sign_up = operations.sign_up_other

    with pytest.raises(Forbidden):
        sign_up(scene.session, person(c.wang), member_id=c.chen, asked=asked(event), at=at)
    household_of(door, c.wang, c.chen)
    answer = sign_up(scene.session, person(c.wang), member_id=c.chen, asked=asked(event), at=at)
    assert answer.sign_up is not None
    assert (answer.sign_up.way, answer.sign_up.member_id) == (SignUpWay.COMPANION, c.chen)
    assert door.withdraw(answer.sign_up, actor=person(c.wang)).state is GONE
    again = sign_up(scene.session, person(c.wang), member_id=c.chen, asked=asked(event), at=at)
    assert again.sign_up is not None
    assert door.withdraw(again.sign_up, actor=person(c.chen)).state is GONE


def test_an_organiser_signs_up_who_is_in_her_reach_or_shows_a_card(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event, at = scene.open(), scene.at(30)  # it has begun; she may until it ends
    sign_up = operations.sign_up_other
    with pytest.raises(EventNotFound):
        sign_up(scene.session, c.organiser, member_id=c.li, asked=operations.Asked(0, "k"), at=at)
    with pytest.raises(Forbidden):
        sign_up(scene.session, c.stranger, member_id=c.zhou, asked=asked(event), at=at)
    with pytest.raises(NoSuchMember):
        sign_up(scene.session, c.organiser, member_id=c.zhou, asked=asked(event), at=at)
    shown = sign_up(
        scene.session, c.organiser, member_id=c.zhou, asked=asked(event), at=at, shown=True
    )
    near = sign_up(scene.session, c.organiser, member_id=c.li, asked=asked(event), at=at)
    assert shown.sign_up
    assert near.sign_up
    assert {shown.sign_up.way, near.sign_up.way} == {SignUpWay.ORGANISER}
    with pytest.raises(TheirTimesClash):
        sign_up(scene.session, c.organiser, member_id=c.li, asked=asked(scene.open()), at=at)


def test_a_captain_signs_up_her_team_and_hears_who_may_not(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event, at = scene.published(capacity=1), scene.at(BEFORE)
    wish = asked(event, team_id=c.team)
    team = operations.sign_up_team

    with pytest.raises(EventNotFound):
        team(scene.session, c.clerk, member_ids=[], asked=operations.Asked(0, "k"), at=at)
    with pytest.raises(NoSuchOrganisation):
        wrong = asked(event, team_id=99_999)
        team(scene.session, c.clerk, member_ids=[], asked=wrong, at=at)
    with pytest.raises(Forbidden):
        team(scene.session, c.stranger, member_ids=[], asked=wish, at=at)
    with pytest.raises(NobodyChosen):
        team(scene.session, c.organiser, member_ids=[], asked=wish, at=at)
    door.sign_up(scene.published(), c.li)
    everybody = [c.li, c.wang, c.wang, c.zhao, 99_999]
    answers = team(scene.session, c.organiser, member_ids=everybody, asked=wish, at=at)
    told = {one.member_id: type(one.refused) if one.refused else one.sign_up for one in answers}
    assert told == {
        c.li: TheirTimesClash, c.wang: answers[1].sign_up, c.zhao: NotOfTeam, 99_999: NotOfTeam,
    }  # fmt: skip
    assert answers[1].sign_up
    assert (answers[1].sign_up.team_id, answers[1].sign_up.way) == (c.team, SignUpWay.TEAM)
    despite = asked(event, team_id=c.team, despite_clash=True, wait=True)
    [late] = team(scene.session, c.organiser, member_ids=[c.li], asked=despite, at=at)
    assert late.sign_up
    assert late.sign_up.state is WAITING
    again = team(scene.session, c.organiser, member_ids=[c.li, c.wang], asked=despite, at=at)
    assert all(one.repeated for one in again)
    captain = Actor("user", 77, grants=c.organiser.grants)
    assert door.withdraw(late.sign_up, actor=captain).state is GONE


def test_a_teams_captain_withdraws_what_the_team_signed_up_for_elsewhere(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event = scene.published(org_id=c.other_community, actor=c.stranger)
    wish = asked(event, team_id=c.team)
    [answer] = operations.sign_up_team(
        scene.session, c.organiser, member_ids=[c.wang], asked=wish, at=scene.at(BEFORE)
    )
    alone = door.sign_up(event, c.li)
    assert answer.sign_up
    assert door.withdraw(answer.sign_up, actor=c.organiser).state is GONE
    with pytest.raises(Forbidden):
        door.withdraw(alone, actor=c.organiser)
