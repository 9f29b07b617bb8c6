"""What a feature's ``figures.py`` contributes to a year; evaluation finds those files by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A named number about one member and one year; ``unit`` is ``minutes``, ``points`` or
    ``count``.
    """

    name: str
    label: str
    unit: str
