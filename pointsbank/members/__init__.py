"""Members 成员: everyone in the register, their volunteer numbers, cards and phone codes.

Promises: a phone number is stored sealed and found by its keyed digest only; lists for the public
show masked names; a card's digits are random and tell nothing of the person.
"""
