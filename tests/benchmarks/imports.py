"""A county's register of 40,000 people imported, on both databases, beside the bare limit.

``python tests/benchmarks/imports.py``. The whole way of a person at the page: the file read, its
columns guessed, the dry run, the registration, chunk by chunk. The bare limit reads the same file
and writes a row a person with the same columns in one transaction, and does nothing else.
"""

import argparse
import io
import json
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter
from books import addresses, copied, options, prepared, ready
from measure import in_process, megabytes
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, text

from pointsbank.core import database, encryption
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.enrolment import batches, imports, steps, workbook
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.rules import UNDER_WAY
from pointsbank.members.models import Member
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

AT = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
GOAL_SECONDS, GOAL_MEGABYTES = 60, 500
COMMUNITIES, GRIDS = 105, 4
HEADINGS = (
    "序号", "姓名", "性别", "身份证号", "联系电话", "所在社区", "所属网格", "工作单位", "党支部",
    "政治面貌", "入党时间", "志愿者编号", "志愿服务队", "可服务时间", "备注",
)  # fmt: skip
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "桂芳建国秀英伟娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"


def id_number(serial: int) -> str:
    born = date(1950, 1, 1) + timedelta(days=serial % 18_000)
    head = f"220802{born:%Y%m%d}{serial // 18_000 * 10 + serial % 10:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return head + "10X98765432"[sum(w * int(d) for w, d in zip(weights, head, strict=True)) % 11]


def name(serial: int) -> str:
    given = _GIVEN[serial // 20 % 24] + _GIVEN[serial // 480 % 24]
    return _SURNAMES[serial % 20] + given


def register(people: int) -> bytes:
    """The workbook: a merged title, a row of headings, the people; ids and phones as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    page = book.add_worksheet("名册")
    page.merge_range(0, 0, 0, len(HEADINGS) - 1, "洮北区志愿者登记名册")
    page.write_row(1, 0, HEADINGS)
    for serial in range(people):
        number = id_number(serial)
        party = serial % 5 == 0
        page.write_row(2 + serial, 0, (
            serial + 1, name(serial), "男" if int(number[16]) % 2 else "女", number,
            f"138{serial:08d}", f"第{serial % COMMUNITIES}社区", f"第{serial % GRIDS}网格",
            f"第{serial % 667}单位", f"第{serial % COMMUNITIES}党支部" if party else "",
            "中共党员" if party else "群众", "2011-07" if party else "", f"ZY{serial:09d}",
            f"第{serial % COMMUNITIES}志愿队", "周末", "",
        ))  # fmt: skip
    book.close()
    return out.getvalue()


def found_county(url: str) -> None:
    bank = prepared(url)
    day = date(2020, 1, 1)
    rows = [
        NewOrganisation("city", "白城市", day),
        NewOrganisation("county", "洮北区", day, parent_row=0),
    ]
    rows.append(NewOrganisation("street", "明仁街道", day, parent_row=1))
    for n in range(COMMUNITIES):
        here = len(rows)
        rows.append(NewOrganisation("community", f"第{n}社区", day, parent_row=2))
        rows += [NewOrganisation("grid", f"第{g}网格", day, parent_row=here) for g in range(GRIDS)]
        rows.append(NewOrganisation("party_branch", f"第{n}党支部", day, parent_row=here))
        rows.append(NewOrganisation("team", f"第{n}志愿队", day, parent_row=here))
    rows += [NewOrganisation("employer", f"第{n}单位", day, parent_row=1) for n in range(667)]
    with bank.transaction() as session:
        orgs.found_many(session, SYSTEM, rows, at=AT)
    bank.close()


def run_import(url: str, file: str) -> dict[str, float]:
    """Seconds of each part, the longest step, and what is registered at the end."""
    bank = database.open_database(url)
    encryption.use_secret(b"\5" * 32)
    content = Path(file).read_bytes()
    told: dict[str, float] = {}
    start = time.perf_counter()
    book = workbook.read(content)
    told["read"] = time.perf_counter() - start
    with transaction() as session:
        [(county,)] = session.execute(text("SELECT id FROM organisation WHERE kind = 'county'"))
        found = imports.begin(
            session, SYSTEM, org_id=county, book=book, content=content, file_name="a.xlsx",
            key="benchmark", at=AT,
        )  # fmt: skip
        import_id, columns = found.id, [Column(column) for column in found.columns]
    del book, content
    told["taken in"] = time.perf_counter() - start
    longest = 0.0
    with transaction() as session:
        imports.check(session, SYSTEM, import_id=import_id, columns=columns, at=AT)
    longest = max(longest, steps_taken(import_id))
    told["checked"] = time.perf_counter() - start
    with transaction() as session:
        imports.apply(
            session, SYSTEM, import_id=import_id, takes_doubtful=True, consented=True, at=AT
        )
    longest = max(longest, steps_taken(import_id))
    told["seconds"] = time.perf_counter() - start
    told["cpu"] = time.process_time()
    with bank.snapshot() as session:
        counts = batches.counts(session, import_id)
        [(told["members"],)] = session.execute(text("SELECT count(*) FROM member"))
    start = time.perf_counter()
    with transaction() as session:
        imports.undo(session, SYSTEM, import_id=import_id, at=AT)
    steps_taken(import_id)
    told["undone"] = time.perf_counter() - start
    with bank.snapshot() as session:
        [(told["left"],)] = session.execute(text("SELECT count(*) FROM member"))
    return told | {"longest": longest, "megabytes": megabytes(), "bad": counts.bad}


def steps_taken(import_id: int) -> float:
    longest = 0.0
    while True:
        start = time.perf_counter()
        with transaction() as session:
            state = steps.step(session, SYSTEM, import_id=import_id, at=AT).state
        longest = max(longest, time.perf_counter() - start)
        if state not in UNDER_WAY:
            return longest


def run_bare(url: str, file: str) -> dict[str, float]:
    """The same file read in this process, and as many rows written."""
    bank = database.open_database(url)
    start = time.perf_counter()
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()[2:]
    with bank.transaction() as session:
        [(home,)] = session.execute(text("SELECT min(id) FROM organisation WHERE kind = 'grid'"))
        session.connection().execute(insert(Member), [
            {
                "number": str(number), "name": row[1], "phone_tail": row[4][-4:],
                "phone_sealed": row[4].encode(), "phone_digest": row[4].encode(),
                "document_sealed": row[3].encode(), "document_digest": row[3].encode(),
                "document_tail": row[3][-4:], "residence_id": home, "party_status": "none",
                "skills": [], "available": row[13], "registered_on": AT.date(), "version": 1,
            }
            for number, row in enumerate(rows)
        ])  # fmt: skip
    return {"seconds": time.perf_counter() - start, "megabytes": megabytes()}


def measured(database_name: str, people: int, rounds: int, file: Path) -> None:
    with addresses(database_name, "county") as (url,):
        found_county(url)
        ours, bare = [], []
        for number in range(rounds):
            bare.append(in_process(__file__, "bare", copied(url, f"bare_{number}"), file))
            ours.append(in_process(__file__, "ours", copied(url, f"ours_{number}"), file))
            assert ours[-1]["members"] + ours[-1]["bad"] == people, ours[-1]
            assert ours[-1]["left"] == 0, ours[-1]
    middle = {part: statistics.median(run[part] for run in ours) for part in ours[0]}
    bare_seconds = statistics.median(run["seconds"] for run in bare)
    within = middle["seconds"] <= GOAL_SECONDS and middle["megabytes"] <= GOAL_MEGABYTES
    print(
        f"{database_name}: {people:,} people imported in {middle['seconds']:.1f} s (read"
        f" {middle['read']:.1f}, taken in by {middle['taken in']:.1f}, checked by"
        f" {middle['checked']:.1f}; {middle['cpu']:.1f} s of processor),"
        f" longest step {middle['longest']:.2f} s, {middle['megabytes']:.0f} MB,"
        f" {'within' if within else 'OVER'} the goal of {GOAL_SECONDS} s and {GOAL_MEGABYTES} MB;"
        f" bare {bare_seconds:.1f} s ({bare[0]['megabytes']:.0f} MB);"
        f" undone in {middle['undone']:.1f} s"
    )


def main() -> None:
    asked = options(__doc__, rounds=3)
    asked.add_argument("--people", type=int, default=40_000)
    asked.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        ready()
        which, url, file = given.run
        print(json.dumps((run_import if which == "ours" else run_bare)(url, file)))
        return
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        file = Path(folder) / "register.xlsx"
        file.write_bytes(register(given.people))
        for name_of_database in given.database:
            measured(name_of_database, given.people, given.rounds, file)


if __name__ == "__main__":
    main()
