"""A photo that is sent to somebody tells the picture, and not where it was taken."""

import contextlib
import io

import pytest
from PIL import Image, PngImagePlugin

from pod_app.errors import Invalid
from pod_app.standards.photos import without_metadata

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F
TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def picture(size=(40, 24)):
    dots = ((x * 6 % 256, y * 10 % 256, (x + y) % 256) for y in range(size[1]) for x in range(size[0]))
    return Image.frombytes("RGB", size, bytes(one for dot in dots for one in dot))


def told(orientation=6):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "Secret Camera"
    exif.get_ifd(GPS)[2] = (48.0, 6.0, 42.0)
    return exif.tobytes()


def saved(media_type, **more):
    out = io.BytesIO()
    picture().save(out, TYPES[media_type], **more)
    return out.getvalue()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("media_type", TYPES)
def test_place_and_camera_go_and_the_pixels_stay(media_type):
    before = saved(media_type, exif=told())
    assert b"Secret Camera" in before
    after = without_metadata(before, media_type)
    assert b"Secret Camera" not in after
    assert GPS not in opened(after).getexif()
    assert opened(after).convert("RGB").tobytes() == opened(before).convert("RGB").tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_stays_turned_as_it_was(orientation):
    after = without_metadata(saved("image/jpeg", exif=told(orientation)), "image/jpeg")
    assert opened(after).getexif().get(ORIENTATION, 1) == orientation


def test_progressive_scans_restarts_and_profiles_stay():
    for more in (
        {"progressive": True},
        {"restart_marker_blocks": 1},
        {"icc_profile": b"profile" * 40},
        {"quality": 100},
    ):
        before = saved("image/jpeg", exif=told(), comment=b"a comment", **more)
        after = without_metadata(before, "image/jpeg")
        assert opened(after).tobytes() == opened(before).tobytes()
        assert b"a comment" not in after
        assert opened(after).info.get("icc_profile") == more.get("icc_profile")


def test_texts_of_a_png_and_what_hangs_behind_a_picture_go():
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Secret Author")
    info.add_itxt("XML:com.adobe.xmp", "Secret Place")
    for media_type, more in (("image/png", {"pnginfo": info}), ("image/jpeg", {}), ("image/webp", {"lossless": True})):
        before = saved(media_type, **more) + b"Secret Film"
        assert b"Secret" not in without_metadata(before, media_type)


@pytest.mark.parametrize("media_type", TYPES)
def test_what_is_broken_off_anywhere_is_refused_or_harmless(media_type):
    whole = saved(media_type, exif=told())
    clean = without_metadata(whole, media_type)
    for length in range(len(whole)):
        with contextlib.suppress(Invalid):
            assert len(without_metadata(whole[:length], media_type)) <= len(whole)
    assert without_metadata(clean, media_type) == clean


def test_other_files_are_left_as_they_are():
    assert without_metadata(b"%PDF-1.7", "application/pdf") == b"%PDF-1.7"
