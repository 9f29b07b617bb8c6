"""Her own balances and statement over JSON; nobody else's."""

from typing import Any

from community import Community, sign_in
from flask.testing import FlaskClient


def test_the_code_that_her_phone_shows(client: FlaskClient, year: Any) -> None:
    answer = sign_in(client, year.place.volunteer).get("/api/v1/me/code")
    assert answer.status_code == 200
    assert len(answer.json["digits"]) == 20
    assert answer.json["seconds_left"] == 60
    assert len(answer.json["card_tail"]) == 4


def test_her_balances_and_the_way_to_her_next_star(client: FlaskClient, year: Any) -> None:
    answer = sign_in(client, year.place.volunteer).get("/api/v1/me/balances")
    assert answer.json["balances"] == {"minutes": 600, "morality": 85, "party": 0}
    assert answer.json["standing"] == {
        "star": 0, "minutes": 600, "next_star": 1, "minutes_to_next": 5400,
    }  # fmt: skip


def test_her_statement_says_where_each_entry_came_from(client: FlaskClient, year: Any) -> None:
    answer = sign_in(client, year.place.volunteer).get("/api/v1/me/statement?unit=morality")
    lines = answer.json["lines"]
    assert [line["amount"] for line in lines] == [30, -30, -15, 10, 15, 30, 20, 25]
    assert [line["balance"] for line in lines][:3] == [85, 55, 85]
    back, spent = lines[0], lines[1]
    assert (back["reverses"], spent["reversed_by"]) == (spent["id"], back["id"])
    assert spent["story"]["title"] == "大米 5kg ×2"
    earned = lines[-1]
    assert (earned["category"], earned["effective_on"]) == ("repairs", "2026-03-05")
    assert earned["story"]["title"] == "3·5 学雷锋便民服务"
    assert answer.json["next_before"] is None


def test_a_clipped_entry_says_what_was_taken_of_it(client: FlaskClient, clipped: Any) -> None:
    lines = sign_in(client, clipped.place.volunteer).get("/api/v1/me/statement").json["lines"]
    assert [line["amount"] for line in lines[:2]] == [8, 20]
    assert lines[1]["clip"] is None
    assert lines[0]["clip"] == {
        "unit": "morality", "window": "month", "most": 28, "used": 20, "asked": 20, "amount": 8,
    }  # fmt: skip


def test_a_long_statement_comes_in_pages(client: FlaskClient, many: Community) -> None:
    sign_in(client, many.volunteer)
    first = client.get("/api/v1/me/statement?unit=minutes").json
    assert len(first["lines"]) == 20
    rest = client.get(f"/api/v1/me/statement?unit=minutes&before={first['next_before']}").json
    assert len(rest["lines"]) == 5
    assert rest["next_before"] is None
    numbers = [line["id"] for line in first["lines"] + rest["lines"]]
    assert numbers == sorted(numbers, reverse=True)


def test_a_statement_says_who_made_each_entry_and_by_which_version(
    client: FlaskClient, year: Any
) -> None:
    lines = sign_in(client, year.place.volunteer).get("/api/v1/me/statement").json["lines"]
    back, spent, *_, earned = lines
    assert (spent["actor_kind"], spent["actor_name"]) == ("user", "测试clerk")
    assert back["rule_version"] is None
    assert (earned["actor_kind"], earned["actor_name"], earned["rule_version"]) == ("system", "", 1)


def test_a_period_has_its_entries_and_figures(client: FlaskClient, year: Any) -> None:
    sign_in(client, year.place.volunteer)
    found = client.get("/api/v1/me/statement?since=2026-04-01&until=2026-06-30").json
    assert [line["amount"] for line in found["lines"]] == [15, 20]
    assert found["period"] == {"opening": 25, "came": 35, "went": 0, "closing": 60}
    late = client.get("/api/v1/me/statement?since=2026-11-01").json["period"]
    assert late == {"opening": 100, "came": 0, "went": 15, "closing": 85}
    hours = client.get("/api/v1/me/statement?unit=minutes&until=2026-03-31").json["period"]
    assert hours == {"opening": 0, "came": 150, "went": 0, "closing": 150}


def test_a_period_is_read_page_by_page(client: FlaskClient, many: Community) -> None:
    sign_in(client, many.volunteer)
    asked = "/api/v1/me/statement?unit=minutes&since=2026-03-06&until=2026-10-20"
    first = client.get(asked).json
    rest = client.get(f"{asked}&before={first['next_before']}").json
    assert (len(first["lines"]), len(rest["lines"]), rest["next_before"]) == (20, 2, None)
    assert first["period"] == rest["period"]


def test_a_newcomer_has_nothing_yet(client: FlaskClient, year: Any) -> None:
    sign_in(client, year.place.other_volunteer)
    assert client.get("/api/v1/me/balances").json["balances"]["morality"] == 0
    assert client.get("/api/v1/me/statement").json == {
        "period": None, "lines": [], "next_before": None,
    }  # fmt: skip


def test_what_is_not_of_the_form_is_refused(client: FlaskClient, year: Any) -> None:
    sign_in(client, year.place.volunteer)
    for wrong in (
        "unit=gold", "before=0", "before=x", f"before={2**53}", "since=x", "until=2026-02-30",
        "since=1899-12-31", "until=2026-01-01&since=2026-01-02",
    ):  # fmt: skip
        answer = client.get(f"/api/v1/me/statement?{wrong}")
        assert client.get(f"/me/statement?{wrong}").status_code == 422
        assert answer.status_code == 422
        assert set(answer.json["errors"]) == {wrong.partition("=")[0]}


def test_only_a_volunteer_has_a_passbook(client: FlaskClient, year: Any) -> None:
    paths = ("/api/v1/me/code", "/api/v1/me/balances", "/api/v1/me/statement")
    assert [client.get(path).status_code for path in paths] == [401, 401, 401]
    sign_in(client, year.place.secretary)
    assert [client.get(path).status_code for path in paths] == [403, 403, 403]
