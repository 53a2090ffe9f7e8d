"""An event of default size as an organiser makes it: seconds, kits in bytes, and which teams its slices tell apart."""

import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from challenges import spec
from challenges.spec import PRIVATE, PUBLIC, Track
from challenges.streams import available_cores
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from scoring.estimate import effective_number
from scoring.planning import planned, resolvable_gap
from scoring.roc import ROC_AUC
from scoring.sealed.holdout import Holdout

PAGE = ROOT / "docs/evidence/sizes.md"
MB = 1e6


def gap(track: Track, holdout: Holdout, slice_name: str) -> str:
    """Return the smallest gap between two teams near the floor and near the reference that a slice tells."""
    if track.metric != ROC_AUC.name:
        return ""
    rows = holdout.rows(slice_name)
    positives = int((holdout.targets.iloc[rows, 0] == 1).sum())
    effect = len(rows) / units(holdout, slice_name)
    anchors = track.anchors.floor, track.anchors.reference
    return " / ".join(f"{resolvable_gap(planned(at, positives, len(rows) - positives, effect)):.3f}" for at in anchors)


def units(holdout: Holdout, slice_name: str) -> float:
    """Return how many independent units a slice is worth, at least: its groups, had each one answer."""
    return effective_number(np.unique(holdout.groups[holdout.rows(slice_name)], return_counts=True)[1])


def main() -> None:
    """Make the event, challenge by challenge, and write the page."""
    kits, slices, whole = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        event = Event.create(Path(folder) / "event", name="sizes", size="default")
        receipts.make_key(event)
        with closing(Judge(event, Vault(event, create=True))) as judge:
            for challenge in map(spec.load, event.config.challenges):
                start = time.perf_counter()
                prepare.simulate(judge, challenge.id)
                made = time.perf_counter()
                kit = build_kit(event, challenge.id)
                seconds, packing = made - start, time.perf_counter() - made
                whole += seconds
                kits.append(f"| {challenge.id} | {seconds:.1f} | {packing:.1f} | {kit.stat().st_size / MB:.1f} |")
                print(kits[-1], flush=True)
                for track in challenge.tracks:
                    holdout, size = judge.holdout(challenge.full_name(track)), track.sizes["default"]
                    cells = [challenge.full_name(track), f"{size.train:,}"]
                    for name in (PUBLIC, PRIVATE):
                        rows = f"{len(holdout.rows(name)):,}"
                        cells += [rows, f"{units(holdout, name):,.0f}", gap(track, holdout, name)]
                    slices.append(f"| {' | '.join(cells)} |")
    PAGE.write_text(f"""# An event of default size

All seven challenges, one after the other, each in {available_cores()} processes where it uses several:
{whole:.0f} s in all.

| challenge | data, s | kit, s | kit, MB |
|---|---|---|---|
{chr(10).join(kits)}

## What its slices tell apart

The smallest true gap between two teams that a slice finds four times in five, near the floor / near the reference
(`scoring.planning.resolvable_gap`: AUC, scores of two teams correlated by 0.5, every row of a group taken to tell the
same, which where rows are grouped is far on the safe side). Units are independent groups.

| track | training rows | public rows | units | gap | private rows | units | gap |
|---|---|---|---|---|---|---|---|
{chr(10).join(slices)}

Made by `python -m benchmarks sizes`.
""")


if __name__ == "__main__":
    main()
