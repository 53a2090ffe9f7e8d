"""What every low-level summary of every track's default data knows of the label, against what it is allowed."""

from benchmarks import ROOT
from challenges import spec
from leaderboard.workshop import shortcuts

PAGE = ROOT / "docs/evidence/shortcuts.md"
SEED = 11
SHOWN = 8


def main() -> int:
    """Measure, write the page, and return 1 if a summary leads beyond its bound."""
    lines, leads = [], 0
    for challenge in map(spec.load, spec.available()):
        for track in filter(shortcuts.known_to, challenge.tracks):
            data = challenge.simulator(track)(track.sizes["default"].train, SEED)
            found = shortcuts.measured(track, data)
            leads += sum(one.is_open for one in found)
            for one in found[:SHOWN]:
                declared = f"{one.bound:g}" + (", physics" if one.name in track.shortcuts else "")
                cells = [challenge.full_name(track), f"`{one.name}`", f"{one.auc:.3f} ({one.low:.3f} – {one.high:.3f})"]
                lines.append(f"| {' | '.join([*cells, declared, 'LEADS BEYOND' if one.is_open else 'kept'])} |")
                print(lines[-1], flush=True)
    PAGE.write_text(f"""# What low-level summaries know

ROC-AUC (macro where there are several classes) of boosted trees on one summary alone, over the default training data
of seed {SEED}, each group answered by trees that never saw it; with its 95% interval. A summary stays below
{shortcuts.BOUND:g}, unless its track states a bound of its own because more is physics: the challenge's README says
which. Of every track the {SHOWN} best. Of a table every column is a summary, of a text its length.

| track | summary | AUC | allowed | |
|---|---|---|---|---|
{chr(10).join(lines)}

Made by `python -m benchmarks shortcuts`.
""")
    return 1 if leads else 0


if __name__ == "__main__":
    raise SystemExit(main())
