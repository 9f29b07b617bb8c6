"""How long people wait at the door while 5,000 of them come within ten minutes and the office
exports the year's evaluation over and over. ``python tests/benchmarks/arrivals.py``.

People come by the clock, 8.3 a second, for ``--seconds`` of those ten minutes; each opens the
poster's page, checks in, and sees the answer, on a connection of her own (``crowd.py``). Then fifty
come at one instant. The goal is 100 ms for 99 of 100 requests.
"""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from books import options
from check_ins import THREADS, prepared, serving_ours
from rich.console import Console
from rich.table import Table
from scans import fresh

from pointsbank.access import operations as access
from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.config import Settings
from pointsbank.core.database import transaction
from pointsbank.ledger.operations import declare_default_units

HERE = Path(__file__).parent
PEOPLE, MINUTES = 5_000, 10
RATE = PEOPLE / (MINUTES * 60)
AT_ONCE = 50
COMMUNITY = 2
GOAL_MS = 100


def laid(settings: Settings) -> tuple[str, list[str], str]:
    """The event's code, everybody's tokens, and a secretary's."""
    code, tokens = prepared(settings, PEOPLE)
    opened, at = bank.open_bank(settings), clock.now()
    with transaction() as session:
        declare_default_units(session, SYSTEM, at=at)
        staff = access.open_user(
            session, SYSTEM, org_id=COMMUNITY, staff_name="office", display_name="办公室", at=at
        )
        access.grant_role(
            session, SYSTEM, user_id=staff.id, role=Role.SECRETARY, org_id=COMMUNITY,
            from_on=clock.today(), at=at,
        )  # fmt: skip
        token = access.open_session(session, user_id=staff.id, at=at).token
    opened.close()
    return code, tokens, token


@contextmanager
def exporting(port: int, token: str) -> Iterator[list[int]]:
    """Somebody at the office who takes the whole year's sheet again as soon as she has it."""
    sizes: list[int] = []
    done = threading.Event()

    def take() -> None:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/evaluations/{clock.today().year}.xlsx",
            f"org={COMMUNITY}".encode(),
            {"Authorization": f"Bearer {token}"},
        )
        while not done.is_set():
            with urllib.request.urlopen(asked) as answer:
                sizes.append(len(answer.read()))

    office = threading.Thread(target=take)
    office.start()
    yield sizes
    done.set()
    office.join()


def came(port: int, code: str, rate: float, tokens: list[str]) -> dict[str, list[float]]:
    asked = [sys.executable, str(HERE / "crowd.py"), str(port), code, str(rate)]
    told = subprocess.run(
        asked, input=" ".join(tokens), stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(told.stdout))


def shown(name: str, found: dict[str, tuple[dict[str, list[float]], int]]) -> None:
    table = Table("", "", "people", "median", "p99", "worst", "goal", "exports", title=name)
    for what, (waits, exports) in found.items():
        for row, (step, told) in enumerate(waits.items()):
            in_order = sorted(told)
            median, p99 = (in_order[len(in_order) * part // 100] for part in (50, 99))
            goal = step != "all three" and "at once" not in what
            colour = "red" if goal and p99 > GOAL_MS else "green" if goal else "default"
            table.add_row(
                "" if row else what, step, f"{len(told):,}", f"{median:.1f} ms",
                f"[{colour}]{p99:.1f} ms[/]", f"{in_order[-1]:.1f} ms",
                f"{GOAL_MS} ms" if goal else "", f"{exports}",
            )  # fmt: skip
        table.add_section()
    Console().print(table)


def measured(settings: Settings, seconds: int) -> dict[str, tuple[dict[str, list[float]], int]]:
    code, tokens, office = laid(settings)
    some, found = round(RATE * seconds), {}
    with serving_ours(settings):
        came(settings.port, code, RATE, [tokens.pop() for _ in range(AT_ONCE)])  # warms up
        for what, rate, people, exports in (
            (f"{RATE:.1f} a second", RATE, some, False),
            (f"{RATE:.1f} a second and exports", RATE, some, True),
            (f"{AT_ONCE} at once", 0, AT_ONCE, False),
            (f"{AT_ONCE} at once and exports", 0, AT_ONCE, True),
        ):
            with exporting(settings.port, office) if exports else nullcontext([]) as sizes:
                waits = came(settings.port, code, rate, [tokens.pop() for _ in range(people)])
            found[what] = waits, len(sizes)
    return found


def main() -> None:
    asked = options(__doc__, rounds=1)
    asked.add_argument("--seconds", type=int, default=60)
    given = asked.parse_args()
    for name in given.database:
        with fresh(name) as settings:
            shown(f"{name}, {THREADS} threads", measured(settings, given.seconds))


if __name__ == "__main__":
    main()
