"""Attendance: from the scan at the door to the confirmed hour.

What an outsider must know: a scan is never changed or removed, and an attendance is the fold over
its scans; a repeat is an answer, never an error and never a second credit.
"""
