"""Every badge shows whose look stands behind it: all cases of one pure function (product.md, «JdN certifiante…»)."""

import itertools

import pytest

from pod_app.badges.recognition.regard import REGARDS, Confirmed, regard

VOICES = ("person", "garden", "community", "elsewhere")
ABOUT = ("badge", "achievement", "issuer")
OWN = {"person": "peers", "garden": "garden", "community": "community", "elsewhere": "outside"}
ALONE = [(voice, False, OWN[voice]) for voice in VOICES] + [(voice, True, "self") for voice in VOICES]
# What one word about a badge, its achievement or its issuer counts as; None: nothing.
ABOUT_BADGE = {"person": "peers", "garden": "garden", "community": "community", "elsewhere": "peers"}
CERTIFIES = {"person": None, "garden": "garden", "community": "community", "elsewhere": "outside"}


def wider(*looks):
    return max((one for one in looks if one), key=REGARDS.index)


@pytest.mark.parametrize(("issuer", "to_oneself", "expected"), ALONE)
def test_without_a_word_of_others_the_issuer_alone_counts(issuer, to_oneself, expected):
    assert regard(issuer, to_oneself=to_oneself) == expected


@pytest.mark.parametrize(("issuer", "to_oneself", "voice"), list(itertools.product(VOICES, (False, True), VOICES)))
def test_a_word_about_the_badge_always_counts(issuer, to_oneself, voice):
    own = "self" if to_oneself else OWN[issuer]
    found = regard(issuer, to_oneself=to_oneself, confirmed=[Confirmed("badge", voice)])
    assert found == wider(own, ABOUT_BADGE[voice])


@pytest.mark.parametrize(("issuer", "voice"), list(itertools.product(VOICES, VOICES)))
def test_a_word_about_the_achievement_counts_for_what_a_group_gives(issuer, voice):
    expected = OWN[issuer] if issuer == "person" else wider(OWN[issuer], CERTIFIES[voice])
    assert regard(issuer, to_oneself=False, confirmed=[Confirmed("achievement", voice)]) == expected


@pytest.mark.parametrize(("issuer", "voice"), list(itertools.product(VOICES, VOICES)))
def test_a_word_about_the_issuer_counts_for_whatever_it_gives(issuer, voice):
    expected = wider(OWN[issuer], CERTIFIES[voice])
    assert regard(issuer, to_oneself=False, confirmed=[Confirmed("issuer", voice)]) == expected


@pytest.mark.parametrize(
    ("issuer", "voice", "about"), list(itertools.product(VOICES, VOICES, ("achievement", "issuer")))
)
def test_no_certification_lifts_what_one_says_of_oneself(issuer, voice, about):
    assert regard(issuer, to_oneself=True, confirmed=[Confirmed(about, voice)]) == "self"


def test_the_widest_look_wins_whatever_the_order():
    words = [Confirmed(about, voice) for about, voice in itertools.product(ABOUT, VOICES)]
    for some in itertools.permutations(words, 3):
        assert regard("garden", to_oneself=False, confirmed=some) == wider(
            "garden",
            *((ABOUT_BADGE if one.about == "badge" else CERTIFIES)[one.voice] for one in some),
        )
