import base64
import functools
import io
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fashionos.kit.wire import read_json, write_json
from insights.analysis.media import analyse, measures, pixels
from insights.analysis.media.intake import read_assets
from insights.analysis.media.pixels import (
    PictureRefused,
    decode_text,
    measure,
    measure_picture,
    with_features,
)
from insights.schemas.media import (
    Background,
    Brand,
    Features,
    GalleryAsset,
    MediaOptions,
    Swatch,
)

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@functools.cache
def scene(seed=3, size=(900, 1200)):
    """Return a believable picture: soft gradients, hard edges, texture, neither clipped nor tinted."""
    rng = np.random.default_rng(seed)
    height, width = size
    ground = np.linspace(90, 150, height)[:, None].repeat(width, 1)
    picture = np.stack([ground] * 3, axis=-1)
    for _ in range(40):
        x, y = rng.integers(0, width), rng.integers(0, height)
        colour = rng.integers(40, 215) + rng.integers(-12, 12, 3)
        cv2.rectangle(
            picture,
            (x, y),
            (x + rng.integers(20, 160), y + rng.integers(20, 160)),
            colour.tolist(),
            -1,
        )
    fine = cv2.resize(rng.normal(0, 14, (height // 3, width // 3, 1)), (width, height))
    return np.clip(picture + fine[..., None], 8, 245).astype(np.uint8)


def packshot(
    colour=(160, 40, 40), box=(300, 150, 600, 1050), size=(1200, 900), ground=(252, 252, 252)
):
    """Return a garment before a plain backdrop; its box is x0, y0, x1, y1."""
    picture = np.full((*size, 3), ground, np.uint8)
    x0, y0, x1, y1 = box
    folds = (np.sin(np.arange(x1 - x0) / 7) * 18)[None, :, None] + np.array(colour)
    picture[y0:y1, x0:x1] = np.clip(folds, 0, 255)
    return picture


def encoded(picture, format_="PNG", **options):
    target = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(target, format_, **options)
    return target.getvalue()


def measured(picture, format_="PNG", **options):
    return measure(encoded(picture, format_, **options))


# What is measured


def test_features_are_a_document_that_can_be_stored():
    features = measured(scene())
    stored = write_json(features)
    assert msgspec.json.decode(stored, type=Features) == features
    assert measured(scene()) == features
    assert (features.width, features.height) == (1200, 900)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_blur_rises_with_every_blur(seed):
    picture = scene(seed)
    found = [measured(picture)]
    found += [measured(cv2.GaussianBlur(picture, (0, 0), sigma)) for sigma in (1, 2, 4, 8)]
    assert [f.blur for f in found] == sorted(f.blur for f in found)
    assert [f.edges for f in found] == sorted((f.edges for f in found), reverse=True)
    assert found[0].blur < 0.35
    assert found[-1].blur > found[0].blur + 0.35


def test_motion_blurs_in_one_direction_only_and_counts():
    picture = scene()
    kernel = np.zeros((25, 25))
    kernel[12] = 1 / 25
    assert measured(cv2.filter2D(picture, -1, kernel)).blur > measured(picture).blur + 0.2


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
def test_noise_is_measured_in_grey_levels(sigma):
    rng = np.random.default_rng(1)
    grey = np.full((1000, 1000), 128.0) + rng.normal(0, sigma, (1000, 1000))
    found = measured(np.clip(np.round(grey), 0, 255).astype(np.uint8))
    assert found.noise == pytest.approx(sigma, rel=0.05, abs=0.4)  # half grey levels


def test_noise_does_not_make_a_blurred_picture_sharp():
    rng = np.random.default_rng(1)
    soft = cv2.GaussianBlur(scene(), (0, 0), 6)
    noisy = np.clip(soft + rng.normal(0, 12, soft.shape), 0, 255).astype(np.uint8)
    assert measured(noisy).edges < measured(scene()).edges / 2
    assert measured(noisy).blur > measured(scene()).blur + 0.15


@pytest.mark.parametrize(("gain", "high", "low"), [(3.0, 0.3, 0), (0.01, 0, 0.9)])
def test_clipped_pixels_are_counted(gain, high, low):
    picture = np.clip(scene() * gain, 0, 255).astype(np.uint8)
    exposure = measured(picture).exposure
    assert exposure.high >= high
    assert exposure.low >= low


def test_a_white_backdrop_is_not_part_of_the_exposure_of_the_subject():
    found = measured(packshot(ground=(255, 255, 255)))
    assert found.exposure.high > 0.6
    assert found.subject_exposure.high == 0
    assert found.plain_background


def test_contrast_and_cast():
    picture = scene()
    flat = (picture * 0.3 + 90).astype(np.uint8)
    warm = np.clip(picture * np.array([1.15, 1.0, 0.75]), 0, 255).astype(np.uint8)
    assert measured(flat).contrast < measured(picture).contrast / 2
    assert measured(picture).cast < 4
    assert measured(warm).cast > 10


def test_a_picture_of_pure_white_has_no_cast_no_subject_and_no_edges():
    found = measured(np.full((300, 300, 3), 255, np.uint8))
    assert (found.cast, found.subject, found.subject_exposure) == (None, None, None)
    assert (found.edges, found.noise, found.contrast, found.blur) == (0, 0, 0, 1)


def test_the_subject_is_found_where_it_is():
    subject = measured(packshot(box=(300, 150, 600, 1050))).subject
    box = subject.box
    assert (box.x, box.y, box.w, box.h) == pytest.approx((1 / 3, 0.125, 1 / 3, 0.75), abs=0.02)
    assert (subject.x, subject.y) == pytest.approx((0.5, 0.5), abs=0.02)
    assert subject.share == pytest.approx(0.25, abs=0.02)


def test_without_a_plain_background_the_salient_part_is_the_subject():
    found = measured(scene())
    assert not found.plain_background
    assert found.subject_exposure is None


def test_colours_of_border_and_subject_are_told_apart():
    found = measured(packshot(colour=(160, 40, 40)))
    assert found.border[0].lab[0] > 97
    assert all(swatch.lab[1] > 25 for swatch in found.palette)
    assert sum(swatch.share for swatch in found.palette) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("degrees", [-4, -2, 0, 2, 4])
def test_a_leaning_horizon_is_measured(degrees):
    picture = np.full((700, 1000), 60, np.uint8)
    picture[350:] = 190
    turn = cv2.getRotationMatrix2D((500, 350), -degrees, 1)
    turned = cv2.warpAffine(picture, turn, (1000, 700), borderMode=cv2.BORDER_REPLICATE)
    assert measured(turned).tilt == pytest.approx(degrees, abs=0.3)


def test_a_picture_without_level_lines_has_no_tilt():
    assert measured(cv2.GaussianBlur(scene(), (0, 0), 20)).tilt is None


def test_a_hash_survives_quality_size_and_light():
    picture = scene()
    original = int(measured(picture).perceptual_hash, 16)
    for other in (
        encoded(picture, "JPEG", quality=40),
        encoded(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
        encoded(np.clip(picture * 1.15, 0, 255).astype(np.uint8)),
    ):
        assert (original ^ int(measure(other).perceptual_hash, 16)).bit_count() <= 3
    assert (original ^ int(measured(scene(9)).perceptual_hash, 16)).bit_count() > 12


def test_two_colourways_share_a_hash_and_not_a_colour():
    red, blue = measured(packshot((150, 60, 60))), measured(packshot((60, 72, 150)))
    distance = int(red.perceptual_hash, 16) ^ int(blue.perceptual_hash, 16)
    assert distance.bit_count() <= 6
    assert np.linalg.norm(np.subtract(red.mean_lab, blue.mean_lab)) > 10


def test_an_enlarged_picture_is_soft_at_full_size():
    small = cv2.resize(scene(), (1000, 750), interpolation=cv2.INTER_AREA)
    found = measured(cv2.resize(small, (4000, 3000), interpolation=cv2.INTER_CUBIC), "JPEG")
    assert found.native_blur > found.blur + 0.2


# What comes in strange forms


def near(one, other, tolerance=2.0):
    return one.mean_lab == pytest.approx(other.mean_lab, abs=tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_is_applied_once(orientation, format_):
    upright = Image.fromarray(packshot(box=(300, 60, 600, 700)))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = upright.transpose(undo) if undo is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = measured(stored, format_, exif=exif)
    assert (found.width, found.height) == (900, 1200)
    box = found.subject.box
    assert (box.x, box.y, box.w, box.h) == pytest.approx((1 / 3, 0.05, 1 / 3, 0.533), abs=0.02)


def test_transparency_is_on_white():
    picture = packshot(ground=(0, 0, 0))
    alpha = np.where(picture.sum(axis=2) == 0, 0, 255).astype(np.uint8)
    found = measured(np.dstack((picture, alpha)))
    white = measured(packshot(ground=(255, 255, 255)))
    assert near(found, white)
    assert found.border[0].lab[0] == pytest.approx(100, abs=0.1)


def test_palettes_greys_cmyk_and_deep_pixels_are_measured():
    picture = Image.fromarray(scene())
    plain = measured(picture)
    grey = measured(picture.convert("L"))
    assert grey.mean_lab[1:] == pytest.approx((0, 0), abs=0.5)
    assert grey.blur == pytest.approx(plain.blur, abs=0.05)
    assert near(measured(picture.quantize(200)), plain)
    assert near(measured(picture.convert("CMYK"), "JPEG", quality=95), plain, 4)
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    assert measured(deep) == grey
    assert measured(deep, "TIFF") == grey
    assert near(measured(picture.convert("L").convert("LA")), grey, 0.5)
    black_and_white = measured(picture.convert("1"))
    assert black_and_white.contrast > 0.8


def test_what_a_palette_or_a_key_makes_transparent_is_on_white():
    picture = packshot(ground=(9, 0, 0))
    white = measured(packshot(ground=(255, 255, 255)))
    palette = Image.fromarray(picture).quantize(64)
    assert near(measured(palette, transparency=palette.getpixel((0, 0))), white)
    assert near(measured(picture, transparency=(9, 0, 0)), white)


def test_a_progressive_picture_is_measured_like_any_other():
    assert measured(scene(), "JPEG", progressive=True) == measured(scene(), "JPEG")


@pytest.mark.parametrize(
    ("format_", "mode", "options"),
    [
        ("WEBP", "RGB", {"lossless": True, "duration": 90}),
        ("WEBP", "RGBA", {"lossless": True, "duration": 90}),
        ("PNG", "RGBA", {"duration": 90}),
        ("TIFF", "RGB", {}),
        ("MPO", "RGB", {"quality": 95}),
    ],
)
def test_of_several_pictures_in_a_file_the_first_is_measured(format_, mode, options):
    first, second = (Image.fromarray(scene(seed)).convert(mode) for seed in (3, 9))
    found = measured(first, format_, save_all=True, append_images=[second], **options)
    assert near(found, measured(first), 0.5)
    assert found.perceptual_hash == measured(first).perceptual_hash


def test_a_webp_is_measured_as_the_same_pixels_in_a_png():
    transparent = np.dstack((scene(), np.full((900, 1200), 120, np.uint8)))
    for picture in (scene(), transparent):
        assert measured(picture, "WEBP", lossless=True, exact=True) == measured(picture)


@pytest.mark.parametrize("size", [(2200, 3301), (131, 1999), (4097, 1500)])
def test_what_is_read_in_bands_is_as_if_it_were_read_whole(size):
    picture = cv2.resize(scene(), size[::-1])
    opaque = np.dstack((picture, np.full(size, 255, np.uint8)))
    assert measured(opaque) == measured(picture)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
def test_a_transparent_picture_is_never_copied_whole():
    data = encoded(np.zeros((4000, 6000, 4), np.uint8), compress_level=1)
    # Not ru_maxrss, which a process inherits from the one that started it.
    script = (
        "import re, sys; from insights.analysis.media.pixels import measure\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "data = sys.stdin.buffer.read(); before = peak(); measure(data)\n"
        "print((peak() - before) * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, check=True
    )
    assert 24_000_000 * 4 < int(done.stdout) < 24_000_000 * 6


def test_a_colour_profile_other_than_srgb_is_named():
    from PIL import ImageCms  # noqa: PLC0415 -- used here alone

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert measured(scene(), icc_profile=srgb).color_profile is None
    assert "Lab" in measured(scene(), icc_profile=lab).color_profile
    assert measured(scene(), icc_profile=b"no profile at all").color_profile == "unknown"


@pytest.mark.parametrize(
    "size", [(16, 16), (16, 320), (320, 16), (17, 33), (513, 511), (1025, 1023)]
)
def test_small_and_odd_sizes_are_measured(size):
    rng = np.random.default_rng(0)
    found = measured(rng.integers(0, 255, (*size, 3), dtype=np.uint8))
    assert (found.height, found.width) == size


# What is refused


def png_header(width, height):
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


HOSTILE = {
    "nothing": (b"", "no JPEG"),
    "text": (b"hello, I am a picture" * 50, "no JPEG"),
    "html": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG"),
    "moving gif": (
        encoded(
            scene(size=(60, 60)), "GIF", save_all=True, append_images=[Image.new("RGB", (60, 60))]
        ),
        "no JPEG",
    ),
    "gif": (encoded(scene(size=(60, 60)), "GIF"), "no JPEG"),
    "bomb": (png_header(50_000, 50_000), "80 megapixels"),
    "small bomb": (png_header(9_001, 9_000), "80 megapixels"),
    "huge bomb": (png_header(2**31 - 1, 2**31 - 1), "megapixels|no JPEG"),
    "no pixels": (png_header(0, 0), "no JPEG"),
    "no data": (png_header(100, 100), "truncated|damaged"),
    "sliver": (encoded(np.zeros((20, 900, 3), np.uint8)), "no picture to judge"),
    "tiny": (encoded(np.zeros((4, 4, 3), np.uint8)), "no picture to judge"),
    "float": (encoded(Image.fromarray(np.zeros((50, 50), np.float32)), "TIFF"), "floating"),
    "truncated jpeg": (encoded(scene(), "JPEG")[:-20_000], "truncated"),
    "truncated png": (encoded(scene())[:-200_000], "truncated|damaged"),
    "truncated webp": (encoded(scene(), "WEBP")[:-20_000], "truncated|damaged|no JPEG"),
    "truncated progressive jpeg": (
        encoded(scene(), "JPEG", progressive=True)[:-20_000],
        "truncated",
    ),
    "truncated tiff": (encoded(scene(), "TIFF")[:-200_000], "truncated|damaged|no JPEG"),
    "half a header": (encoded(scene(), "JPEG")[:100], "no JPEG|truncated"),
    "scans": (encoded(scene(), "JPEG") + b"\xff\xda" * 100, "64 scans"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_measured_is_refused_with_a_reason(name):
    data, reason = HOSTILE[name]
    with pytest.raises(PictureRefused, match=reason):
        measure(data)


def test_what_would_fill_the_memory_is_refused_before_it_is_decoded(monkeypatch):
    transparent = np.dstack((scene(), np.full((900, 1200), 9, np.uint8)))
    forms = (
        (5, encoded(scene(), "JPEG")),
        (5, encoded(transparent)),
        (10, encoded(scene(), "WEBP")),
        (12, encoded(scene(), "JPEG", progressive=True)),
    )
    for bytes_per_pixel, data in forms:
        monkeypatch.setattr(pixels, "_MAX_DECODED", 1200 * 900 * bytes_per_pixel)
        assert measure(data).width == 1200
        monkeypatch.setattr(pixels, "_MAX_DECODED", 1200 * 900 * bytes_per_pixel - 1)
        with pytest.raises(PictureRefused, match="memory"):
            measure(data)


GOOD = encoded(scene(size=(80, 90)), "JPEG")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8))
def test_damaged_bytes_are_measured_or_refused_and_never_raise_anything_else(changes):
    damaged = bytearray(GOOD)
    for place, value in changes:
        damaged[place] = value
    with suppress(PictureRefused):
        assert write_json(measure(bytes(damaged)))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", GOOD[:200], png_header(64, 64)[:33]]))
def test_arbitrary_bytes_never_raise_anything_else(data, start):
    with suppress(PictureRefused):
        measure(start + data)


# Pictures in a request


def test_base64_comes_in_many_shapes():
    data = bytes(range(256)) * 3 + b"!"
    plain, urlsafe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    for written in (
        plain,
        urlsafe,
        plain.rstrip("="),
        f"data:image/png;base64,{plain}",
        f" DATA:image/png;charset=x;BASE64, {urlsafe}",
        "\n".join(plain[i : i + 76] for i in range(0, len(plain), 76)),
    ):
        assert decode_text(written) == data


@pytest.mark.parametrize(
    "written", ["", "   ", "=", "a", "h\u00e9llo", "ab!d", "data:image/png,abcd", "data:base64"]
)
def test_what_is_not_base64_is_refused(written):
    with pytest.raises(PictureRefused):
        decode_text(written)


def sent(*pictures):
    rows = [
        {
            "id": f"a{n}",
            "imageData": picture
            if isinstance(picture, str)
            else base64.b64encode(picture).decode(),
        }
        for n, picture in enumerate(pictures)
    ]
    assets, cautions = read_assets(rows, zone=UTC_ZONE)
    assert cautions == []
    return assets


def test_pictures_that_came_along_are_measured_and_let_go():
    data = encoded(scene(), "JPEG")
    [asset], cautions = with_features(sent(data))
    assert cautions == []
    assert asset.features == measure(data)
    assert asset.image_data is None
    assert "imageData" not in asset.sent


PICTURES = {
    "scene": encoded(scene(), "JPEG"),
    "packshot": encoded(packshot(), "PNG"),
    "white": encoded(np.full((300, 300, 3), 255, np.uint8)),
    "transparent": encoded(np.dstack((packshot(), np.full((1200, 900), 90, np.uint8))), "WEBP"),
}
BRAND = Brand(
    palette=(Swatch(hex="#a02828"), Swatch(hex="#102030")),
    background=Background(swatch=Swatch(hex="#ffffff")),
    fill=(0.6, 0.9),
    min_long_side=2000,
)


@pytest.mark.parametrize("brand", [None, BRAND])
@pytest.mark.parametrize("shot_type", [None, "packshot", "editorial"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_stored_picture_scores_as_if_it_had_come_along(name, shot_type, brand):
    stored = read_json(write_json(measure_picture(PICTURES[name])))
    row = {"id": "a0", "shotType": shot_type}
    come = row | {"imageData": base64.b64encode(PICTURES[name]).decode()}
    answers = []
    for rows in ([row | stored], [come]):
        assets, cautions = read_assets(rows, zone=UTC_ZONE)
        assert cautions == []
        found = analyse(
            assets, (), brand=brand, parts=("quality",), options=MediaOptions(), now=NOON
        )
        answers.append(write_json(found))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", PICTURES)
def test_a_measured_picture_is_described_in_the_fields_of_an_asset(name):
    found = measure_picture(PICTURES[name])
    assert found.features == measure(PICTURES[name])
    assert found.bytes == len(PICTURES[name])
    row = {"id": "a", **read_json(write_json(found))}
    [asset], cautions = read_assets([row], zone=UTC_ZONE)
    assert cautions == []
    for field in found.__struct_fields__:
        assert getattr(asset, field) == getattr(found, field)


def test_the_metrics_of_a_measured_picture_are_its_scores_without_a_brand():
    found = measure_picture(PICTURES["scene"])
    [score] = analyse(
        [GalleryAsset(id="a", features=found.features)],
        (),
        parts=("quality",),
        options=MediaOptions(),
        now=NOON,
    ).quality_scores
    technical = {name: factor.score for name, factor in score.factors.technical.factors.items()}
    metrics = msgspec.json.decode(write_json(found.metrics))
    assert {name: metrics[name] for name in technical} == technical
    assert metrics["composition"] == score.factors.composition.score
    assert metrics["brand"] is None
    nothing = measure_picture(PICTURES["white"]).metrics
    assert (nothing.color_cast, nothing.composition) == (None, None)


def test_a_refused_picture_is_told_and_the_others_are_measured():
    assets, cautions = with_features(sent(GOOD, b"no picture", "???", GOOD))
    assert [bool(asset.features) for asset in assets] == [True, False, False, True]
    assert [(c.path, c.code) for c in cautions] == [
        ("assets[1].imageData", "picture_refused"),
        ("assets[2].imageData", "picture_refused"),
    ]


def test_stored_features_stay_when_the_picture_is_refused():
    stored = measure(GOOD)
    row = {"id": "a", "imageData": "???", "features": msgspec.to_builtins(stored)}
    assets, _ = read_assets([row], zone=UTC_ZONE)
    [asset], [caution] = with_features(assets)
    assert asset.features == stored
    assert caution.code == "picture_refused"


def test_a_call_brings_twelve_pictures(monkeypatch):
    assets, cautions = with_features(sent(*[GOOD] * 14))
    assert sum(bool(asset.features) for asset in assets) == 12
    assert "12 pictures" in cautions[0].message
    monkeypatch.setattr(pixels, "MAX_CALL_BYTES", 2 * len(GOOD) + 10)
    assets, cautions = with_features(sent(*[GOOD] * 3))
    assert [bool(asset.features) for asset in assets] == [True, True, False]
    assert "MiB" in cautions[0].message
    monkeypatch.setattr(pixels, "MAX_CALL_BYTES", 10**7)
    monkeypatch.setattr(pixels, "MAX_CALL_PIXELS", 2 * 80 * 90)
    assets, cautions = with_features(sent(*[GOOD] * 3))
    assert [bool(asset.features) for asset in assets] == [True, True, False]
    assert "megapixels" in cautions[0].message


def test_the_busiest_places_are_looked_at_closely():
    grey = np.full((1024, 1024), 128, np.uint8)
    rng = np.random.default_rng(1)
    grey[768:, 768:] = rng.integers(0, 255, (256, 256))
    corners = measures.busiest_corners(grey, (4096, 4096))
    assert len(corners) == 4
    assert all(x >= 2900 and y >= 2900 for x, y in corners)
    assert measures.busiest_corners(grey, (300, 200)) == [(0, 0)]
