"""Whatever the tree and whoever asks: no route shows or changes an organisation out of her reach.

Trees, roles and the organisation asked for are generated; the routes are all that name one.
"""

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import Database, Session, transaction
from pointsbank.orgs import operations, queries
from pointsbank.orgs.rules import NewOrganisation
from tests.community import SINCE, csrf_token, sign_in
from tests.journeys.ground import nothing_happens

LEVELS = ("city", "county", "street", "community", "grid", "building_group")
ROLES = sorted(set(Role) - {Role.VOLUNTEER})
BODIES: dict[str, dict[str, Any]] = {
    "renaming": {"name": "改过的名称"},
    "move": {"parent_id": 0},
    "merger": {"successor_id": 0},
    "split": {"name": "分出来的"},
    "closing": {},
    "founding": {"kind": "team", "name": "新来的队"},
    "founding-list": {"kind": "team", "names": "新来的队"},
    "preview": {"kind": "team", "names": "新来的队"},
    "details": {
        "region_code": "",
        "credit_code": "",
        "address": "别人的地址",
        "contact_name": "",
    },
    "contact": {},
}


def routes(app: Flask) -> list[tuple[str, Rule]]:
    """Every route of the organisations' own feature that names one."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint.startswith("organisations") and "org_id" in rule.arguments
    ]


def plant(session: Session, shape: list[tuple[int, int]]) -> list[int]:
    """A tree under one city: each (which above, whether a party branch) hangs where it may."""
    rows = [NewOrganisation("city", "城", SINCE)]
    depth = [0]
    for number, (above, branch) in enumerate(shape, start=1):
        fit = [i for i in range(len(rows)) if depth[i] < len(LEVELS) - 1]
        parent = fit[above % len(fit)]
        kind = "party_branch" if branch else LEVELS[depth[parent] + 1]
        rows.append(NewOrganisation(kind, f"〔{number}〕", SINCE, parent_row=parent))
        depth.append(len(LEVELS) if branch else depth[parent] + 1)
    return operations.found_many(session, SYSTEM, rows, at=clock.now())


@given(
    shape=st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=12),
    role=st.sampled_from(ROLES),
    held=st.integers(0, 20),
)
@settings(
    max_examples=12, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_no_route_shows_or_changes_what_is_out_of_reach(
    app: Flask, bank: Database, shape: list[tuple[int, bool]], role: Role, held: int
) -> None:
    at = clock.now()
    with transaction() as session:
        ids = plant(session, shape)  # type: ignore[arg-type]
        mine = ids[held % len(ids)]
        user = access.open_user(
            session, SYSTEM, org_id=mine, staff_name=f"who{mine}x{ids[0]}", display_name="x", at=at
        )
        access.grant_role(
            session, SYSTEM, user_id=user.id, role=role, org_id=mine, from_on=SINCE, at=at
        )
        reach = queries.below(session, [mine])[mine]
        names = {org.id: org.name for org in queries.organisations(session, ids).values()}
    client = sign_in(app.test_client(), Actor("user", user.id))
    csrf = csrf_token(client)
    outside = [org_id for org_id in ids if org_id not in reach]

    listed = client.get("/api/v1/organisations?most=500").json["organisations"]
    assert {one["id"] for one in listed} == reach
    for asked in ("", "?q=〔", "?kind=grid"):
        shown = set(re.findall(r"〔\d+〕", client.get(f"/organisations/tree{asked}").text))
        assert shown <= {names[org_id] for org_id in reach}
    with nothing_happens():
        for org_id in outside:
            for method, rule in routes(app):
                for path in paths(rule, org_id):
                    answer = send(client, csrf, method, path, mine)
                    assert answer.status_code in {403, 404}, (role, method, path)
                    assert names[org_id] not in answer.text, (role, method, path)
            assert client.get(f"/organisations/tree?under={org_id}").status_code == 404
    for org_id in reach:
        shown = client.get(f"/organisations/{org_id}/details").text
        linked = {int(found) for found in re.findall(r"/organisations/(\d+)/details", shown)}
        assert linked <= reach


def paths(rule: Rule, org_id: int) -> list[str]:
    path = re.sub(r"<int:org_id>", str(org_id), rule.rule)
    found = re.search(r"<any\((.*?)\):change>", path)
    return [path.replace(found[0], one) for one in found[1].split(", ")] if found else [path]


def send(client: Any, csrf: str, method: str, path: str, mine: int) -> Any:
    """A request that would be good if the organisation were hers."""
    if method == "GET":
        return client.get(path)
    word = path.rpartition("/")[2]
    body = {name: mine if value == 0 else value for name, value in BODIES[word].items()}
    if word not in {"details", "contact"}:
        body["on"] = clock.today().isoformat()
        if "names" not in body:
            body["key"] = "a-good-key"
    if path.startswith("/api/"):
        return client.open(path, method=method, json=body, headers={"X-CSRFToken": csrf})
    return client.post(path, data={"csrf_token": csrf, **body})


def test_there_are_such_routes(app: Flask) -> None:
    assert len(routes(app)) >= 14
