"""Persons 个人: one person's data across the house: two records of one person, her leaving, her
death, the erasure of what the bank knows of her, and all of it for herself to read.

Promises: every feature that says something of a member is asked, by its ``person.py``; a merge
moves no entry of the book and is undone exactly; an erasure cannot be undone, is asked for twice,
and leaves the book as it is, under a number; nobody but she herself gets everything about her.
"""
