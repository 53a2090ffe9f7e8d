"""More to train on, where a challenge allows it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from challenges import spec
from leaderboard import cli
from leaderboard.public import files

RUNNER = CliRunner()


def asked(*arguments: str):
    return RUNNER.invoke(cli.app, ["challenge", "more", *arguments], env={"COLUMNS": "300"})


def test_more_rows_have_the_form_of_a_training_file_and_a_seed_that_repeats_them(tmp_path):
    told = asked("renaissance.token_errors", "--rows", "30", "--out", str(tmp_path / "first"))
    assert told.exit_code == 0, told.output
    track = spec.load("renaissance").tracks[0]
    made = files.read_labelled(tmp_path / "first", "renaissance.token_errors.more", track.targets)
    assert f"{len(made)} rows" in told.output
    seed = told.output.split("--seed ")[1].strip()
    again = asked("renaissance.token_errors", "--rows", "30", "--seed", seed, "--out", str(tmp_path / "second"))
    assert again.exit_code == 0, again.output
    same = files.read_labelled(tmp_path / "second", "renaissance.token_errors.more", track.targets)
    assert made.features.equals(same.features)
    np.testing.assert_array_equal(made.groups, same.groups)
    assert int(seed).bit_length() > 128
    assert [path.name for path in (tmp_path / "second").iterdir()] == ["renaissance.token_errors.more.parquet"]


def test_files_of_more_rows_share_no_group_with_each_other_or_with_the_kit(tmp_path):
    track = spec.load("renaissance").tracks[0]
    simulated = spec.load("renaissance").simulator(track)(30, 1)
    groups = [set(simulated.groups.tolist())]
    for seed in ("1", "2"):
        told = asked("renaissance.token_errors", "--rows", "30", "--seed", seed, "--out", str(tmp_path / seed))
        assert told.exit_code == 0, told.output
        more = files.read_labelled(tmp_path / seed, "renaissance.token_errors.more", track.targets)
        groups.append(set(more.groups.tolist()))
    assert len(set.union(*groups)) == sum(map(len, groups))
    assert min(groups[1]) == min(groups[0]) + 2**33


def test_nothing_is_overwritten_and_images_go_to_hdf5(tmp_path):
    assert asked("particle_images", "--rows", "5", "--out", str(tmp_path)).exit_code == 0
    before = (tmp_path / "particle_images.electron_photon.more.h5").read_bytes()
    again = asked("particle_images", "--rows", "5", "--out", str(tmp_path))
    assert isinstance(again.exception, spec.ChallengeError)
    assert "is there already" in str(again.exception)
    assert (tmp_path / "particle_images.electron_photon.more.h5").read_bytes() == before


@pytest.mark.parametrize(
    ("asking", "says"), [(["quantum"], "allows no training on more"), (["nmr"], "has several tracks, say which")]
)
def test_where_it_is_not_allowed_or_not_clear_it_says_so(tmp_path, asking, says):
    told = asked(*asking, "--rows", "5", "--out", str(tmp_path))
    assert isinstance(told.exception, spec.ChallengeError)
    assert says in str(told.exception)
    assert list(tmp_path.iterdir()) == []
