"""Enrolment 登记: how people come into the register: by themselves, at a desk, by a workbook, and
by reporting in from their unit.

Promises: nothing is registered before somebody entitled says so; what was uploaded or applied lies
sealed and goes after its term; importing twice registers nobody twice, and a whole import can be
undone.
"""
