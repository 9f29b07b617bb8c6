"""How big the example is: Baicheng's shape, whole or scaled down."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers of the whole place; ``goers`` is how many come to an event on the average."""

    counties: int
    streets: int
    communities: int
    grids_each: int
    groups_each: int
    people: int
    in_service: int
    employers: int
    teams_each: int
    events: int
    goers: int


SHAPES = {
    "village": Shape(1, 1, 3, 4, 3, 300, 45, 9, 5, 150, 12),
    "county": Shape(1, 4, 20, 4, 3, 8_000, 3_000, 110, 5, 1_000, 18),
    "city": Shape(5, 15, 105, 3, 2, 40_000, 19_000, 667, 5, 5_000, 20),
}
