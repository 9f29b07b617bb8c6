"""Evaluations, seals and roll-ups on the wire."""

from typing import Any

import pytest
from community import csrf_token, sign_in
from flask.testing import FlaskClient

from pointsbank.core import clock


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def seal(client: FlaskClient, year: int, **body: Any) -> Any:
    headers = {"X-CSRFToken": csrf_token(client)}
    return client.post(f"/api/v1/evaluations/{year}/seal", json=body, headers=headers)


def test_a_secretary_reads_the_year_of_the_branch(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    answer = client.get(f"/api/v1/evaluations/2026?org_id={year.place.branch}")
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["org_name"], body["relation"], body["seal"]) == ("幸福社区党支部", "branch", None)
    assert (body["total"], body["page"], body["pages"]) == (3, 1, 1)
    assert "不是评议等次" in body["note"]
    li = body["people"][0]
    assert (li["name"], li["party_status"], li["figures"]["hours"]) == ("李建国", "full", 750)
    assert body["sums"]["hours"] == 870
    assert "star" not in body["sums"]
    assert {column["name"] for column in body["columns"]} == set(li["figures"])


def test_pages_follow_one_another(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    url = f"/api/v1/evaluations/2026?org_id={year.place.street}&most=4&page="
    first, second, third = (client.get(f"{url}{page}").get_json() for page in (1, 2, 3))
    assert (first["total"], first["pages"]) == (6, 2)
    numbers = [person["number"] for page in (first, second, third) for person in page["people"]]
    assert len(set(numbers)) == 6
    assert numbers == sorted(numbers)


def test_beside_and_above_answer_alike(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    answers = []
    for org_id in (year.place.other_community, year.place.street, 999_999):
        answers.append(client.get(f"/api/v1/evaluations/2026?org_id={org_id}"))
        answers.append(client.get(f"/api/v1/organisations/{org_id}/roll-up"))
    assert {problem(answer) for answer in answers} == {(404, "no_such_evaluation")}
    assert len({answer.get_data() for answer in answers}) == 1


@pytest.mark.parametrize("who", ["volunteer", "clerk", "organiser", "auditor", "administrator"])
def test_only_secretaries_and_officials_may_ask(year: Any, client: FlaskClient, who: str) -> None:
    sign_in(client, getattr(year.place, who))
    for url in (
        f"/api/v1/evaluations/2026?org_id={year.place.community}",
        f"/api/v1/organisations/{year.place.community}/roll-up",
    ):
        assert problem(client.get(url)) == (403, "forbidden")


def test_nobody_signed_in_is_told_to_sign_in(year: Any, client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/evaluations/2026?org_id={year.place.branch}")
    assert problem(answer) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "query",
    ["", "org_id=0", "org_id=-1", "org_id=x", "org_id=1.0", "org_id=1&page=0", "org_id=1&most=501",
     "org_id=99999999999999999999"],
)  # fmt: skip
def test_a_bad_question_is_refused_with_its_field(
    year: Any, client: FlaskClient, query: str
) -> None:
    sign_in(client, year.place.secretary)
    answer = client.get(f"/api/v1/evaluations/2026?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"]


@pytest.mark.parametrize("year_asked", ["1999", "2200", "99999999999", "-1", "abc"])
def test_an_impossible_year_is_not_found(year: Any, client: FlaskClient, year_asked: str) -> None:
    sign_in(client, year.place.secretary)
    answer = client.get(f"/api/v1/evaluations/{year_asked}?org_id={year.place.branch}")
    assert answer.status_code == 404


def test_a_year_is_sealed_once_and_answers_the_same_key_again(
    year: Any, client: FlaskClient
) -> None:
    with clock.frozen(year.end):
        sign_in(client, year.place.secretary)
        first = seal(client, 2026, org_id=year.place.branch, key="one")
        again = seal(client, 2026, org_id=year.place.branch, key="one")
        other = seal(client, 2026, org_id=year.place.branch, key="two")
        read = client.get(f"/api/v1/evaluations/2026?org_id={year.place.branch}").get_json()
    assert first.status_code == 201
    assert first.get_json() == again.get_json() == read["seal"]
    assert len(first.get_json()["digest"]) == 64
    assert first.get_json()["rows_count"] == 3
    assert problem(other) == (409, "year_already_sealed")
    assert "2026年度评议已于09:30封存" in other.get_json()["title"]


def test_sealing_too_early_says_from_when(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    answer = seal(client, 2026, org_id=year.place.branch, key="one")
    assert problem(answer) == (409, "too_early_to_seal")
    assert "12月1日" in answer.get_json()["title"]


def test_an_official_reads_but_does_not_seal(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    assert problem(seal(client, 2026, org_id=year.place.branch, key="one")) == (403, "forbidden")


@pytest.mark.parametrize(
    "body", [{}, {"org_id": 1}, {"org_id": "x", "key": "k"}, {"key": "k" * 65}]
)
def test_a_seal_without_its_parts_is_refused(
    year: Any, client: FlaskClient, body: dict[str, Any]
) -> None:
    sign_in(client, year.place.secretary)
    assert seal(client, 2026, **body).status_code == 422


def test_the_roll_up_of_a_street(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    answer = client.get(f"/api/v1/organisations/{year.place.street}/roll-up?year=2026")
    body = answer.get_json()
    assert (body["year"], body["line"]) == (2026, "territory")
    assert body["whole"]["members"] == 6
    assert [child["name"] for child in body["children"]] == ["幸福社区", "光明社区"]
    assert body["children"][0]["points_out"] == {"morality": 15}
    url = f"/api/v1/organisations/{year.place.community}/roll-up?line=party"
    assert client.get(url).get_json()["children"][0]["relation"] == "branch"


@pytest.mark.parametrize("query", ["year=1999", "year=20260", "line=moon"])
def test_a_bad_roll_up_is_refused(year: Any, client: FlaskClient, query: str) -> None:
    sign_in(client, year.place.official)
    url = f"/api/v1/organisations/{year.place.street}/roll-up?{query}"
    assert client.get(url).status_code == 422
