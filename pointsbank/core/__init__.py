"""What every feature stands on: clock, configuration, database, errors, jobs, tokens.

No Flask here and no feature. The only ``now()`` is ``clock.now``; the only way to write is
``database.transaction``; whatever is refused is a ``Refused``.
"""
