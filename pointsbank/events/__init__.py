"""Events and attendance: from the published notice to the credited hour.

What an outsider must know: a scan is never changed or removed, and an attendance is the fold over
its scans; a repeat is an answer, never an error and never a second credit; minutes and points are
credited in one transaction by the dated rules in force on the day of the event.
"""
