"""The year's evaluation of an organisation's people, its sheet and seal; the roll-up below it.

Promises: an evaluation is a reference and never a grade; a sealed year gives the same rows for
ever, whatever is posted later; an organisation outside the asker's reach answers like none at all.
"""
