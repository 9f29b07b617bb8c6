"""Supplements: asked for with evidence, decided on by a second person."""

import base64
import io
import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import IFD
from settlement.cases import adopt, hold, key, of, picture, settled_event
from sqlmodel import col, select

from pointsbank.attendance.operations import add_stay
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound, KeyReused
from pointsbank.ledger.rules import MINUTES, MORALITY
from pointsbank.members.rules import NoSuchMember
from pointsbank.settlement import operations, queries
from pointsbank.settlement.evidence import made_anew
from pointsbank.settlement.rules import (
    AlreadyAnswered,
    AnswerState,
    AttendanceStands,
    EvidenceMissing,
    EvidenceUnreadable,
    NoSuchSupplement,
    NotOverYet,
    OutsideActivity,
    OwnHours,
    SamePerson,
    SupplementWaits,
    TooMuchEvidence,
)
from pointsbank.settlement.supplements import forget_evidence


def ask(scene: Any, event_id: int, **given: Any) -> Any:
    """周明 of the neighbouring community asks for 9:00 to 11:00."""
    c = scene.community
    asked = {
        "actor": c.other_volunteer, "member_id": c.zhou, "came_at": scene.at(0),
        "left_at": scene.at(120), "text": "手机没电", "images": [picture()], "key": key(),
        "at": scene.at(300),
    } | given  # fmt: skip
    actor = asked.pop("actor")
    return operations.ask_supplement(scene.session, actor, event_id=event_id, **asked)


def answer(scene: Any, supplement_id: int, grant: bool = True, **given: Any) -> Any:
    asked = {"actor": scene.community.reviewer, "answer": "照片属实", "at": scene.at(400)} | given
    actor = asked.pop("actor")
    return operations.answer_supplement(
        scene.session, actor, supplement_id=supplement_id, grant=grant, **asked
    )


def test_a_supplement_is_credited_from_an_account_of_its_own_after_a_second_persons_word(
    scene: Any,
) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    made = ask(scene, event.id, key="once")
    assert ask(scene, event.id, key="once").id == made.id
    [(waiting, _, name)] = queries.open_supplements(scene.session, c.reviewer)
    assert (waiting.id, name) == (made.id, "周明")
    for _ in "12":
        done = answer(scene, made.id)
    assert (done.state, done.answer) == (AnswerState.GRANTED, "照片属实")
    one = of(scene, event, c.zhou)
    assert (done.attendance_id, one.minutes, one.way) == (one.id, 120, "supplemented")
    assert one.why == [["supplemented", 120]]
    assert (hold(scene, c.zhou, MINUTES), hold(scene, c.zhou, MORALITY)) == (120, 20)
    assert queries.open_supplements(scene.session, c.reviewer) == []
    assert [one.id for one, _, _ in queries.supplements_of(scene.session, c.zhou)] == [made.id]


def test_a_refused_supplement_credits_nothing_and_may_be_asked_for_again(scene: Any) -> None:
    adopt(scene)
    event = settled_event(scene)
    made = ask(scene, event.id)
    assert answer(scene, made.id, grant=False).state is AnswerState.REFUSED
    assert hold(scene, scene.community.zhou, MINUTES) == 0
    assert ask(scene, event.id).state is AnswerState.OPEN


def test_asking_refuses_in_order(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event, running = settled_event(scene), scene.open()
    hopeless = {"came_at": scene.at(200), "left_at": scene.at(100), "images": []}
    with pytest.raises(EventNotFound):
        ask(scene, 0, member_id=0)
    with pytest.raises(NoSuchMember):
        ask(scene, event.id, member_id=0)
    with pytest.raises(Forbidden):
        ask(scene, event.id, member_id=c.wang)
    with pytest.raises(Forbidden):
        ask(scene, event.id, actor=c.clerk)
    ask(scene, event.id, member_id=c.chen, actor=c.organiser, key="taken")
    with pytest.raises(KeyReused):
        ask(scene, running.id, actor=c.organiser, key="taken", **hopeless)
    with pytest.raises(NotOverYet):
        ask(scene, running.id, **hopeless)
    with pytest.raises(AttendanceStands):
        ask(scene, event.id, member_id=c.wang, actor=c.organiser, **hopeless)
    with pytest.raises(SupplementWaits):
        ask(scene, event.id, member_id=c.chen, actor=c.organiser, **hopeless)
    for came, went in ((-1, 60), (60, 60), (0, 151)):
        with pytest.raises(OutsideActivity):
            ask(scene, event.id, came_at=scene.at(came), left_at=scene.at(went), images=[])
    with pytest.raises(EvidenceMissing):
        ask(scene, event.id, images=[])
    with pytest.raises(TooMuchEvidence):
        ask(scene, event.id, images=[b"no picture"] * 4)
    with pytest.raises(EvidenceUnreadable):
        ask(scene, event.id, images=[picture(), b"no picture"])
    assert ask(scene, event.id).id


def test_deciding_refuses_in_order(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    both = replace(c.reviewer, grants=(*c.reviewer.grants, *c.organiser.grants))
    made = ask(scene, event.id, actor=both)
    with pytest.raises(NoSuchSupplement):
        answer(scene, 0)
    with pytest.raises(Forbidden):
        answer(scene, made.id, actor=c.organiser)
    with pytest.raises(OwnHours):
        answer(scene, made.id, actor=replace(both, member_id=c.zhou))
    with pytest.raises(SamePerson):
        answer(scene, made.id, actor=both)
    answer(scene, made.id, grant=False, actor=c.secretary)
    with pytest.raises(AlreadyAnswered):
        answer(scene, made.id, actor=c.secretary)
    again = ask(scene, event.id, actor=c.organiser)
    add_stay(  # as a late scan would, meanwhile
        scene.session, event, member_id=c.zhou, came_at=scene.at(0), left_at=scene.at(9)
    )
    with pytest.raises(AttendanceStands):
        answer(scene, again.id)


def test_pictures_are_looked_at_by_those_concerned_and_the_look_is_in_the_trail(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    made = ask(scene, settled_event(scene).id, images=[picture(), picture("PNG")])
    for actor in (c.other_volunteer, c.reviewer):
        pictures = operations.look_at_evidence(
            scene.session, actor, supplement_id=made.id, at=scene.at(1)
        )
        assert [base64.b64decode(one)[:3] for one in pictures] == [b"\xff\xd8\xff"] * 2
    with pytest.raises(NoSuchSupplement):
        operations.look_at_evidence(scene.session, c.reviewer, supplement_id=0, at=scene.at(1))
    assert queries.supplement_seen_by(scene.session, c.official, made.id)
    for nobody in (c.volunteer, c.stranger, c.official):
        with pytest.raises(Forbidden):
            operations.look_at_evidence(
                scene.session, nobody, supplement_id=made.id, at=scene.at(1)
            )


def test_a_picture_is_made_anew_without_what_the_camera_wrote_into_it() -> None:
    camera = Image.Exif()
    camera[0x010F] = "a maker"
    camera[0x0112] = 6  # lies on its side
    camera.get_ifd(IFD.GPSInfo).update({1: "N", 2: (45.6, 0.0, 0.0), 29: "2026:11:21"})
    sent = picture(side=3_000, exif=camera.tobytes())
    assert all(told in sent for told in (b"a maker", b"2026:11:21"))
    made = made_anew(sent)
    with Image.open(io.BytesIO(made)) as opened:
        assert (opened.size, dict(opened.getexif()), opened.format) == ((800, 1600), {}, "JPEG")
    assert not any(told in made for told in (b"a maker", b"2026:11:21"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of broken data beside pixels
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_bytes_are_refused_and_never_an_error(kind: str) -> None:
    camera = Image.Exif()
    camera[0x0112] = 6
    sent, chance = picture(kind, exif=camera.tobytes()), random.Random(5)
    for _ in range(400):
        broken = bytearray(sent)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with suppress(EvidenceUnreadable):
            made_anew(bytes(broken[: chance.randint(len(broken) // 2, len(broken))]))


@pytest.mark.parametrize("sent", [b"", b"GIF89a", picture("GIF"), picture()[:300], picture("BMP")])
def test_what_is_no_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(EvidenceUnreadable):
        made_anew(sent)


def test_a_picture_of_absurd_size_is_refused() -> None:
    for width, height in ((5_000, 5_001), (10_000, 6_001), (20_000, 10_000)):
        made = io.BytesIO()
        Image.new("1", (width, height)).save(made, "PNG")
        with pytest.raises(EvidenceUnreadable):
            made_anew(made.getvalue())


def test_a_large_photo_of_a_phone_is_taken() -> None:
    with Image.open(io.BytesIO(made_anew(picture(side=8_000)))) as opened:
        assert opened.size == (1600, 800)


def test_pictures_are_deleted_a_term_after_the_answer(scene: Any) -> None:
    adopt(scene)
    event = settled_event(scene)
    old = ask(scene, event.id)
    answer(scene, old.id, grant=False)
    waits = ask(scene, event.id)
    for days, left in ((364, 1), (366, 0)):
        before = scene.at(400) + timedelta(days=days - 365)
        forget_evidence(scene.session, before=before, at=scene.at(500))
        assert len(queries.images_of(scene.session, old.id)) == left
    assert len(queries.images_of(scene.session, waits.id)) == 1
    told = select(AuditEntry).where(col(AuditEntry.action) == "settlement.forget_evidence")
    assert [entry.facts for entry in scene.session.execute(told).scalars()] == [{"count": 1}]
