"""Events: from the draft to the published notice, its poster, its opening and its end.

What an outsider must know: an event is known by its six-sign code once it is published, keeps the
hour rule of its day from its opening on, and is never removed; what other features add to it they
add by their ``event.py``.
"""
