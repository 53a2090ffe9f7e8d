"""What a team may be called: seen, kept in one form, and not to be taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.event import EventError
from leaderboard.people.teams import add_team, find_team
from leaderboard.store.team_names import TeamNameError, clean, look_alike, same

TAKEN = [
    "Muon Collective",
    "Zürich",
    "東京大学",
    "한국",
    "நியூட்ரினோ",
    "हिग्स",
    "Ḿuón",
    "\N{WOMAN}\u200d\N{ROCKET} Astro",
    "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
    "\N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW}",
    "1\ufe0f\N{COMBINING ENCLOSING KEYCAP} first",
    "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} yes",
]
REFUSED = {
    "": "at least one visible",
    " \u2003": "at least one visible",
    "\u3164": "at least one visible",
    "\u2800\u2800": "at least one visible",
    "\u0301": "at least one visible",
    "x" * 61: "at most 60 characters, got 61",
    "Muon\u3164": "HANGUL FILLER",
    "Mu\u200bon": "ZERO WIDTH SPACE",
    "Mu\u200don": "ZERO WIDTH JOINER",
    "\N{ROCKET}\u200d": "ZERO WIDTH JOINER",
    "Mu\ufe0fon": "VARIATION SELECTOR-16",
    "\ufe0fMuon": "VARIATION SELECTOR-16",
    "Muo\ufe01n": "VARIATION SELECTOR-2",
    "Muon\u034f": "COMBINING GRAPHEME JOINER",
    "\u202eMuon": "RIGHT-TO-LEFT OVERRIDE",
    "Mu\u00adon": "SOFT HYPHEN",
    "Muon\x07": r"U\+0007",
    "Muon\ud800": r"U\+D800",
    "e" + "\u0301" * 8: "more than 4 accents",
}


@pytest.mark.parametrize("name", TAKEN)
def test_names_of_every_script_and_joined_emoji_are_taken_as_they_are(name):
    assert clean(name) == name


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_can_see_or_what_runs_astray_is_named(name):
    with pytest.raises(TeamNameError, match=REFUSED[name]):
        clean(name)


@given(st.text())
def test_a_clean_name_stays_as_it_is_and_is_itself(name):
    try:
        kept = clean(name)
    except TeamNameError:
        return
    assert clean(kept) == kept
    assert same(kept, kept)
    assert look_alike(kept, kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Muon Collective", "muon  collective "),
        ("Zürich", "Zu\u0308rich"),
        ("Stra\u00dfe", "STRASSE"),
        ("Muon", "\uff2d\uff35\uff2f\uff2e"),
        ("\N{RADIOACTIVE SIGN} hot", "\N{RADIOACTIVE SIGN}\ufe0f hot"),
    ],
)
def test_one_name_written_otherwise_is_the_same(one, other):
    assert same(clean(one), clean(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boosted Tops", "B\u043e\u043est\u0435d T\u043eps"),
        ("PHOTON", "\u0420\u041d\u041e\u0422\u041eN"),
        ("Photon", "\u03a1hoton"),
        ("Ionic", "lonic"),
        ("Team 10", "Team lO"),
        ("muon", "rnuon"),
    ],
)
def test_letters_that_look_the_same_make_no_other_name(one, other):
    assert look_alike(one, other)
    assert not same(one, other)


@pytest.mark.parametrize(("one", "other"), [("Muon", "Tau"), ("Team 1", "Team 2"), ("naïve", "naive")])
def test_other_names_are_other_teams(one, other):
    assert not look_alike(one, other)


def test_a_twin_is_refused_by_the_name_it_would_be_taken_for(judge):
    with judge.store.write() as session:
        add_team(session, "Boosted  Tops")
        assert find_team(session, "boosted tops").name == "Boosted Tops"
        assert find_team(session, "B\u043eosted Tops") is None, "only who is meant is found"
        for twin in ("BOOSTED TOPS", "B\u043eosted Tops", "Boosted Tops\ufe0f"[:-1] + " "):
            with pytest.raises(EventError, match="there already is a team 'Boosted Tops'"):
                add_team(session, twin)
