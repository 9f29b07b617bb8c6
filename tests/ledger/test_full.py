"""A disk that fills up while many post: told in a sentence, nothing acknowledged is lost, nothing
is half there, and the bank goes on by itself.
"""

import threading

import pytest

from pointsbank.core.database import Database, snapshot
from pointsbank.core.errors import StorageFull
from pointsbank.ledger import queries
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import ANA, BEN, declare, earns, posted_all, sealed, spends
from tests.storage import empty_disk, fill_disk

THREADS, TURNS = 8, 20


@pytest.mark.only("sqlite")
def test_what_was_acknowledged_before_the_disk_was_full_is_there(bank: Database) -> None:
    declare(bank)
    posted_all(earns("first"))
    sealed()
    fill_disk(bank, left_pages=12)
    acknowledged: list[str] = []
    full: list[str] = []

    def post(number: int) -> None:
        for turn in range(TURNS):
            key = f"{number}.{turn}"
            try:
                posted_all(earns(key, ANA, 2, text="巡" * 200), earns(f"{key}.b", BEN, 1))
            except StorageFull:
                full.append(key)
            else:
                acknowledged.append(key)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert full
    assert acknowledged, "the disk was full from the beginning"
    assert len(full) + len(acknowledged) == THREADS * TURNS

    def holds(count: int) -> None:
        with snapshot() as session:
            assert queries.account(session, ANA).balance == 100 + 2 * count
            assert queries.account(session, BEN).balance == count
            found = verify(session)
        assert (found.fault, found.transfers) == (None, 1 + 2 * count)

    holds(len(acknowledged))
    empty_disk(bank)
    for key in full + acknowledged[-1:]:  # as their clients ask again
        posted_all(earns(key, ANA, 2), earns(f"{key}.b", BEN, 1))
    holds(THREADS * TURNS)
    assert posted_all(spends("s", BEN, 1))
    assert sealed()
