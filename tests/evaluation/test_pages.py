"""The pages that a secretary and an official use, and the files that they take away."""

import csv
import io
import re
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from community import sign_in, submit
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from pointsbank.core import clock
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.evaluation.operations import seal_year


def text_of(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def sealed(year: Any, org_id: int, key: str = "one") -> None:
    with transaction() as session:
        seal_year(session, year.place.secretary, org_id=org_id, year=2026, key=key, at=year.end)


def download(client: FlaskClient, year: Any, file_type: str, org_id: int | None = None) -> Any:
    return submit(client, f"/evaluations/2026.{file_type}", org=org_id or year.place.branch)


def test_the_list_shows_organisations_by_years_and_what_is_sealed(
    year: Any, client: FlaskClient
) -> None:
    sealed(year, year.place.branch)
    sign_in(client, year.place.secretary)
    page = text_of(client, "/evaluations")
    for name in ("幸福社区党支部", "幸福社区第一网格", "2026", "2025", "2024"):
        assert name in page
    assert page.count("已封存") == 1
    assert "光明社区" not in page
    assert f"/evaluations/2026?org={year.place.branch}" in page


def test_the_list_is_searched_by_name(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    page = text_of(client, "/evaluations?q=光明")
    assert "光明社区" in page
    assert "幸福社区" not in page
    assert "没有找到组织" in text_of(client, "/evaluations?q=不存在")


def test_the_page_shows_people_and_says_what_it_is_not(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    page = text_of(client, f"/evaluations/2026?org={year.place.branch}")
    for text in (
        "李建国",
        "赵晓梅",
        "预备党员",
        "12.5",
        "道德积分",
        "不是评议等次",
        "按党组织关系",
    ):
        assert text in page
    assert "王桂芳" not in page
    assert "封存校验值" not in page
    assert "13800000002" not in page


def test_the_head_of_a_column_sorts_by_it(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    url = f"/evaluations/2026?org={year.place.branch}&sort="
    down, up = text_of(client, f"{url}-hours"), text_of(client, f"{url}hours")
    assert down.index("李建国") < down.index("赵晓梅") < down.index("孙立军")
    assert up.index("孙立军") < up.index("赵晓梅") < up.index("李建国")
    assert 'aria-sort="descending"' in down
    assert 'aria-sort="ascending"' in up


def test_an_empty_year_says_so_and_offers_nothing(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    page = text_of(client, f"/evaluations/2010?org={year.place.branch}")
    assert "没有可评议的人员" in page
    assert "导出" not in page
    assert "封存本年度" not in page


def test_the_workbook_reads_back_what_the_page_shows(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    answer = download(client, year, "xlsx")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert "幸福社区党支部2026年度评议参考表.xlsx" in unquote(answer.headers["Content-Disposition"])
    page = openpyxl.load_workbook(io.BytesIO(answer.data))["2026"]
    assert page["A1"].value == "幸福社区党支部2026年度评议参考表"
    assert "不是评议等次" in page["A2"].value
    assert "尚未封存" in page["A4"].value
    header = [cell.value for cell in page[5]]
    assert header[:5] == ["序号", "志愿者编号", "姓名", "政治面貌", "服务时长"]
    li = dict(zip(header, [cell.value for cell in page[6]], strict=True))
    assert (li["序号"], li["姓名"], li["服务时长"], li["党员积分"]) == (1, "李建国", 12.5, 25)
    assert page["B6"].data_type == "s"
    sums = dict(zip(header, [cell.value for cell in page[9]], strict=True))
    assert (sums["序号"], sums["志愿者编号"], sums["服务时长"]) == ("合计", "3人", 14.5)
    again = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
    assert again.to_python()[5][2] == "李建国"


def test_the_csv_reads_back_too(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    answer = download(client, year, "csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row["姓名"] for row in rows] == ["李建国", "赵晓梅", "孙立军"]
    assert (rows[0]["服务时长"], rows[0]["道德积分·环境整治"]) == ("12.5", "75")


def test_taking_a_file_away_is_in_the_audit_trail_and_looking_is_not(
    year: Any, client: FlaskClient
) -> None:
    sign_in(client, year.place.official)
    text_of(client, f"/evaluations/2026?org={year.place.branch}")
    wanted = select(AuditEntry.action, AuditEntry.facts).where(
        AuditEntry.action == "evaluation.export"
    )
    with snapshot() as session:
        assert session.execute(wanted).all() == []
    download(client, year, "csv")
    with snapshot() as session:
        assert session.execute(wanted).all() == [
            ("evaluation.export", {"year": 2026, "file_type": "csv"})
        ]


def test_a_file_is_never_taken_by_a_link(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    assert client.get(f"/evaluations/2026.xlsx?org={year.place.branch}").status_code == 405
    bare = client.post("/evaluations/2026.xlsx", data={"org": year.place.branch})
    assert bare.status_code == 403
    assert submit(client, "/evaluations/2026.doc", org=year.place.branch).status_code == 404


def test_nothing_beside_or_above_is_shown(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    pages = set()
    for org_id in (year.place.other_community, year.place.street, 999_999):
        for answer in (
            client.get(f"/evaluations/2026?org={org_id}"),
            client.get(f"/organisations/{org_id}"),
            client.get(f"/evaluations/2026/seal?org={org_id}"),
            download(client, year, "xlsx", org_id),
        ):
            assert answer.status_code == 404
            pages.add(re.search(r"<h1>(.*?)</h1>", answer.get_data(as_text=True))[1])  # type: ignore[index]
    assert len(pages) == 1


@pytest.mark.parametrize("who", ["volunteer", "clerk", "organiser", "auditor", "administrator"])
def test_only_secretaries_and_officials_come_in(year: Any, client: FlaskClient, who: str) -> None:
    sign_in(client, getattr(year.place, who))
    for url in (
        "/evaluations",
        f"/evaluations/2026?org={year.place.branch}",
        f"/organisations/{year.place.community}",
    ):
        assert client.get(url).status_code == 403
    assert download(client, year, "csv").status_code == 403


def test_before_sealing_the_page_says_what_it_means(year: Any, client: FlaskClient) -> None:
    with clock.frozen(year.end):
        sign_in(client, year.place.secretary)
        page = text_of(client, f"/evaluations/2026?org={year.place.branch}")
        assert f"/evaluations/2026/seal?org={year.place.branch}" in page
        question = text_of(client, f"/evaluations/2026/seal?org={year.place.branch}")
    assert "不能撤销" in question
    assert "确认封存" in question


def test_before_december_the_page_says_from_when(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    question = text_of(client, f"/evaluations/2026/seal?org={year.place.branch}")
    assert "12月1日" in question
    assert "确认封存" not in question


def test_a_seal_shows_itself_and_the_file_stays_the_same(year: Any, client: FlaskClient) -> None:
    url = f"/evaluations/2026?org={year.place.branch}"
    with clock.frozen(year.end):
        sign_in(client, year.place.secretary)
        answer = submit(client, "/evaluations/2026/seal", org=year.place.branch, key="one")
        assert (answer.status_code, answer.location) == (303, url)
        again = submit(client, "/evaluations/2026/seal", org=year.place.branch, key="one")
        assert again.status_code == 303
        page = text_of(client, url)
        first = download(client, year, "xlsx").data
    assert "封存校验值" in page
    assert "封存本年度" not in page
    year.serve(year.place.sun, 240)
    with clock.frozen(year.end.replace(minute=59)):
        assert download(client, year, "xlsx").data == first
        assert "孙立军" in text_of(client, url)
        assert "返回评议表" in text_of(client, f"/evaluations/2026/seal?org={year.place.branch}")


def test_a_page_warns_of_rows_that_were_tampered_with(
    year: Any, client: FlaskClient, bank: Database
) -> None:
    sealed(year, year.place.branch)
    sign_in(client, year.place.secretary)
    url = f"/evaluations/2026?org={year.place.branch}"
    assert "核对一致" in text_of(client, url)
    table = "" if bank.dialect == "sqlite" else " ON sealed_row"
    verb = "update" if bank.dialect == "sqlite" else "change"
    with bank.administer() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER sealed_row_no_{verb}{table}")
        connection.exec_driver_sql("UPDATE sealed_row SET residence_id = 1 WHERE position = 1")
    page = text_of(client, url)
    assert "可能被改动过" in page
    assert "核对一致" not in page
    answer = client.get(f"/api/v1/evaluations/2026?org_id={year.place.branch}").get_json()
    assert answer["seal_holds"] is False


def test_a_refused_seal_stands_on_its_page(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.secretary)
    answer = submit(client, "/evaluations/2026/seal", org=year.place.branch, key="one")
    assert answer.status_code == 409
    assert "12月1日起才能封存" in answer.get_data(as_text=True)


def test_an_official_has_no_seal_button(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    assert "封存本年度" not in text_of(client, f"/evaluations/2026?org={year.place.branch}")
    assert client.get(f"/evaluations/2026/seal?org={year.place.branch}").status_code == 403


def test_the_roll_up_compares_children_and_leads_down(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    page = text_of(client, f"/organisations/{year.place.street}")
    assert page.index("幸福社区") < page.index("光明社区")
    assert '<rect width="100"' in page
    assert f"/organisations/{year.place.community}?year=2026" in page
    below = text_of(client, f"/organisations/{year.place.community}?year=2026&line=party")
    assert "幸福社区党支部" in below
    assert 'class="crumbs"' in below
    assert "白城市" not in below
    assert "没有下级组织" in text_of(client, f"/organisations/{year.place.building_group}")


def test_the_roll_up_looks_back_and_sorts(year: Any, client: FlaskClient) -> None:
    sign_in(client, year.place.official)
    page = text_of(client, f"/organisations/{year.place.street}?year=2025&by=members")
    assert "2025年" in page
    assert "?year=2026" in page
    assert client.get(f"/organisations/{year.place.street}?year=1999").status_code == 422


def test_english_readers_read_english(year: Any, client: FlaskClient) -> None:
    sealed(year, year.place.branch)
    sign_in(client, year.place.secretary)
    client.set_cookie("language", "en")
    for url in (
        "/evaluations",
        f"/evaluations/2026?org={year.place.branch}",
        f"/evaluations/2026/seal?org={year.place.branch}",
        f"/organisations/{year.place.community}",
    ):
        page = text_of(client, url)
        main = page[page.index("<main") : page.index("</main>")]
        for org in (
            "明仁街道",
            "幸福社区党支部",
            "幸福社区志愿服务队",
            "幸福社区第一网格",
            "幸福社区",
            "1号楼",
        ):
            main = main.replace(org, "")
        for person in ("李建国", "赵晓梅", "孙立军"):
            main = main.replace(person, "")
        assert not re.findall(r"[\u4e00-\u9fff]+", main), url
    header = openpyxl.load_workbook(io.BytesIO(download(client, year, "xlsx").data))["2026"][5]
    assert [cell.value for cell in header][:3] == ["No.", "Volunteer number", "Name"]


def test_a_city_of_people_is_shown_a_page_at_a_time(
    year: Any, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsbank.evaluation.pages.PEOPLE_A_PAGE", 2)
    monkeypatch.setattr("pointsbank.evaluation.pages.ORGANISATIONS_A_PAGE", 2)
    sign_in(client, year.place.secretary)
    page = text_of(client, f"/evaluations/2026?org={year.place.branch}&page=2")
    assert "孙立军" in page
    assert "李建国" not in page
    assert "sort=number&amp;page=1" in page
    assert "q=&amp;page=2" in text_of(client, "/evaluations")


def test_an_official_begins_with_the_whole_that_she_answers_for(
    year: Any, client: FlaskClient
) -> None:
    sign_in(client, year.place.official)
    assert client.get("/").location == "/organisations"
    assert client.get("/organisations").location == f"/organisations/{year.place.street}"
    page = text_of(client, f"/organisations/{year.place.street}")
    assert re.search(r'href="/organisations" aria-current="page">组织概况', page)
