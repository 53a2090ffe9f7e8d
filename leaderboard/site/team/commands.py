"""What sends a file from a terminal, to be copied: the address is this event's, the token is not in it."""

from shlex import quote
from urllib.parse import urlencode

from challenges.spec import Track

TOKEN = "read -rs PHYSATHON_TOKEN && export PHYSATHON_TOKEN  # paste your token, once"
CIRCUIT = "circuit.qasm"
PICK = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"sha256\"])'"


def with_client(address: str, name: str, track: Track, file: str) -> str:
    """Return what one types in the folder of a kit.

    Parameters
    ----------
    address : str
        Where the event is served.
    name : str
        Of the track, in full.
    track : Track
    file : str
        Name of the file, whatever is in it.
    """
    circuit, there = f" --circuit {CIRCUIT}" if track.circuit else "", f"--url {quote(address)}"
    log_in = f"python submit.py login {there}  # asks for your token, once"
    return f"{log_in}\npython submit.py submit {_path(file)} --track {name}{circuit} --wait {there}"


def with_curl(address: str, name: str, track: Track, file: str) -> str:
    """Return what one types where nothing is installed; parameters as for `with_client`."""
    send = 'curl --fail-with-body -H "Authorization: Bearer $PHYSATHON_TOKEN" --data-binary'
    place, named = f"{address}/api/v1/tracks/{name}", urlencode({"filename": file})
    lines = [TOKEN]
    if track.circuit:
        lines.append(f"circuit=$({send} @{CIRCUIT} {quote(f'{place}/circuits')} | {PICK})")
    query = f"{quote(f'{place}/submissions?{named}')}" + ('"&circuit=$circuit"' if track.circuit else "")
    return "\n".join([*lines, f"{send} {_path(file, '@')} {query}"])


def _path(file: str, before: str = "") -> str:
    """Return a file's name as a shell takes it, also one that looks like an option."""
    return quote(f"{before}./{file}" if file.startswith("-") else f"{before}{file}")
