"""Transfers 关系转接: a member's move from one organisation of the bank to another.

Promises: nobody is moved without her consent, which is recorded with the step; hours and stars are
hers and go along, points by the dated rule of the organisation she leaves; where she came from
stays in her file. Each step is taken once, however often its key is repeated.
"""
