"""The passbook 积分存折: what a person sees of her own.

Owns no table. Everything shown is read from the book and the features to the left; each entry's
story is told by the feature that wrote it, found by the file name ``stories.py``. Nobody sees
another person's passbook here.
"""
