"""The API against its own description: whatever is asked is answered as OpenAPI says, and never by an error of ours."""

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.fire.serving import add_teams, served

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def answered_as_described(source: Path, folder: Path, *, examples: int = 60) -> str:
    """Let Schemathesis ask a served event everything that its description allows, and what it does not."""
    with served(source, folder) as one:
        (token,) = add_teams(folder, 1)
        address = f"http://127.0.0.1:{one.port}/api/v1"
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json"]
        command += ["--url", address, "--header", f"Authorization: Bearer {token}", "--phases", "coverage,fuzzing"]
        command += ["--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", "1", "--no-color"]
        found = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)
        assert found.returncode == 0, found.stdout
    generated = re.search(r"(\d+) generated", found.stdout)
    return f"{generated[1] if generated else 0} requests, each answered as described, none by an error of ours"
