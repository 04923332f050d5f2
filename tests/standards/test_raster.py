"""The head of a picture tells its size before anything decodes it."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pod_app.errors import PodAppError, Unreadable, UnsupportedMediaType
from pod_app.standards.raster import Raster, look


def picture(kind, size=(30, 20), **more):
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_size_and_type_are_read(kind, media_type):
    assert look(picture(kind)) == Raster(media_type, 30, 20)


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_photo_says_how_it_was_held(orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert look(picture("JPEG", exif=exif)).turn == turn


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"RIFF....WEBP", b"\x89PNG"])
def test_other_kinds_are_refused_in_words(data):
    with pytest.raises(UnsupportedMediaType):
        look(data)


@pytest.mark.parametrize("end", [3, 4, 20])
def test_a_photo_that_is_cut_off_is_broken(end):
    with pytest.raises(Unreadable):
        look(picture("JPEG")[:end])


@given(st.binary(max_size=300), st.sampled_from(["PNG", "JPEG"]), st.integers(0, 200))
def test_whatever_is_sent_is_a_size_or_a_sentence(noise, kind, at):
    spoilt = bytearray(picture(kind))
    spoilt[at : at + len(noise)] = noise
    with contextlib.suppress(PodAppError):
        assert look(bytes(spoilt)).width > 0
