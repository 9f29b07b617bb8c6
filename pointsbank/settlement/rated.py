"""What those served said of events: on paper, and by printed codes."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.events.models import Event
from pointsbank.orgs.queries import among
from pointsbank.settlement.models import PaperRating, RatingCode
from pointsbank.settlement.rules import NoSuchRatingCode, Ratings, ratings_of


def paper_ratings(session: Session, event_id: int) -> dict[int, int]:
    """How many gave an event which marks on paper."""
    rows = session.execute(
        select(col(PaperRating.marks), col(PaperRating.number)).where(
            col(PaperRating.event_id) == event_id
        )
    )
    return dict(rows.all())


def ratings(session: Session, event_id: int) -> Ratings:
    """What those served said of an event, on paper and by codes together."""
    return ratings_by_event(session, [event_id]).get(event_id, Ratings())


def ratings_by_event(session: Session, event_ids: Collection[int]) -> dict[int, Ratings]:
    """The same of many events; none that nobody rated."""
    by_code = (
        select(col(RatingCode.event_id), col(RatingCode.marks), func.count())
        .where(among(RatingCode.event_id, event_ids), col(RatingCode.marks).is_not(None))
        .group_by(col(RatingCode.event_id), col(RatingCode.marks))
    )
    on_paper = select(
        col(PaperRating.event_id), col(PaperRating.marks), col(PaperRating.number)
    ).where(among(PaperRating.event_id, event_ids))
    numbers: dict[int, Counter[int]] = {}
    for said in (by_code, on_paper):
        for event_id, marks, number in session.execute(said):
            numbers.setdefault(event_id, Counter())[marks] += number
    return {event_id: ratings_of(counted) for event_id, counted in numbers.items()}


def rated_services(
    session: Session, member_ids: Collection[int], *, most: int | None = None
) -> list[tuple[Attendance, Event, Ratings]]:
    """What those served said of the events that count in these records, the newest first."""
    rated = select(col(RatingCode.event_id)).where(col(RatingCode.marks).is_not(None))
    rows = session.execute(
        select(Attendance, Event)
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(
            among(Attendance.member_id, member_ids),
            col(Attendance.minutes) > 0,
            or_(
                col(Event.id).in_(rated),
                col(Event.id).in_(select(col(PaperRating.event_id))),
            ),
        )
        .order_by(col(Event.starts_at).desc(), col(Attendance.id).desc())
        .limit(most)
    ).all()
    found = ratings_by_event(session, [event.id for _, event in rows])
    return [(one, event, found[event.id]) for one, event in rows]


def event_of_code(session: Session, code: str) -> tuple[Event, RatingCode]:
    """What a printed code rates. Refuses: NoSuchRatingCode."""
    found = session.execute(
        select(Event, RatingCode)
        .join(RatingCode, col(RatingCode.event_id) == col(Event.id))
        .where(col(RatingCode.code) == code.strip().upper())
    ).first()
    if found is None:
        raise NoSuchRatingCode
    return found[0], found[1]
