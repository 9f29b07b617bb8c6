"""Keys 密钥: a new secret takes the old one's place, and every field sealed by it is sealed anew.

The fields are found by their declaration (``core.encryption.sealed``), in every feature. The old
secret is kept until the last row is done, so that an interrupted change is taken up again.
"""
