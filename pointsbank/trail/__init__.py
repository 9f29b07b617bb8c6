"""The audit trail 审计 as auditors use it: searched, sealed, verified, pruned after its term.

Entries are written by ``core.audit`` with the change itself and never changed. A seal is a SHA-256
over fixed encodings of a closed run of entries, chained to the one before; what is pruned goes by
whole sealed runs, whose digests stay.
"""
