"""Merges, leaving, erasure and everything about oneself, as JSON."""

from typing import Any

from pointsbank.access import entrance
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.rules import Leaving
from pointsbank.persons import operations, queries, questions
from pointsbank.persons.models import Departure, DistinctPair, Erasure, Merge
from pointsbank.persons.queries import PairsPage, Section
from pointsbank.persons.questions import Question
from pointsbank.persons.rules import ERASERS, MERGERS
from pointsbank.persons.schemas import (
    DepartureRequest,
    DepartureView,
    DistinctPairRequest,
    DistinctPairView,
    DuplicatesView,
    ErasureQuestionRequest,
    ErasureQuestionView,
    ErasureRequest,
    ErasureView,
    MergeRequest,
    MergeView,
    OwnPasswordRequest,
    PageQuery,
    SectionView,
)
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("persons", __name__)


@api.get("/duplicates")
@api.arguments(PageQuery, location="query")
@api.response(200, DuplicatesView)
@allow(*MERGERS)
def duplicates(asked: dict[str, Any]) -> PairsPage:
    """Pairs of records within reach that may be one person's, and why."""
    with snapshot() as session:
        return queries.duplicates(session, actor(), **asked)


@api.post("/merges")
@api.arguments(MergeRequest)
@api.response(201, MergeView)
@allow(*MERGERS)
def merge(asked: dict[str, Any]) -> Merge:
    """Two records are one person's: the kept one has both histories; no entry moves."""
    with transaction() as session:
        return operations.merge(session, actor(), **asked, at=clock.now())


@api.post("/merges/<int:merge_id>/undo")
@api.response(200, MergeView)
@allow(*MERGERS)
def undo_merge(merge_id: int) -> Merge:
    """They are two people after all: both records as they were."""
    with transaction() as session:
        return operations.undo_merge(session, actor(), merge_id=merge_id, at=clock.now())


@api.post("/distinct-pairs")
@api.arguments(DistinctPairRequest)
@api.response(201, DistinctPairView)
@allow(*MERGERS)
def tell_apart(asked: dict[str, Any]) -> DistinctPair:
    """Two records are two people's: the pair is suggested no more."""
    with transaction() as session:
        return operations.tell_apart(session, actor(), **asked, at=clock.now())


@api.post("/distinct-pairs/<int:pair_id>/withdrawal")
@api.response(200, DistinctPairView)
@allow(*MERGERS)
def take_back_apart(pair_id: int) -> DistinctPair:
    """They may be one person's after all: the pair is suggested again."""
    with transaction() as session:
        return operations.take_back_apart(session, actor(), pair_id=pair_id, at=clock.now())


@api.post("/members/<int:member_id>/departure")
@api.arguments(DepartureRequest)
@api.response(201, DepartureView)
@allow(Role.VOLUNTEER, *MERGERS)
def leave(asked: dict[str, Any], member_id: int) -> Departure:
    """A member leaves the register, or died; she herself may leave."""
    asked["leaving"] = Leaving(asked["leaving"])
    with transaction() as session:
        return operations.leave(session, actor(), member_id=member_id, **asked, at=clock.now())


@api.post("/members/<int:member_id>/erasure-questions")
@api.arguments(ErasureQuestionRequest)
@api.response(200, ErasureQuestionView)
@allow(*ERASERS)
def ask_erasure(asked: dict[str, Any], member_id: int) -> dict[str, Any]:
    """The first step of an erasure: nothing is done; what would be given up is told."""
    now = clock.now()
    with snapshot() as session:
        found = queries.ending(session, actor(), member_id, ERASERS, clock.today())
        points = queries.points_left(session, found)
    question = questions.put(actor(), member_id, Question(**asked), at=now)
    return {"question": question, "number": found.member.number, "points": points}


@api.post("/members/<int:member_id>/erasure")
@api.arguments(ErasureRequest)
@api.response(201, ErasureView)
@allow(*ERASERS)
def erase(asked: dict[str, Any], member_id: int) -> Erasure:
    """The second step: what the bank knows of the person goes, for ever."""
    now = clock.now()
    told = questions.answered(actor(), member_id, asked.pop("question"), at=now)
    with transaction() as session:
        return operations.erase(
            session, actor(), member_id=member_id, asked=told.asked, asked_on=told.asked_on,
            **asked, at=now,
        )  # fmt: skip


@api.post("/me/data")
@api.arguments(OwnPasswordRequest)
@api.response(200, SectionView(many=True))
@allow(Role.VOLUNTEER)
def my_data(asked: dict[str, Any]) -> list[Section]:
    """Everything about the person who asks, for who has just given her password again."""
    entrance.prove_again(actor().id, asked["password"], address=actor().address)
    with transaction() as session:
        return operations.take_out(session, actor(), at=clock.now())
