"""Sign-ups 报名: who will come to which event, post or shift, and who waits for a place.

What an outsider must know: no more are signed up than the event, its post and its shift take, and
who waits moves up by herself in the order of asking; a withdrawn sign-up stays, as history.
"""
