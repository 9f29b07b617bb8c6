"""Events: from the draft, template or series to the published notice with its posts and shifts, its
posters, its opening and its end; and a month's events as a recruitment notice.

What an outsider must know: an event is known by its six-sign code once it is published, keeps the
hour rule of its day from its opening on, and is never removed. What people signed up for does not
change under their feet. What other features add to it they add by their ``event.py``.
"""
