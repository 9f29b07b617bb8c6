"""Hours: what a stay is worth in minutes, and the credit of finished service.

What an outsider must know: minutes are actual service within the event, decided by the dated hour
rule in force on its day, with the reason for each minute that does not count; minutes and points
are credited in one transaction.
"""
