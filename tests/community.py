"""A small community that tests stand on: 幸福社区 and its neighbour 光明社区 under one street.

``build(session)`` writes it in milliseconds through the real operations: ids and actors.
``sign_in(client, actor)`` gives a client that person's cookie; ``submit`` posts as her page would.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http.cookies import SimpleCookie
from typing import Any

from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from pointsbank.access import operations as access
from pointsbank.access import queries as access_queries
from pointsbank.access.models import User
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import Session, transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.presets import PRESETS
from pointsbank.hours.operations import adopt_hour_rule
from pointsbank.hours.rules import HourTerms
from pointsbank.ledger.operations import declare_default_units
from pointsbank.members import operations as members
from pointsbank.members.rules import NewMember, PartyStatus
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.rules import NATIONAL
from pointsbank.web.sessions import COOKIE, open_session_cookie

SINCE = date(2020, 1, 1)
STAFF_PASSWORD = "Xingfu-2026"
PIN = "246813"

_ROLES = {
    "organiser": (Role.ORGANISER,),
    "clerk": (Role.CLERK,),
    "reviewer": (Role.REVIEWER,),
    "secretary": (Role.SECRETARY,),
    "official": (Role.OFFICIAL,),
    "administrator": (Role.ADMINISTRATOR,),
    "auditor": (Role.AUDITOR,),
    "stranger": (Role.ORGANISER, Role.CLERK, Role.REVIEWER, Role.SECRETARY, Role.OFFICIAL),
}


@dataclass(frozen=True, slots=True)
class Community:
    """Ids of organisations and members, and actors; staff sign in by the names of the fields."""

    city: int
    county: int
    street: int
    community: int  # 幸福社区
    grid: int
    building_group: int
    branch: int  # the party branch in 幸福社区
    team: int  # a volunteer team of 幸福社区
    employer: int  # a unit of the county
    other_community: int  # 光明社区
    other_grid: int
    other_building_group: int

    wang: int  # 13800000001; no party member
    li: int  # 13800000002; full party member of the branch
    zhao: int  # 13800000003; probationary
    sun: int  # 13800000004; full party member, in service at the employer
    chen: int  # no phone: uses a card
    zhou: int  # 13800000006; lives in 光明社区

    volunteer: Actor  # wang
    other_volunteer: Actor  # zhou
    organiser: Actor  # of 幸福社区, as the next three
    clerk: Actor
    reviewer: Actor
    secretary: Actor
    official: Actor  # of the street
    administrator: Actor  # of the city, as the auditor
    auditor: Actor
    stranger: Actor  # organiser, clerk, reviewer, secretary and official of 光明社区


def build(session: Session, *, with_passwords: bool = False, with_rules: bool = True) -> Community:
    """Found the community at the clock's now. Passwords cost 29 ms each: only when asked for."""
    at = clock.now()
    places = dict(
        zip(_PLACES, orgs.found_many(session, SYSTEM, _organisations(), at=at), strict=True)
    )
    people = dict(
        zip(_PEOPLE, members.register_many(session, SYSTEM, _members(places), at=at), strict=True)
    )
    actors = {name: _staff(session, name, places, with_password=with_passwords) for name in _ROLES}
    for name, person in (("volunteer", "wang"), ("other_volunteer", "zhou")):
        user = access.open_user(session, SYSTEM, member_id=people[person], at=at)
        actors[name] = _ready(session, user.id, PIN if with_passwords else "")
    if with_rules:
        adopt_default_rules(session, places["city"])
    return Community(**places, **people, **actors)


def adopt_default_rules(session: Session, org_id: int) -> None:
    """Units, the hour rule, ten points an hour, the national ladder: for this and all below."""
    since: dict[str, Any] = {"org_id": org_id, "from_on": SINCE, "at": clock.now()}
    declare_default_units(session, SYSTEM, at=clock.now())
    adopt_hour_rule(session, SYSTEM, terms=HourTerms(), **since)
    for terms in PRESETS["baicheng"].rules:
        adopt_points_rule(session, SYSTEM, **terms, **since)
    adopt_star_ladder(session, SYSTEM, levels=NATIONAL.levels, **since)


_PLACES = {
    "city": ("city", "白城市", None),
    "county": ("county", "洮北区", "city"),
    "street": ("street", "明仁街道", "county"),
    "community": ("community", "幸福社区", "street"),
    "grid": ("grid", "幸福社区第一网格", "community"),
    "building_group": ("building_group", "1号楼", "grid"),
    "branch": ("party_branch", "幸福社区党支部", "community"),
    "team": ("team", "幸福社区志愿服务队", "community"),
    "employer": ("employer", "洮北区教育局", "county"),
    "other_community": ("community", "光明社区", "street"),
    "other_grid": ("grid", "光明社区第一网格", "other_community"),
    "other_building_group": ("building_group", "1号楼", "other_grid"),
}

_PEOPLE = ("wang", "li", "zhao", "sun", "chen", "zhou")


def _organisations() -> list[NewOrganisation]:
    order = list(_PLACES)
    return [
        NewOrganisation(
            kind, name, SINCE, parent_row=None if parent is None else order.index(parent)
        )
        for kind, name, parent in _PLACES.values()
    ]


def _members(places: Mapping[str, int]) -> list[NewMember]:
    home, grid = places["building_group"], places["grid"]
    branch, team = places["branch"], (places["team"],)
    return [
        NewMember("王桂芳", home, "13800000001", team_ids=team),
        NewMember("李建国", home, "13800000002", branch, None, PartyStatus.FULL, team),
        NewMember("赵晓梅", grid, "13800000003", branch, None, PartyStatus.PROBATIONARY),
        NewMember("孙立军", grid, "13800000004", branch, places["employer"], PartyStatus.FULL),
        NewMember("陈玉兰", home),
        NewMember("周明", places["other_building_group"], "13800000006"),
    ]


def _staff(session: Session, name: str, places: Mapping[str, int], *, with_password: bool) -> Actor:
    place = {
        "official": "street", "administrator": "city", "auditor": "city",
        "stranger": "other_community",
    }.get(name, "community")  # fmt: skip
    at, org_id = clock.now(), places[place]
    user = access.open_user(
        session, SYSTEM, org_id=org_id, staff_name=name, display_name=f"测试{name}", at=at
    )
    for role in _ROLES[name]:
        access.grant_role(
            session, SYSTEM, user_id=user.id, role=role, org_id=org_id, from_on=SINCE, at=at
        )
    return _ready(session, user.id, STAFF_PASSWORD if with_password else "")


def _ready(session: Session, user_id: int, password: str) -> Actor:
    """The user as an actor, as a request would see her."""
    at = clock.now()
    if password:
        access.set_password(session, SYSTEM, user_id=user_id, password=password, at=at)
        session.execute(update(User).where(User.id == user_id).values(must_change=False))
    opened = access.open_session(session, user_id=user_id, at=at)
    actor = access_queries.actor_of_token(session.connection(), opened.token, at)
    assert actor is not None
    access.sign_out(session, token=opened.token, at=at)
    return actor


def sign_in(client: FlaskClient, actor: Actor) -> FlaskClient:
    """Give the client this person's session, without a password; outside any transaction."""
    with transaction() as session:
        opened = access.open_session(session, user_id=actor.id, at=clock.now())
    response = Response()
    open_session_cookie(response, opened.token, opened.idle_minutes)
    cookie = SimpleCookie(response.headers["Set-Cookie"])[COOKIE]
    client.set_cookie(COOKIE, cookie.value)
    return client


def submit(client: FlaskClient, url: str, /, **fields: Any) -> TestResponse:
    """Post a form with the token that the person's pages carry."""
    return client.post(url, data={"csrf_token": csrf_token(client), **fields})


def csrf_token(client: FlaskClient) -> str:
    """The token on a page that this client may see, signed in or not."""
    page = client.get("/sign-in")
    text = (client.get("/password") if page.status_code == 303 else page).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', text)
    assert found, "the page carries no token"
    return found[1]
