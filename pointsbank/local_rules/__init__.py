"""Local rules 本地规则: how an organisation adopts a dated rule, and which decides where and when.

Promises: a version begins on a day, today at the earliest, and is never rewritten; one that has not
begun can be taken back, and an organisation can go by the rule above it again; the nearest
organisation above (itself first) with a version in force decides, and where nobody adopted any, the
standing rule; whoever is signed in may read what holds. The kinds are the features', each in its
``local_rules.py``.
"""
