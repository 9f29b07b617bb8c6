"""Accounts 账号 as administrators keep them: opened with a first password on a slip, listed, given
roles.

The first password is drawn here, printed once, and must be changed at first use; what an account
is and may do is ``access``'s.
"""
