"""Spots as pages and the JSON API show them: what is left, who waits, what is asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from pointsbank.events.models import Post
from pointsbank.signups import queries
from pointsbank.signups.queries import Offer
from pointsbank.signups.rules import Demands, Spot


@dataclass(frozen=True, slots=True)
class ShownSpot:
    """A spot with its post, if it is of one; ``left``: none is no limit; ``open``: sign-up is."""

    spot: Spot
    post: Post | None
    demands: Demands
    left: int | None
    signed_up: int
    waiting: int
    open: bool
    mine: bool

    @property
    def code(self) -> str:
        """The spot as forms carry it: post and shift, each empty for none."""
        return f"{self.spot.post_id or ''}-{self.spot.shift_id or ''}"

    @property
    def in_shifts(self) -> bool:
        return self.spot.shift_id is not None


def shown_spots(
    session: Session, offered: Offer, own: Collection[Spot], at: datetime
) -> list[ShownSpot]:
    """What may be signed up for at an event, in the order of posts and shifts; ``own``: what the
    reader has signed up for.
    """
    event_id = offered.event.id or 0
    seats, waiting = queries.seats(session, offered), queries.waiting_by_spot(session, event_id)
    found = []
    for spot in offered.spots:
        demands = offered.demands(spot)
        found.append(
            ShownSpot(
                spot,
                offered.posts.get(spot.post_id or 0),
                demands,
                seats.left(spot),
                seats.taken[spot],
                waiting[spot],
                at < demands.closes_at,
                spot in own,
            )
        )
    return found
