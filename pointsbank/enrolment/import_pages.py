"""The import wizard: upload, columns, dry run, registration, undo.

The page drives the work: as long as something is under way it posts the next step as soon as the
last is answered. Closed, or the server restarted, the work stands still and goes on when the page
is opened again, or by its button.
"""

import io
import secrets
from typing import Any

from flask import flash, redirect, render_template, request, send_file
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.enrolment import batches, imports, sheet, steps, workbook
from pointsbank.enrolment.headings import COLUMN_NAMES, Column
from pointsbank.enrolment.models import MemberImport
from pointsbank.enrolment.queries import community_choices
from pointsbank.enrolment.rules import (
    IMPORTERS,
    STATE_NAMES,
    UNDER_WAY,
    VERDICT_NAMES,
    ImportState,
    Judgement,
    Verdict,
)
from pointsbank.enrolment.schemas import ApplyRequest, ImportForm
from pointsbank.orgs.queries import organisations
from pointsbank.web import PageBlueprint, actor, allow, form, wants_fragment
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.uploads import takes_file

pages = PageBlueprint("imports", __name__)
ONE = "/enrolments/imports/<int:import_id>"
Page = tuple[str, int]


@pages.get("/enrolments/imports")
@allow(*IMPORTERS)
def listed() -> Page:
    return _list({}, None)


@pages.post("/enrolments/imports")
@takes_file("import_bytes")
@allow(*IMPORTERS)
def upload() -> Response | Page:
    try:
        found = taken_in(form(ImportForm))
    except Refused as refused:
        return _list(request.form.to_dict(), refused)
    return redirect(f"/enrolments/imports/{found}", 303)


def taken_in(asked: dict[str, Any]) -> int:
    """Read the file that came with the request, outside any transaction, and take it in."""
    file = request.files.get("file")
    content = file.read() if file else b""
    if file is None or not content:
        raise Invalid({"file": [gettext("请选择要上传的文件。")]})
    book = workbook.read(content, sheet=asked.pop("sheet"))
    with transaction() as session:
        found = imports.begin(
            session, actor(), **asked, book=book, content=content,
            file_name=file.filename or "", at=clock.now(),
        )  # fmt: skip
        return found.id


def _list(typed: dict[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        found = batches.imports(session, actor())
        names = organisations(session, (one.org_id for one in found))
        places = community_choices(session, actor(), *IMPORTERS, above=True)
    page = render_template(
        "enrolment/imports.html",
        imports=[(one, batches.file_name(one), names[one.org_id].name) for one in found],
        states=STATE_NAMES,
        places=places,
        typed={"key": secrets.token_urlsafe(12)} | typed,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


@pages.get(ONE)
@allow(*IMPORTERS)
def one(import_id: int) -> str:
    with snapshot() as session:
        return _one_page(session, batches.member_import(session, actor(), import_id))


def _one_page(session: Session, found: MemberImport, **shown: Any) -> str:
    removed = found.head_sealed is None
    judged = found.state in (ImportState.CHECKED, ImportState.APPLIED) and not removed
    columns = None if removed else _columns(session, found)
    return render_template(
        "enrolment/import.html",
        found=found,
        file_name=batches.file_name(found),
        head=None if removed else batches.head(found),
        columns=columns,
        column_names=[(str(c), gettext(name)) for c, name in COLUMN_NAMES.items()],
        counts=batches.counts(session, found.id),
        rows=batches.troubled_rows(session, found.id) if judged else [],
        kept=batches.kept(session, found.id) if found.state is ImportState.UNDONE else [],
        **_words(found),
        **{"errors": {}, "sentence": ""} | shown,
    )


def _words(found: MemberImport) -> dict[str, Any]:
    return {
        "state": found.state.value,
        "states": STATE_NAMES,
        "under_way": found.state in UNDER_WAY,
        "verdicts": VERDICT_NAMES,
        "reason": _reason,
    }


def _reason(judgement: Judgement) -> str:
    return " ".join(sentence_of(finding) for finding in judgement.findings)


def _columns(session: Session, found: MemberImport) -> list[tuple[str, str, str]]:
    """For each column its heading, what it is read as, and what its first rows say."""
    headings, rows = batches.head(found).headings, batches.sample(session, found.id)
    return [
        (heading, column, "、".join(_veiled(row[at]) for row in rows if len(row) > at and row[at]))
        for at, (heading, column) in enumerate(zip(headings, found.columns, strict=True))
    ]


def _veiled(text: str) -> str:
    """A sample that shows what kind of thing it is: of numbers not the middle."""
    digits = sum(character.isdigit() for character in text)
    return f"{text[:3]}…{text[-2:]}" if digits >= 7 else text[:20]


@pages.post(f"{ONE}/columns")
@allow(*IMPORTERS)
def check(import_id: int) -> Response | Page:
    """The dry run begins with the columns as they are chosen."""
    try:
        chosen = [_column(text) for text in request.form.getlist("columns")]
        with transaction() as session:
            imports.check(session, actor(), import_id=import_id, columns=chosen, at=clock.now())
    except Invalid as refused:
        return _again(import_id, refused)
    return redirect(f"/enrolments/imports/{import_id}", 303)


def _column(text: str) -> Column:
    if text not in set(Column):
        raise Invalid
    return Column(text)


def _again(import_id: int, refused: Refused) -> Page:
    with snapshot() as session:
        found = batches.member_import(session, actor(), import_id)
        return _one_page(session, found, sentence=sentence_of(refused)), status_of(refused)


@pages.post(f"{ONE}/steps")
@allow(*IMPORTERS)
def step(import_id: int) -> Response | str:
    """One chunk more; for htmx the progress, which asks for the next by itself."""
    with transaction() as session:
        found = steps.step(session, actor(), import_id=import_id, at=clock.now())
        if wants_fragment() and found.state in UNDER_WAY:
            return render_template("enrolment/part_progress.html", found=found, **_words(found))
    if wants_fragment():
        return Response(headers={"HX-Redirect": f"/enrolments/imports/{import_id}"})
    return redirect(f"/enrolments/imports/{import_id}", 303)


@pages.post(f"{ONE}/registration")
@allow(*IMPORTERS)
def register(import_id: int) -> Response:
    asked = form(ApplyRequest)
    with transaction() as session:
        imports.apply(session, actor(), import_id=import_id, **asked, at=clock.now())
    return redirect(f"/enrolments/imports/{import_id}", 303)


@pages.post(f"{ONE}/undoing")
@allow(*IMPORTERS)
def undo(import_id: int) -> Response:
    with transaction() as session:
        imports.undo(session, actor(), import_id=import_id, at=clock.now())
    return redirect(f"/enrolments/imports/{import_id}", 303)


@pages.post(f"{ONE}/discarding")
@allow(*IMPORTERS)
def discard(import_id: int) -> Response:
    with transaction() as session:
        imports.discard(session, actor(), import_id=import_id, at=clock.now())
    flash(gettext("已作废，上传的内容已清除。"), "success")
    return redirect("/enrolments/imports", 303)


@pages.post(f"{ONE}/workbook")
@allow(*IMPORTERS)
def give_back(import_id: int) -> Response:
    """The workbook with a result and a reason beside each row; the look is recorded."""
    out = io.BytesIO()
    with transaction() as session:
        found = imports.give_back(session, actor(), import_id=import_id, at=clock.now())
        head, results = batches.head(found), _results(found)
    labels = (gettext("结果"), gettext("原因"))
    with snapshot() as session:
        rows = batches.judged_rows(session, import_id)
        sheet.write(out, head, (_line(row, results) for row in rows), labels)
    out.seek(0)
    return send_file(out, sheet.FILE_TYPE, as_attachment=True, download_name="result.xlsx")


def _results(found: MemberImport) -> dict[Verdict, str]:
    """What became of a row, in words: those judged good are registered once it is applied."""
    results = {verdict: gettext(name) for verdict, name in VERDICT_NAMES.items()}
    if found.state in (ImportState.APPLYING, ImportState.APPLIED):
        results[Verdict.NEW] = gettext("本次已登记")
        if found.takes_doubtful:
            results[Verdict.DOUBTFUL] = results[Verdict.NEW]
    return results


def _line(row: batches.JudgedRow, results: dict[Verdict, str]) -> sheet.Line:
    verdict = row.judgement.verdict
    result = results[verdict] if row.cells else ""
    return sheet.Line(row.cells, result, _reason(row.judgement), verdict.value)
