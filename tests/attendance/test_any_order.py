"""Any order and repetition of scans tells the same attendance and the same net balances."""

from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from random import Random
from typing import Any

from attendance.test_batch import Door, card
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsbank.attendance.batch import Sent
from pointsbank.attendance.rules import AttendanceState, ScanKind
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Refused
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import balances
from pointsbank.members.operations import register_many
from pointsbank.members.rules import NewMember

KINDS = (ScanKind.AUTO, ScanKind.IN, ScanKind.OUT)
SCAN = st.tuples(st.integers(-35, 275), st.sampled_from(KINDS), st.booleans(), st.booleans())
LAST = 290


def arrive(
    door: Door, sent: list[Sent], second: set[str], undone: set[int], random: Random
) -> None:
    """Send them in any order, in batches of any size, some again; undo some once they are there.

    Those in ``second`` are sent by another tablet than the others.
    """
    first = door.scene.community.organiser
    tablets = {True: replace(first, id=first.id + 1000), False: first}
    queue = [*sent, *random.sample(sent, k=len(sent) // 2)]
    random.shuffle(queue)
    waiting = {sent[place % len(sent)].id for place in undone}
    while queue:
        size = random.randint(1, len(queue))
        batch, queue = queue[:size], queue[size:]
        for by_second, some in groupby(batch, key=lambda scan: scan.id in second):
            door.send(*some, at=LAST, actor=tablets[by_second])
        for scan_id in sorted(waiting & {scan.id for scan in batch}):
            if random.random() < 0.5 or not queue:
                waiting.discard(scan_id)
                with suppress(Refused):
                    door.undo(scan_id, LAST)
    for scan_id in waiting:
        with suppress(Refused):
            door.undo(scan_id, LAST)


def outcome(scene: Any, door: Door, member_id: int) -> tuple[Any, ...]:
    attendance = door.attendance(member_id)
    net = {unit: amount for unit, amount in balances(scene.session, member_id).items() if amount}
    if attendance is None or attendance.state is AttendanceState.ABSENT:
        return None, net
    told = (
        "state", "way", "checked_in_at", "returned_at", "checked_out_at", "pairs", "minutes",
        "why", "credit",
    )  # fmt: skip
    return tuple(getattr(attendance, name) for name in told), net


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(SCAN, min_size=1, max_size=8),
    st.sets(st.integers(0, 7), max_size=2),
    st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_tells_the_same(
    scene: Any, told: list[tuple[int, ScanKind, bool, bool]], undone: set[int], random: Random
) -> None:
    home = scene.community.building_group
    people = [NewMember("吴秀英", home), NewMember("郑国强", home)]
    found = []
    for member_id in register_many(scene.session, SYSTEM, people, at=scene.at(-100)):
        door, digits = Door(scene, scene.open()), card(scene, member_id)
        sent = [
            door.sent(minutes, digits, kind=kind)
            if by_card
            else door.sent(minutes, member_id=member_id, way=Way.ROSTER, kind=kind)
            for minutes, kind, by_card, _ in told
        ]
        second = {scan.id for scan, one in zip(sent, told, strict=True) if one[3]}
        arrive(door, sent, second, undone, random)
        found.append(outcome(scene, door, member_id))
    assert found[0] == found[1]


def test_a_late_scan_that_ends_an_earlier_stay_sooner_is_counted(scene: Any) -> None:
    [member_id] = register_many(
        scene.session, SYSTEM, [NewMember("吴秀英", scene.community.building_group)],
        at=scene.at(-100),
    )  # fmt: skip
    door = Door(scene, scene.open())
    stay = [door.sent(minutes, member_id=member_id, way=Way.ROSTER) for minutes in (0, 6, 11, 96)]
    door.send(*stay, at=LAST)
    assert balances(scene.session, member_id)["minutes"] == 6 + 85
    door.send(door.sent(5, member_id=member_id, way=Way.ROSTER), at=LAST)
    assert balances(scene.session, member_id)["minutes"] == 5 + 85
