"""Registration by oneself, its approval, the desk and report-ins as a browser without script sees
them.
"""

import re
from typing import Any

import pytest
import zxingcpp
from flask.testing import FlaskClient
from pypdfium2 import PdfDocument
from sqlalchemy import select
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.enrolment.models import Application, ReportIn
from pointsbank.members.models import Member
from tests.community import Community, sign_in, submit
from tests.enrolment.sheets import id_number

PHONE = "13900000001"


def wish(community: Community, **more: Any) -> dict[str, Any]:
    return {
        "org_id": community.community, "name": "郑秀兰", "phone": PHONE, "sex": "female",
        "document_number": id_number(2), "birth_on": "", "skills": ["理发"], "available": "周末",
        "guardian_name": "", "guardian_phone": "", "guardian_relation": "",
        "consents": ["registration"], "key": "key-of-mine", **more,
    }  # fmt: skip


def code_in(page: str) -> str:
    found = re.search(r'class="code-digits digits">(.*?)</p>', page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>|\s", "", found[1])


def applied(client: FlaskClient, community: Community, **more: Any) -> str:
    answer = submit(client, "/register", **wish(community, **more))
    assert answer.status_code == 201, answer.text
    return code_in(answer.text)


def newest(model: Any) -> Any:
    with snapshot() as session:
        return session.execute(select(model).order_by(col(model.id).desc())).scalars().first()


def test_anybody_applies_and_sees_by_her_code_how_it_stands(
    client: FlaskClient, community: Community
) -> None:
    form = client.get(f"/register/{community.community}").text
    assert f'value="{community.community}" selected' in form
    assert "（第 1 版）" in form
    code = applied(client, community)
    assert applied(client, community) == code
    assert "待审核" in submit(client, "/register/status", code=code.lower()).text
    answer = submit(client, "/register/status", code="ACDEFGHJKMNP")
    assert (answer.status_code, "没有这份申请" in answer.text) == (404, True)
    assert "查询码" in client.get("/register/status").text


def test_a_registered_phone_gets_the_answer_of_a_new_one(
    client: FlaskClient, community: Community
) -> None:
    answers = [
        submit(client, "/register", **wish(community, phone=phone, key=f"key-{phone}"))
        for phone in (PHONE, "13800000001")
    ]
    told = [re.sub(code_in(a.text)[:4] + r".*?</p>", "", a.text) for a in answers]
    assert [a.status_code for a in answers] == [201, 201]
    assert len({re.sub(r'content="[^"]+"|value="[^"]+"|<span>\w{4}</span>', "", t)
                for t in told}) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"consents": []}, "请先阅读并勾选"),
        ({"name": ""}, "请填写此项"),
        ({"document_number": "123"}, "证件号码有误"),
        ({"document_number": "", "birth_on": "2012-01-01"}, "监护人"),
        ({"document_number": "", "birth_on": "2020-01-01"}, "未满 14 周岁"),
    ],
)
def test_a_wrong_application_is_refused_in_words_and_keeps_what_was_typed(
    client: FlaskClient, community: Community, wrong: dict[str, Any], sentence: str
) -> None:
    answer = submit(client, "/register", **wish(community, **wrong))
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert PHONE in answer.text
    assert newest(Application) is None


def test_an_application_is_approved_and_its_first_password_opens_the_door(
    client: FlaskClient, community: Community
) -> None:
    code = applied(client, community)
    one = newest(Application).id
    sign_in(client, community.organiser)
    listed = client.get("/enrolments/applications").text
    assert "郑秀兰" in listed
    assert PHONE not in listed
    page = client.get(f"/enrolments/applications/{one}").text
    assert "139****0001" in page
    assert id_number(2) not in page
    assert PHONE in submit(client, f"/enrolments/applications/{one}/contact").text
    answer = submit(client, f"/enrolments/applications/{one}/approval", residence_id=community.grid)
    assert answer.status_code == 201
    password = code_in(answer.text)
    assert len(password) == 6
    assert client.get(f"/enrolments/applications/{one}").status_code == 200
    again = submit(client, f"/enrolments/applications/{one}/approval")
    assert (again.status_code, "已于" in again.text) == (409, True)
    renewed = submit(client, f"/enrolments/applications/{one}/first-password")
    client.delete_cookie("session_token")
    assert "已通过" in submit(client, "/register/status", code=code).text
    for typed, status in ((password, 401), (code_in(renewed.text), 303)):
        assert submit(client, "/sign-in", name=PHONE, password=typed).status_code == status


def test_a_duplicate_is_shown_to_the_staff_and_refused_with_a_reason(
    client: FlaskClient, community: Community
) -> None:
    code = applied(client, community, phone="13800000001")
    one = newest(Application).id
    sign_in(client, community.secretary)
    page = client.get(f"/enrolments/applications/{one}").text
    assert "手机号相同" in page
    assert "王桂芳" in page
    answer = submit(client, f"/enrolments/applications/{one}/approval")
    assert (answer.status_code, "已经登记过" in answer.text) == (409, True)
    assert submit(client, f"/enrolments/applications/{one}/refusal", reason="").status_code == 422
    answer = submit(client, f"/enrolments/applications/{one}/refusal", reason="已经登记过")
    assert answer.status_code == 303
    assert "没有待审核的申请" in client.get("/enrolments/applications").text
    assert "已经登记过" in client.get("/enrolments/applications?state=refused").text
    client.delete_cookie("session_token")
    assert "已经登记过" in submit(client, "/register/status", code=code).text


def test_other_communities_see_neither_application_nor_duplicate(
    client: FlaskClient, community: Community
) -> None:
    applied(client, community, phone="13800000006")
    one = newest(Application).id
    sign_in(client, community.stranger)
    assert client.get(f"/enrolments/applications/{one}").status_code == 404
    assert "郑秀兰" not in client.get("/enrolments/applications").text
    sign_in(client, community.organiser)
    page = client.get(f"/enrolments/applications/{one}").text
    assert "其他社区的成员" in page
    assert "周明" not in page


def test_the_poster_leads_to_the_form_of_its_community(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.organiser)
    printed = client.get(f"/enrolments/poster/{community.community}.pdf")
    assert printed.mimetype == "application/pdf"
    picture = PdfDocument(printed.data)[0].render(scale=150 / 72).to_pil()
    (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == f"http://bank.test/register/{community.community}"
    assert client.get(f"/enrolments/poster/{community.other_community}.pdf").status_code == 403


def at_desk(community: Community, **more: Any) -> dict[str, Any]:
    return {
        "residence_id": community.grid, "name": "郑秀兰", "phone": PHONE, "document_number": "",
        "birth_on": "1980-01-31", "party_status": "none", "employer": "", "branch": "",
        "available": "", "guardian_name": "", "guardian_phone": "", "guardian_relation": "",
        "consented": "1", "key": "key-of-mine", **more,
    }  # fmt: skip


def test_a_grid_worker_registers_one_after_the_other(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.organiser)
    assert "还没有登记" in client.get("/enrolments").text
    answer = submit(client, "/enrolments", **at_desk(
        community, employer="洮北区教育局", branch="幸福社区党支部", party_status="full",
    ))  # fmt: skip
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert f'value="{community.grid}" selected' in page
    assert "郑秀兰" in page
    member = newest(Member)
    assert (member.employer_id, member.branch_id) == (community.employer, community.branch)
    answer = submit(client, "/enrolments", **at_desk(community, key="key-2", employer="没有"))
    assert (answer.status_code, "没有找到这个名称" in answer.text) == (422, True)
    answer = submit(client, "/enrolments", **at_desk(community, key="key-2", phone=""))
    assert (answer.status_code, "although_similar" in answer.text) == (409, True)
    again = at_desk(community, key="key-2", phone="", although_similar="1")
    assert submit(client, "/enrolments", **again).status_code == 303


def test_a_likely_duplicate_is_told_while_typing(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.organiser)
    submit(client, "/enrolments", **at_desk(community, document_number=id_number(2)))
    for typed, why in (
        ({"phone": "139 0000 0001"}, "手机号相同"),
        ({"document_number": id_number(2)}, "证件号码相同"),
        ({"name": "郑秀兰", "birth_on": "1980-01-31"}, "同名、同生日"),
    ):
        told = submit(client, "/enrolments/duplicates", **typed).text
        assert why in told, typed
        assert "郑秀兰" in told
    assert submit(client, "/enrolments/duplicates", name="郑", phone="13").text.strip() == ""


def test_a_party_member_reports_in_and_her_receipt_goes_back(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.organiser)
    assert "没有报到记录" in client.get("/report-ins").text
    answer = submit(client, "/report-ins/lookups", sought="没有这个人")
    assert (answer.status_code, "没有找到" in answer.text) == (404, True)
    answer = submit(client, "/report-ins/lookups", sought="13800000004")
    assert answer.location == f"/report-ins/new/{community.sun}"
    assert "洮北区教育局" in client.get(answer.location).text
    asked = {"member_id": community.sun, "grid_id": community.grid, "duty": "宣传岗",
             "on": clock.today().isoformat(), "key": "key-of-mine"}  # fmt: skip
    refused = submit(client, "/report-ins", **{**asked, "on": "2030-01-01"})
    assert (refused.status_code, "不能晚于今天" in refused.text) == (422, True)
    assert submit(client, "/report-ins", **{**asked, "member_id": "x"}).status_code == 422
    url = submit(client, "/report-ins", **asked).location
    assert "回执未交回" in client.get(url).text
    assert client.get(f"{url}/slip.pdf").data.startswith(b"%PDF")
    assert "孙立军" in client.get("/report-ins?waiting=true").text
    today = clock.today().isoformat()
    assert submit(client, f"{url}/receipt", on="2030-01-01", to="").status_code == 422
    assert submit(client, f"{url}/receipt", on=today, to="李科长").status_code == 303
    assert "李科长" in client.get(url).text
    assert "没有报到记录" in client.get("/report-ins?waiting=true").text
    assert "已经报到" in client.get(f"/report-ins/new/{community.sun}").text
    assert submit(client, f"{url}/ending", on=today).status_code == 303
    assert "孙立军" in client.get("/report-ins?ended=true").text
    sign_in(client, community.official)
    assert client.get(url).status_code == 200
    sign_in(client, community.stranger)
    assert client.get(url).status_code == 404


def test_a_hundred_report_ins_have_pages(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        session.add_all(
            ReportIn(
                key=f"k{n}", member_id=community.sun, community_id=community.community,
                employer_id=community.employer, reported_on=clock.today(), received_by=1,
                ended_on=clock.today(),
            )
            for n in range(100)
        )  # fmt: skip
    sign_in(client, community.organiser)
    page = client.get("/report-ins?ended=true").text
    assert "page=2" in page
    assert "共 100 条" in client.get("/report-ins?ended=true&page=2").text
