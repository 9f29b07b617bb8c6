"""One append-only book in several units: points and minutes.

The ledger owns units, accounts, transfers and seals. An outsider may rely on this: what ``post``
answered is in the book for ever and is applied once, however often its key is repeated; a balance
is the sum of its transfers and never falls below its floor; under a cap nobody gets more than its
most, and what the cap took is told; and a saved seal proves later that nothing before it was
changed.
"""
