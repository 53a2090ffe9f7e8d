"""How much probing gains on boards of exact, of rounded values, and on ours; ``python -m benchmarks attacks``.

Plays every attack of `benchmarks._attackers` on every track at default size, from an honest model and from chance;
plays each once more through intake, queue and judge, which must show the same; writes docs/evidence/attacks.md.
The holdouts are kept in PHYSATHON_ATTACKS, a folder, from one run to the next.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track as progress

from benchmarks import ROOT
from benchmarks._attacked import open_judge, targets
from benchmarks._played import (
    LIMITS,
    LONG,
    LONG_QUOTA,
    POOLED,
    QUOTA,
    SEEDS,
    SETTINGS,
    STARTS,
    Attacked,
    attacked,
    enough,
    law_of_size,
    on_the_real_road,
    units,
)
from challenges.spec import PUBLIC
from leaderboard.judge.judging import Judge
from scoring.planning import best_of, units_for

PAGE = ROOT / "docs/evidence/attacks.md"
IMAGE = ROOT / "docs/evidence/images/attacks.png"


def measure(judge: Judge, names: Sequence[str], seeds: int) -> tuple[list[Attacked], list[Attacked], list[str], int]:
    """Attack tracks; return what was gained, the same by the long quota, checks of the law of size, and files sent."""
    found, long, law, sent = [], [], [], 0
    for name in progress(names, "attacks"):
        begin = time.perf_counter()
        for start, target in sorted(targets(judge, name).items(), reverse=True):
            found.append(attacked(name, start, target, SETTINGS, seeds))
            sent += on_the_real_road(judge, target)
            if name in LONG:
                long.append(attacked(name, start, target, [("exact", 1, LONG_QUOTA), ("ours", 1, LONG_QUOTA)], 2))
                law.append(law_of_size(found[-1], seeds))
            for setting in SETTINGS:
                attack, best = found[-1].strongest(setting)
                print(f"{name} {start} {setting}: {attack} {found[-1].told(best.public)}", flush=True)
        print(f"{name}: {time.perf_counter() - begin:.0f} s", flush=True)
    return found, long, law, sent


def draw(found: Sequence[Attacked], path: Path) -> None:
    """Draw what the strongest attack gains on each board, as a share of the limit."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    looks = (
        (SETTINGS[0], "exact values, 30 files", "o", "#94a3b8"),
        (SETTINGS[1], "rounded values, 30 files", "s", "#64748b"),
        (SETTINGS[2], "ours, 30 files", "D", "#c2410c"),
        (SETTINGS[3], "ours, five teams of 30", ">", "#7c2d12"),
    )
    panels = figure.subplots(1, 2, sharey=True)
    names = list(dict.fromkeys(one.track for one in found))[::-1]
    for axis, start in zip(panels, STARTS, strict=True):
        ours = [one for one in found if one.start == start]
        for setting, label, marker, colour in looks:
            shares = [max(one.strongest(setting)[1].public / one.limit, 0.02) for one in ours]
            places = [names.index(one.track) for one in ours]
            axis.plot(shares, places, marker, color=colour, label=label, markersize=6)
        axis.axvline(1, color="#1e293b", linewidth=1)
        axis.set(xscale="log", xlim=(0.015, 40))
        in_auc, in_errors = LIMITS[start]
        axis.set_title(f"from {'an honest model' if start == 'honest' else start}", loc="left", fontsize=10.5)
        axis.set_xlabel(f"gain over the limit ({in_auc:g} AUC, {in_errors:g} standard errors)", fontsize=9)
        axis.grid(axis="y", color="#e2e8f0")
        axis.spines[["top", "right", "left"]].set_visible(False)
    panels[0].set_yticks(range(len(names)), names, fontsize=9)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9, frameon=False
    )
    figure.savefig(path, dpi=100, format="png", metadata={"Software": None})


def slices_table(found: Sequence[Attacked]) -> str:
    """Return what the public slices are, and what they would have to be."""
    lines = []
    for honest, chance in pairs(found):
        track, error = honest.target, chance.target.terrain.error
        at_chance = f"{error:.4f}"
        if honest.in_auc:
            at_chance = f"{error:.4f} | {error * best_of(QUOTA):+.3f} | {error * best_of(POOLED * QUOTA):+.3f}"
        else:
            at_chance += f" | {best_of(QUOTA):.2f} SE | {best_of(POOLED * QUOTA):.2f} SE"
        lines.append(
            f"| {honest.track} | {len(track.parts[PUBLIC][0]):,} | {units(track):,} | {track.step:g} | {at_chance} "
            f"| {honest.level:.4g} | {honest.target.terrain.error:.4f} |"
        )
    return "\n".join(lines)


def pairs(found: Sequence[Attacked]) -> list[tuple[Attacked, Attacked]]:
    """Return each track's attacks from an honest model and from chance."""
    by_start = {(one.track, one.start): one for one in found}
    return [(by_start[name, "honest"], by_start[name, "chance"]) for name in dict.fromkeys(one.track for one in found)]


def ours_table(found: Sequence[Attacked], start: str) -> str:
    """Return what the strongest attack gains on ours, against the limit, and how large a slice the limit asks for."""
    lines = []
    for one in (each for each in found if each.start == start):
        cells = [one.track, one.told(one.limit).lstrip("+")]
        for setting in (SETTINGS[2], SETTINGS[3]):
            attack, gain = one.strongest(setting)
            met = "" if gain.public <= one.limit else " **missed**"
            cells.append(f"{one.told(gain.public)}{met} ({attack}, private {one.told(gain.private)})")
        cells += [f"{units(one.target):,}", enough(one)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def all_table(found: Sequence[Attacked]) -> str:
    """Return every attack in every setting."""
    lines = []
    for one in found:
        for attack in dict.fromkeys(attack for attack, _ in one.gains):
            cells = [
                f"{one.told(gain.shown)} / {one.told(gain.public)} / {one.told(gain.private)}"
                for (name, _), gain in one.gains.items()
                if name == attack
            ]
            lines.append(f"| {one.track} | {one.start} | {attack} | {' | '.join(cells)} |")
    return "\n".join(lines)


def long_table(long: Sequence[Attacked]) -> str:
    """Return the strongest attacks by the quota of two weeks at twenty files a day."""
    lines = []
    for one in long:
        for setting in dict.fromkeys(setting for _, setting in one.gains):
            attack, gain = one.strongest(setting)
            told = f"{one.told(gain.public)} | {one.told(gain.private)}"
            lines.append(f"| {one.track} | {one.start} | {setting[0]} | {attack} | {told} |")
    return "\n".join(lines)


def page(
    found: Sequence[Attacked], long: Sequence[Attacked], law: Sequence[str], *, sent: int, seeds: int, minutes: float
) -> str:
    """Return the page in Markdown."""
    counted = {
        (start, setting): sum(one.strongest(setting)[1].public <= one.limit for one in found if one.start == start)
        for start in STARTS
        for setting in (SETTINGS[2], SETTINGS[3])
    }
    tracks = len(pairs(found))
    simple, pooled = (units_for(LIMITS["chance"][0], best_of(files)) for files in (QUOTA, POOLED * QUOTA))
    return f"""# What probing gains

`python -m benchmarks attacks` made this page in {minutes:.0f} minutes: {len(SETTINGS)} settings, every attack with
{seeds} seeds, on the {tracks} tracks at default size. Boards are played by the scorer's and the judge's own functions.
{sent:,} files of the same attacks went through intake, queue and judge, by two teams an attack: each value and each
*moved* was as simulated.

An attacker sees what a team sees: on a board of exact or rounded values the value of each file, on ours the best one's,
on the grid, and whether a file moved it. It does not know which rows are public; it is granted the rest (how many are
positive, which images are of one disk, what random changes do to a score). A quota is {QUOTA} files; five teams that
share all they learn have five.

![What the strongest attack gains](images/attacks.png)

Of each board the strongest attack; at the left edge what gains nothing.

## Against the limits

An attack should gain at most {LIMITS["honest"][0]:g} AUC from an honest model and {LIMITS["chance"][0]:g} from chance
({LIMITS["honest"][1]:g} and {LIMITS["chance"][1]:g} standard errors of the public slice for other metrics). Gains are
those of the value on the public slice, before it is rounded to the grid. On ours one quota keeps them to the limit on
{counted["honest", SETTINGS[2]]} of {tracks} tracks from an honest model and on {counted["chance", SETTINGS[2]]} from
chance, five pooled quotas on {counted["honest", SETTINGS[3]]} and {counted["chance", SETTINGS[3]]}. The true score of
an attacked model does not rise: on the private slice, which alone decides, it changes as the tables say. Their last
column is the size that the strongest attack asks for, in independent units (groups where rows are grouped), to first
order: "over" where there are fewer units than files, so that all was learned.

From an honest baseline:

| track | limit | ours, {QUOTA} files | ours, {POOLED} x {QUOTA} | public units | needed |
|---|---|---|---|---|---|
{ours_table(found, "honest")}

From chance (an answer without knowledge: random scores, the training mean, the picture or the reading as it is):

| track | limit | ours, {QUOTA} files | ours, {POOLED} x {QUOTA} | public units | needed |
|---|---|---|---|---|---|
{ours_table(found, "chance")}

## Public slices

The best of {QUOTA} random files lies {best_of(QUOTA):.2f} standard errors above their mean, of {POOLED} x {QUOTA}
{best_of(POOLED * QUOTA):.2f} (`scoring.planning.best_of`). Keeping *that* to {LIMITS["chance"][0]:g} AUC takes
{simple:,} and {pooled:,} units, half of them positive (`scoring.planning.units_for`). Attacks that add up what they
learn ask for more, above.

| track | public rows | units | step | SE at chance | best of {QUOTA} | of {POOLED} x {QUOTA} | honest score | its SE |
|---|---|---|---|---|---|---|---|---|
{slices_table(found)}

How gains shrink with size: with public and private slice exchanged, the strongest attack of five pooled quotas on ours.
To first order a gain from chance falls as the root of the number of units, one from an honest model as the number. On
small slices it falls more slowly, because all there is was learned; on large ones faster, because the step hides more.

| track | from | attack | rows | gain | rows | expected | gain |
|---|---|---|---|---|---|---|---|
{chr(10).join(law)}

## The attacks

- **Random files**: the best of many.
- **Boosting** (Blum & Hardt 2015): the sum of the random files that the board called good.
- **Hill climbing**: change the best file, keep what moves the board.
- **One-row probes**: change a row at a time; on our board a fresh team's first file shows its value.
- **Coin weighing** (Whitehill 2016): raise eight units above all others, which tie, and find the labels that give the
  very area shown. Exact areas give labels away; that most rows are not public makes it cost four times as much.
- **Staircase**: the strongest on ours. A team begins with a file that is known to be worse, and climbs: each file takes
  back a little of that and tries one new random direction, by as much as moves the board about every other time. Each
  *moved* then tells nearly as much of a direction as its value would; a larger margin only makes the climb shorter, for
  honest teams too. All that is learned goes into the last files. On boards of values it is a regression.

## The quota of two weeks, 20 a day

The strongest attacks with {LONG_QUOTA} files of one team, two seeds:

| track | from | board | attack | gain | private |
|---|---|---|---|---|---|
{long_table(long)}

## Everything

Gains of the value shown / of the value on the public slice / of the value on the private one.

| track | from | attack | exact, {QUOTA} | rounded, {QUOTA} | ours, {QUOTA} | ours, {POOLED} x {QUOTA} |
|---|---|---|---|---|---|---|
{all_table(found)}
"""


def main(*chosen: str) -> None:
    """Play everything and write the page; with names of tracks, and perhaps a number of seeds, only print theirs."""
    begin = time.perf_counter()
    seeds = next((int(one) for one in chosen if one.isdigit()), SEEDS)
    names = [one for one in chosen if not one.isdigit()]
    judge = open_judge()
    found, long, law, sent = measure(judge, names or judge.event.tracks(), seeds)
    text = page(found, long, law, sent=sent, seeds=seeds, minutes=(time.perf_counter() - begin) / 60)
    if names:
        print(text)
        return
    draw(found, IMAGE)
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
