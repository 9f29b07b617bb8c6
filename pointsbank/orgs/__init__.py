"""Organisations 组织: the territory tree and the party, employer and team lines that hang on it.

Promises: kinds and levels are rows, not code; everything below an organisation, at any depth, is
one indexed look-up in ``organisation_reach``; an organisation is closed with a date, never removed.
"""
