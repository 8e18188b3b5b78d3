"""Features of a picture file. Pillow checks and decodes what strangers send, OpenCV measures it."""

import base64
import binascii
import io
import struct
from collections.abc import Sequence
from contextlib import suppress

import cv2
import numpy as np
from msgspec.structs import replace
from PIL import ExifTags, Image
from PIL.ImageCms import ImageCmsProfile, PyCMSError, getProfileDescription

from insights.analysis.media import measures
from insights.analysis.media.quality import as_metrics
from insights.schemas.base import MAX_LABEL, Caution
from insights.schemas.media import Features, GalleryAsset, PictureMeasures

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")  # JPEG opens MPO as well
MAX_PIXELS = 80_000_000
MAX_PICTURES = 12
MAX_CALL_BYTES = 16 * 1024 * 1024
MAX_CALL_PIXELS = 48_000_000  # a second of work at worst
_MAX_DECODED = 400_000_000
_MAX_SCANS = 64
_BAND = 128
_TRANSPARENT = {"RGBA", "LA", "PA", "La", "RGBa"}
_MIN_SIDE = 16
_MAX_ASPECT = 20

# A request is served beside others on the same processors.
cv2.setNumThreads(1)


class PictureRefused(Exception):  # noqa: N818 -- what happened, as it is told
    """The bytes are no picture we can measure; the message says why."""


def measure(data: bytes) -> Features:
    """Measure a picture; the same bytes give the same features.

    JPEG, PNG, WebP and TIFF up to 80 megapixels are measured as they look: turned as EXIF says, on
    white where they are transparent. Raises PictureRefused for anything else.
    """
    return _measure(_open(data), data)


def measure_picture(data: bytes) -> PictureMeasures:
    """Measure a picture once, for storing; raises PictureRefused as `measure` does.

    An asset with these fields scores as if the picture itself had come along.
    """
    features = measure(data)
    return PictureMeasures(
        width=features.width,
        height=features.height,
        bytes=len(data),
        perceptual_hash=features.perceptual_hash,
        dominant_colors=features.palette,
        subject_box=features.subject.box if features.subject else None,
        metrics=as_metrics(features),
        features=features,
    )


def with_features(assets: Sequence[GalleryAsset]) -> tuple[list[GalleryAsset], list[Caution]]:
    """Measure the pictures that came along; what is beyond the limits of a call keeps its stored features."""
    measured: list[GalleryAsset] = []
    cautions: list[Caution] = []
    allowance = _Allowance()
    for position, asset in enumerate(assets):
        features = asset.features
        if asset.image_data:
            try:
                features = _measure(*allowance.open(asset.image_data))
            except PictureRefused as refused:
                path, message = f"assets[{position}].imageData", f"not measured: {refused}"
                cautions.append(Caution(path=path, code="picture_refused", message=message))
            asset = replace(asset, image_data=None, features=features)  # noqa: PLW2901 -- the same, measured
        measured.append(asset)
    return measured, cautions


class _Allowance:
    """What one call may bring."""

    def __init__(self) -> None:
        self._pictures, self._bytes, self._pixels = MAX_PICTURES, MAX_CALL_BYTES, MAX_CALL_PIXELS

    def open(self, written: str) -> tuple[Image.Image, bytes]:
        if not self._pictures:
            raise PictureRefused(f"{MAX_PICTURES} pictures a call")
        # Four letters of base64 are three bytes; counted before they are decoded.
        size = len(written) * 3 // 4
        if size > self._bytes:
            raise PictureRefused(f"{MAX_CALL_BYTES >> 20} MiB a call")
        self._pictures -= 1
        self._bytes -= size
        data = decode_text(written)
        picture = _open(data)
        if picture.width * picture.height > self._pixels:
            raise PictureRefused(f"{MAX_CALL_PIXELS // 10**6} megapixels a call")
        self._pixels -= picture.width * picture.height
        return picture, data


def decode_text(written: str) -> bytes:
    """Decode base64 of either alphabet, with or without padding, blanks and `data:...;base64,`."""
    head, comma, body = written.partition(",")
    if written.lstrip()[:5].casefold() == "data:":
        if not comma or not head.rstrip().casefold().endswith(";base64"):
            raise PictureRefused("the data URI is not base64")
        written = body
    letters = "".join(written.split()).rstrip("=").translate(_URL_SAFE)
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise PictureRefused("the text is not base64") from None
    if not data:
        raise PictureRefused("there are no bytes")
    return data


_URL_SAFE = str.maketrans("-_", "+/")


def _open(data: bytes) -> Image.Image:
    """Check what the header says, before anything is decoded."""
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefused(f"more than {MAX_PIXELS // 10**6} megapixels") from None
    except Exception:  # noqa: BLE001 -- parsers raise whatever the bytes of a stranger make them
        raise PictureRefused("no JPEG, PNG, WebP or TIFF, or its header is damaged") from None
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureRefused(f"more than {MAX_PIXELS // 10**6} megapixels")
    if min(width, height) < _MIN_SIDE or max(width, height) > _MAX_ASPECT * min(width, height):
        raise PictureRefused(f"{width} x {height} pixels are no picture to judge")
    if width * height * _bytes_per_pixel(picture) > _MAX_DECODED:
        raise PictureRefused("decoding it would take too much memory")
    # Each scan goes over the whole picture: thousands of tiny ones are minutes of work.
    if picture.format in {"JPEG", "MPO"} and _count_scans(data) > _MAX_SCANS:
        raise PictureRefused(f"more than {_MAX_SCANS} scans")
    if picture.mode == "F":
        raise PictureRefused("floating point pixels have no white to measure against")
    return picture


def _measure(opened: Image.Image, data: bytes) -> Features:
    try:
        picture = _decoded(opened, data)
        profile = _profile(opened)
        turn = _TURNS.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
        small = _reduced(picture, max(1, max(picture.size) // measures.LONG_SIDE))
        grey = _at_most(_grey(np.asarray(small)), measures.LONG_SIDE)
        tiles = [
            _grey(np.asarray(_flat(picture.crop((x, y, x + wide, y + high)))))
            for x, y in measures.busiest_corners(grey, picture.size)
            for wide, high in [(min(measures.TILE, side) for side in picture.size)]
        ]
    except MemoryError:
        raise PictureRefused("decoding it would take too much memory") from None
    except Exception as error:  # noqa: BLE001 -- decoders raise whatever the bytes of a stranger make them
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        raise PictureRefused("truncated" if cut else "damaged, it cannot be decoded") from None
    width, height = picture.size
    small = small.reduce(max(1, max(small.size) // measures.LAB_SIDE))
    thumb = _at_most(np.asarray(small), measures.LAB_SIDE)
    if turn is not None:
        grey, thumb = (np.asarray(Image.fromarray(seen).transpose(turn)) for seen in (grey, thumb))
        if turn in _SIDEWAYS:
            width, height = height, width
    return _features(grey, thumb, tiles, (width, height), profile)


def _features(
    grey: measures.Grey,
    thumb: measures.Grey,
    tiles: Sequence[measures.Grey],
    size: tuple[int, int],
    profile: str | None,
) -> Features:
    lab = np.asarray(cv2.cvtColor(thumb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    dim = _grey(thumb)
    mask, plain = measures.find_subject(lab, grey)
    exposed = None
    if mask is not None and plain:
        kept = dim[~measures.background_of(mask)]
        exposed = measures.measure_exposure(kept) if kept.size else None
    # A red dress before a white wall is no cast: where there is a backdrop, it tells.
    neutral = lab[~mask] if mask is not None and plain else lab.reshape(-1, 3)
    cast = measures.measure_cast(neutral)
    noise = measures.measure_noise(grey)
    noises = [measures.measure_noise(tile) for tile in tiles]
    tilt = measures.measure_tilt(dim)
    return Features(
        width=size[0],
        height=size[1],
        blur=round(measures.measure_blur(grey, noise), 4),
        native_blur=round(min(map(measures.measure_blur, tiles, noises)), 4),
        edges=round(measures.measure_edges(grey, noise), 3),
        noise=round(float(np.median(noises)), 3),
        contrast=round(measures.measure_contrast(grey), 4),
        cast=None if cast is None else round(cast, 3),
        exposure=measures.measure_exposure(grey),
        subject_exposure=exposed,
        plain_background=plain,
        subject=None if mask is None else measures.describe_subject(mask),
        tilt=None if tilt is None else round(tilt, 2),
        border=measures.main_colours(measures.border_of(lab)),
        palette=measures.main_colours(lab[mask] if mask is not None else lab.reshape(-1, 3)),
        mean_lab=measures.rounded_lab(lab.reshape(-1, 3).mean(0)),
        perceptual_hash=measures.difference_hash(grey),
        color_profile=profile,
    )


def _bytes_per_pixel(picture: Image.Image) -> int:
    """Return what decoding takes at its peak, as measured, and a little room."""
    if picture.info.get("progressive"):  # JPEG that keeps its coefficients until the end
        return 12
    return 10 if picture.format == "WEBP" else 5


def _count_scans(data: bytes) -> int:
    stream = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero(stream[:-1] == 0xFF)  # noqa: PLR2004 -- a marker begins
    return int(np.count_nonzero(stream[marks + 1] == 0xDA))  # noqa: PLR2004 -- start of scan


def _decoded(opened: Image.Image, data: bytes) -> Image.Image:
    if opened.format != "WEBP":
        opened.load()
        return opened
    # Pillow keeps four copies of a WebP while it decodes, for the sake of animations.
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[1::-1] != opened.size:
        raise ValueError("not the picture that its header announces")
    swap = cv2.COLOR_BGR2RGB if pixels.shape[2] == len("RGB") else cv2.COLOR_BGRA2RGBA
    return Image.fromarray(np.asarray(cv2.cvtColor(pixels, swap, pixels), np.uint8))


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    """Return the RGB picture with a pixel for each `factor` x `factor`.

    In bands, because a whole copy in RGB would fill the memory.
    """
    if picture.mode in {"RGB", "L"} and "transparency" not in picture.info:
        return picture.reduce(factor).convert("RGB")
    width, height = picture.size
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    step = max(1, _BAND // factor) * factor
    for top in range(0, height, step):
        band = picture.crop((0, top, width, min(height, top + step)))
        small.paste(_flat(band).reduce(factor), (0, top // factor))
    return small


def _flat(part: Image.Image) -> Image.Image:
    """Return 8 bit RGB, on white."""
    if part.mode.startswith("I"):  # 16 bits, which Pillow sometimes widens to 32
        deep = np.asarray(part) // 257
        return Image.fromarray(np.clip(deep, 0, 255).astype(np.uint8)).convert("RGB")
    if "transparency" not in part.info and part.mode not in _TRANSPARENT:
        return part.convert("RGB")
    part = part.convert("RGBA")
    white = Image.new("RGB", part.size, "white")
    white.paste(part, (0, 0), part)
    return white


def _at_most(pixels: measures.Grey, long_side: int) -> measures.Grey:
    """Return the picture no longer than `long_side`."""
    height, width = pixels.shape[:2]
    scale = long_side / max(width, height)
    if scale >= 1:
        return pixels
    shape = (max(2, round(width * scale)), max(2, round(height * scale)))
    return np.asarray(cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA), np.uint8)


def _grey(pixels: measures.Grey) -> measures.Grey:
    if pixels.ndim == 2:  # noqa: PLR2004 -- rows and columns
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _profile(picture: Image.Image) -> str | None:
    """Return the name of a colour profile that is not sRGB."""
    written = picture.info.get("icc_profile")
    if not written:
        return None
    name = ""
    with suppress(PyCMSError, OSError, TypeError, ValueError, struct.error):
        name = getProfileDescription(ImageCmsProfile(io.BytesIO(written))).strip()
    if "srgb" in name.casefold().replace(" ", ""):
        return None
    return "".join(filter(str.isprintable, name))[:MAX_LABEL] or "unknown"


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
}
