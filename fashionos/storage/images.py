"""Pictures made smaller on request, with bounds on what a picture may cost."""

import warnings
from io import BytesIO
from typing import IO, Any

from PIL import Image, ImageOps, UnidentifiedImageError

from fashionos.storage.problems import Problem, bad_request
from fashionos.storage.schemas import Transform

MOST_BYTES = 25_000_000
_MOST_PIXELS = 50_000_000
_READ = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")
_WRITTEN = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def transform(file: IO[bytes], asked: Transform, *, accepts_webp: bool) -> tuple[bytes, str]:
    """Return the picture as asked for, larger than it is only where `fill` stretches it, and its type. Raises Problem.

    Without `format: origin` it becomes WebP for whoever reads that.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures with odd tags
            with Image.open(file, formats=_READ) as picture:
                return _transform(picture, asked, accepts_webp=accepts_webp)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise bad_request("The object is no picture that can be transformed") from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error


def _transform(picture: Any, asked: Transform, *, accepts_webp: bool) -> tuple[bytes, str]:
    if picture.width * picture.height > _MOST_PIXELS:
        raise _too_many_pixels()
    kind = picture.format if picture.format in _WRITTEN else "PNG"
    if asked.format != "origin" and accepts_webp:
        kind = "WEBP"
    # A JPEG is decoded at a fraction of its size if that is enough; turned on its side, width and height swap.
    if asked.width and asked.height:
        longest = max(asked.width, asked.height)
        picture.draft("RGB", (longest, longest))
    picture = ImageOps.exif_transpose(picture)
    picture = _convert(picture, kind)
    picture = _resize(picture, asked)
    out = BytesIO()
    picture.save(out, kind, **({} if kind == "PNG" else {"quality": asked.quality}))
    return out.getvalue(), _WRITTEN[kind]


def _convert(picture: Any, kind: str) -> Any:
    mode = "RGB" if kind == "JPEG" else "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _resize(picture: Any, asked: Transform) -> Any:
    width, height = asked.width, asked.height
    if not width and not height:
        return picture
    if width and height and asked.resize == "cover":
        scale = min(1.0, picture.width / width, picture.height / height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return ImageOps.fit(picture, size)
    if width and height and asked.resize == "fill":
        return picture.resize((width, height))
    picture.thumbnail((width or picture.width, height or picture.height))
    return picture


def _too_many_pixels() -> Problem:
    message = f"Pictures of more than {_MOST_PIXELS:,} pixels are not transformed"
    return Problem(422, "InvalidRequest", message)
