"""Settlement 时长核定: what becomes of hours that the door could not tell.

Promises: nobody decides on her own hours, and who answers is never who decided before; what was
credited changes by reversing entries only; a volunteer always sees why an hour is missing or cut.
"""
