"""Organisations founded by a list: a county's 667 units are not typed one by one."""

from typing import Any

import pytest
from community import Community, build, sign_in, submit
from flask.testing import FlaskClient
from sqlmodel import col, select

from pointsbank.core import clock
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.orgs import operations
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import (
    MOST_LISTED,
    CannotSitUnder,
    DayToCome,
    Listed,
    ListEmpty,
    ListLineInvalid,
    ListTooLong,
    NoSuchKind,
    NoSuchOrganisation,
    read_list,
)

GOOD, DOUBTFUL = "91350200MA2YJ1XR9G", "91350200MA2YJ1XR9A"


@pytest.fixture
def place(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False)


def under(parent_id: int, kind: str) -> list[tuple[str, str]]:
    with snapshot() as session:
        rows = session.execute(
            select(Organisation.name, Organisation.credit_code)
            .where(Organisation.parent_id == parent_id, Organisation.kind == kind)
            .order_by(col(Organisation.id))
        )
        return [(name, code) for name, code in rows]


def test_a_list_is_read_as_a_spreadsheet_pastes_it() -> None:
    pasted = f" 育才小学\t{GOOD}\r\n\n第二中学， \n粮食局"
    assert read_list(pasted) == [
        Listed("育才小学", GOOD), Listed("第二中学", ""), Listed("粮食局", ""),
    ]  # fmt: skip
    hopeless = (
        (" \n", ListEmpty),
        ("某局\n" * (MOST_LISTED + 1), ListTooLong),
        ("甲,乙,丙", ListLineInvalid),
        (",91350200MA2YJ1XR9G", ListLineInvalid),
        ("长" * 81, ListLineInvalid),
        ("某局," + "9" * 31, ListLineInvalid),
    )
    for text, refusal in hopeless:
        with pytest.raises(refusal):
            read_list(text)


def test_a_list_is_seen_then_founded_and_a_repeat_founds_nothing(
    client: FlaskClient, place: Community
) -> None:
    sign_in(client, place.administrator)
    here = f"/organisations/{place.county}/founding-list"
    assert here in client.get(f"/organisations/{place.county}/details").text
    assert "每行一个" in client.get(here).text
    names = f"育才小学,{GOOD}\n第二中学\t{DOUBTFUL}\n育才小学\n粮食局"
    asked = {"kind": "employer", "on": "2026-01-01", "names": names}
    look = f"{here}/preview"
    seen = submit(client, look, **asked)
    assert (seen.status_code, "新设 3 个：机关企事业单位" in seen.text) == (200, True)
    for told in ("只设一个：育才小学", "请再核一遍：第二中学"):
        assert told in seen.text
    before = under(place.county, "employer")
    assert submit(client, here, **asked).status_code == 303
    founded = [("育才小学", GOOD), ("第二中学", DOUBTFUL), ("粮食局", "")]
    assert under(place.county, "employer") == before + founded
    assert "已新设 3 个" in client.get(f"/organisations/{place.county}/details").text
    again = submit(client, look, **asked | {"names": names + "\n林业局"})
    assert "已经有的 3 个不再新设：育才小学、第二中学、粮食局" in again.text
    submit(client, here, **asked)
    assert under(place.county, "employer") == before + founded
    assert "名单上的都已经有了" in submit(client, look, **asked).text
    for path in (here, look):
        wrong = submit(client, path, **asked | {"names": "甲,乙,丙"})
        assert (wrong.status_code, "第 1 行" in wrong.text) == (422, True)


def test_a_hopeless_list_is_refused_fault_by_fault(place: Community) -> None:
    hopeless: dict[str, Any] = {
        "org_id": 999_999, "kind": "planet", "names": "", "on": clock.today().replace(year=2027),
    }  # fmt: skip
    steps: tuple[tuple[type[Refused], dict[str, Any]], ...] = (
        (ListEmpty, {}),
        (NoSuchOrganisation, {"names": "粮食局"}),
        (Forbidden, {"org_id": place.other_community}),
        (NoSuchKind, {"org_id": place.community}),
        (CannotSitUnder, {"kind": "county"}),
        (DayToCome, {"kind": "grid"}),
    )
    for refusal, mended in steps:
        hopeless |= mended
        with pytest.raises(refusal), transaction() as session:
            operations.found_list(session, place.secretary, **hopeless, at=clock.now())
    with transaction() as session:
        hopeless["on"] = clock.today()
        plan = operations.found_list(session, place.secretary, **hopeless, at=clock.now())
    assert [one.name for one in plan.fresh] == ["粮食局"]
