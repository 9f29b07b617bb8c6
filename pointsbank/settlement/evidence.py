"""Pictures as evidence: made anew, so that no place, time or maker of the camera's stays in them.

The only file that knows Pillow here.
"""

import base64
import io

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError

from pointsbank.settlement.rules import EvidenceUnreadable

_LONGEST_SIDE = 1_600
_MOST_PIXELS = 60_000_000
_MOST_DECODED = 25_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_BROKEN = (OSError, ValueError, SyntaxError)  # what Pillow raises of broken bytes


def made_anew(picture: bytes) -> bytes:
    """The picture as a JPEG of at most 1,600 pixels a side, upright, nothing but its pixels.

    What kind it is, its bytes say. Refuses: EvidenceUnreadable (no picture, of another kind, larger
    than 60 megapixels, or than 25 where it cannot be read smaller than it is).
    """
    try:
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise EvidenceUnreadable
            opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG, read smaller than it is
            if opened.width * opened.height > _MOST_DECODED:
                raise EvidenceUnreadable
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            pixels = Image.frombytes("RGB", upright.size, upright.convert("RGB").tobytes())
    except (UnidentifiedImageError, DecompressionBombError, *_BROKEN) as unreadable:
        raise EvidenceUnreadable from unreadable
    made = io.BytesIO()
    pixels.save(made, "JPEG", quality=80)
    return made.getvalue()


def as_text(image: bytes) -> str:
    """How a picture is sealed and shown."""
    return base64.b64encode(image).decode()
