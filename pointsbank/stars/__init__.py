"""Star volunteers: dated ladders of hours, and where on one a member stands.

Promises: a ladder is an organisation's data; the nearest ancestor of where a member lives decides,
and where nobody adopted one the national one does; hours are never spent, so a lifetime's star only
falls by a correction.
"""
