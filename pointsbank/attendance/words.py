"""Reasons as sentences: why an attendance counts no more minutes, or earned no more points."""

from collections.abc import Iterable, Sequence
from typing import Any

from pointsbank.earning.rules import Reason, why_clipped
from pointsbank.hours.rules import CUT_SENTENCES, CutKind
from pointsbank.ledger.queries import Clip


def reasons(why: Iterable[Sequence[Any]]) -> list[Reason]:
    """Why an attendance counts no more minutes, each as one sentence."""
    return [Reason(CUT_SENTENCES[CutKind(kind)], {"minutes": minutes}) for kind, minutes in why]


def clip_reason(clip: Clip) -> Reason:
    """Why it earned no more points of one kind."""
    return why_clipped(clip.window, clip.most, clip.used, clip.asked, clip.amount)
