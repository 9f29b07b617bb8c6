"""The example: a Baicheng-like place with a year of service behind it, the same for the same seed.

Promises: everything is written by the features' own operations or their batch forms, so the ledger
verifies; only the sign-ins that are printed have passwords; names, phones and cards are invented.
"""
