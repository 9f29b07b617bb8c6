"""Organisations 组织: the territory tree and the party, employer, team and partner lines on it.

Promises: kinds and levels are rows, not code; everything below an organisation, at any depth, on
any day, is one indexed look-up; the tree changes for a day and past days keep theirs; an
organisation is closed with a date, never removed, and not while somebody or something belongs to
it (``ties``).
"""
