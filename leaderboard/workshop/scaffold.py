"""Makes a new challenge out of a working toy: its folder, its baselines, its manifest, and nothing else."""

import re
from pathlib import Path

import baselines
from challenges import spec
from challenges.files import write_atomically

BASELINES = Path(baselines.__file__).parent
TEMPLATE = Path(__file__).parent / "template"
PLACEHOLDER = "new_challenge"
ID = re.compile(r"[a-z][a-z0-9_]*")


def create(challenge_id: str) -> list[Path]:
    """Write a new challenge and return its files.

    Raises
    ------
    ChallengeError
        If the id is no lower-case Python name, or something of that name is there already.
    """
    if not ID.fullmatch(challenge_id):
        raise spec.ChallengeError(
            f"a challenge's id is made of a-z, 0-9 and _, and starts with a letter; got {challenge_id!r}"
        )
    places = {
        "baseline.py": BASELINES / f"{challenge_id}.py",
        "manifest.json": spec.MANIFESTS / f"{challenge_id}.json",
    }
    folder = spec.FOLDER / challenge_id
    # A folder hides the module of its name.
    namesakes = folder.with_suffix(".py"), BASELINES / challenge_id
    there = [str(path) for path in (folder, *namesakes, *places.values()) if path.exists()]
    if there:
        raise spec.ChallengeError(f"{challenge_id} would overwrite or hide {there}")
    written = []
    for source in sorted(TEMPLATE.rglob("*"), key=lambda path: path.name == "challenge.toml"):
        if source.is_file():
            path = places.get(source.name, folder / source.relative_to(TEMPLATE))
            write_atomically(path, source.read_bytes().replace(PLACEHOLDER.encode(), challenge_id.encode()))
            written.append(path)
    return written
