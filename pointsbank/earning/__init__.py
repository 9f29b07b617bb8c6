"""What service is worth in points: dated rules, and the arithmetic of one activity.

Promises: the nearest ancestor of the event's organisation with a rule in force decides, unit by
unit; a version once in force is never rewritten, a new one ends it the day before; the arithmetic
is of integers and says why in plain words.
"""
