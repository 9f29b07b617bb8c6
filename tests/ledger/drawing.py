"""What random histories are drawn from; see ``test_histories``."""

from datetime import date

from hypothesis import strategies as st

from pointsbank.ledger.rules import CapWindow, OverCap
from tests.ledger.plain import MEMBERS

amounts = st.integers(0, 60)
members = st.sampled_from(MEMBERS)
groups = st.sampled_from([None, 1, 1])
givers = st.sampled_from(["issued", "issued", "issued", *MEMBERS])
names = st.sampled_from([*MEMBERS, "issued", "redeemed"])
# Around new year, so that weeks, months, quarters and years part at different days.
days = st.integers(-4, 4)
# The same history goes the same way in any of these years: their weeks begin on the same days.
YEARS = [year for year in range(1001, 2016) if date(year, 1, 1).weekday() == 3]
caps = st.lists(
    st.tuples(
        st.sampled_from(["rule", "rule", "deeds"]),
        st.sampled_from([*CapWindow]),
        st.sampled_from([0, 40, 60, 60, 90]),
        st.sampled_from([OverCap.CLIP, OverCap.CLIP, OverCap.WITHHOLD, OverCap.REFUSE]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda cap: cap[:2],
).map(tuple)
asks = st.one_of(
    st.tuples(st.just("issued"), members, amounts),
    st.tuples(members, st.just("redeemed"), amounts),
    st.tuples(names, names, amounts),
)
lots = st.lists(st.tuples(givers, members, st.integers(1, 60), st.none() | days), max_size=4)
expiries = st.sampled_from(
    [("never", 0), ("end_of_year", 0), ("end_of_next_year", 0), ("months", 0), ("months", 2)]
)
