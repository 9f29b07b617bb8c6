"""Star volunteers: dated ladders of hours, and where on one a member stands.

Promises: a ladder is data of an organisation, the nearest ancestor's decides for a member by where she lives, and where
nobody adopted one the national one does; hours are never spent, so a lifetime's star only falls by a correction.
"""
