"""The import wizard as a browser without script sees it."""

import io
import re

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from pointsbank.core import bank as bank_module
from pointsbank.core.database import snapshot
from pointsbank.members.models import Member
from tests.community import Community, csrf_token, sign_in, submit
from tests.enrolment.sheets import HEADINGS, bomb, comma_separated, id_number, xlsx

ROWS = [
    ("幸福社区志愿者名册",),
    HEADINGS,
    (1, "郑秀兰", "女", id_number(2), "13900000001", "幸福社区", "第一网格", "群众"),
    (2, "王桂芳", "女", id_number(4), "13800000001", "幸福社区", "", "群众"),
    (3, "冯国强", "男", "220802198001310030", "13900000003", "幸福社区", "", "中共党员"),
    (4, "@冯国庆", "男", id_number(5), "13900000004", "幸福社区", "不存在", "群众"),
]


def upload(
    client: FlaskClient, community: Community, content: bytes, name: str = "名册.xlsx", **more: str
) -> TestResponse:
    return client.post(
        "/enrolments/imports",
        data={
            "csrf_token": csrf_token(client), "org_id": community.community, "sheet": "",
            "key": "first-upload", "file": (io.BytesIO(content), name), **more,
        },
    )  # fmt: skip


def members() -> int:
    with snapshot() as session:
        return session.execute(select(func.count()).select_from(Member)).scalar_one()


def run(client: FlaskClient, url: str) -> str:
    """Press 继续 until nothing is under way; the page then."""
    for _ in range(20):
        page = client.get(url).text
        if 'id="progress"' not in page:
            return page
        assert submit(client, f"{url}/steps").status_code == 303
    raise AssertionError("it does not end")


def test_a_register_is_uploaded_checked_imported_and_undone(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    before = members()
    assert "还没有导入过名册" in client.get("/enrolments/imports").text
    url = upload(client, community, xlsx(ROWS)).location
    page = client.get(url).text
    assert re.findall(r'<option value="(\w+)" selected', page) == [
        "ignored", "name", "sex", "document", "phone", "community", "grid", "party_status",
    ]  # fmt: skip
    assert "220802198001310021" not in page
    columns = re.findall(r'<option value="(\w+)" selected', page)
    assert submit(client, f"{url}/columns", columns=columns).status_code == 303
    page = run(client, url)
    assert members() == before
    assert "证件号码不对" in page
    assert "这个手机号已由别人登记" not in page
    assert submit(client, f"{url}/registration").status_code == 303
    page = run(client, url)
    assert "本次登记了 1 人" in page
    assert members() == before + 1
    assert submit(client, f"{url}/undoing").status_code == 303
    assert "已移除 1 人" in run(client, url)
    assert members() == before
    assert "名册.xlsx" in client.get("/enrolments/imports").text


def test_the_workbook_comes_back_with_a_reason_beside_each_row(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    url = upload(client, community, xlsx(ROWS)).location
    columns = re.findall(r'<option value="(\w+)" selected', client.get(url).text)
    submit(client, f"{url}/columns", columns=columns)
    assert submit(client, f"{url}/workbook").status_code == 409
    run(client, url)
    book = openpyxl.load_workbook(io.BytesIO(submit(client, f"{url}/workbook").data))
    rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert rows[0][0] == "幸福社区志愿者名册"
    assert rows[1][:8] == list(HEADINGS)
    assert rows[1][8:] == ["结果", "原因"]
    assert [row[8] for row in rows[2:]] == ["可登记", "已登记", "有错误", "有疑问"]
    assert rows[2][3:5] == [id_number(2), "13900000001"]
    assert rows[3][9] == "已经登记过，不重复登记。"
    assert "证件号码不对" in rows[4][9]
    assert rows[5][1] == "'@冯国庆"
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "请选择要上传的文件"),
        (bytes(range(256)), "读不出来"),
        (b"PK\x03\x04xx", "读不出来"),
        (bomb(600), "读不出来"),
        (comma_separated([("姓名", "手机号")]), "没有可以导入的内容"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    client: FlaskClient, community: Community, content: bytes, sentence: str
) -> None:
    sign_in(client, community.secretary)
    answer = upload(client, community, content)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_larger_body_is_taken_here_and_nowhere_else(
    client: FlaskClient, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, community.secretary)
    monkeypatch.setattr(bank_module.settings(), "import_bytes", 3_000_000)
    answer = upload(client, community, b"x" * 2_900_000, "a.csv")
    assert answer.status_code == 422
    assert upload(client, community, b"x" * 3_200_000, "a.csv").status_code == 413
    answer = client.post(
        "/enrolments", data={"csrf_token": csrf_token(client), "a": "x" * 2_100_000}
    )
    assert answer.status_code == 413


def test_only_those_who_register_members_import(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url = upload(client, community, xlsx(ROWS)).location
    for who, status in (
        (community.organiser, 403), (community.stranger, 404), (community.administrator, 200),
    ):  # fmt: skip
        sign_in(client, who)
        assert client.get(url).status_code == status


def test_columns_that_cannot_be_are_refused_in_words(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    url = upload(client, community, xlsx(ROWS)).location
    good = re.findall(r'<option value="(\w+)" selected', client.get(url).text)
    for columns, sentence in (
        (good[:-1], "列数与文件不符"),
        (["name", *good[1:]], "请只保留一列"),
        (["ignored" if c == "name" else c for c in good], "请指定哪一列"),
        (["nonsense", *good[1:]], "填写的内容有误"),
        (["name", *["ignored"] * 7], "无法判断是否重复登记"),
    ):
        answer = submit(client, f"{url}/columns", columns=columns)
        assert (answer.status_code, sentence in answer.text) == (422, True), columns


def test_what_was_uploaded_goes_at_once_when_it_is_given_up(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    url = upload(client, community, xlsx(ROWS)).location
    assert submit(client, f"{url}/discarding").status_code == 303
    page = client.get(url).text
    assert "已作废" in page
    assert "名册.xlsx" not in page
    assert submit(client, f"{url}/registration").status_code == 409
