"""The borders between the parts: imports, processes, tables."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.responses import PlainTextResponse
from typer.testing import CliRunner

from leaderboard import cli, serve
from leaderboard.event import VAULT_VARIABLES, EventError
from leaderboard.judge import raw_scores
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.people import teams
from leaderboard.site.web import WallBroken, Walled
from leaderboard.store import tables
from leaderboard.store.database import Database
from tests.support import ROOT, add_team, answers, free_port, prediction_file

CONTRACTS = {
    "one-way": "Imports point one way",
    "rooms": "stand one above the other",
    "wall": "Only the judge's side opens",
    "reach": "however far around",
}


def lint_imports(folder):
    """Return which contracts of the code in a folder are broken, and what was said."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"COLUMNS": "300"})
    lines = [line for line in run.stdout.splitlines() if line.endswith((" KEPT", " BROKEN"))]
    assert len(lines) == len(CONTRACTS), run.stdout + run.stderr
    return {name for name, words in CONTRACTS.items() for line in lines if words in line and line.endswith("BROKEN")}


def test_imports_keep_to_the_contracts():
    assert lint_imports(ROOT) == set()


@pytest.mark.parametrize(
    ("module", "broken"),
    [
        ("leaderboard/peek.py", {"rooms", "wall"}),
        ("leaderboard/site/peek.py", {"wall", "reach"}),
        ("leaderboard/intake/peek.py", {"wall", "reach"}),
        ("scoring/peek.py", {"wall"}),
        ("baselines/peek.py", {"one-way", "wall", "reach"}),
    ],
)
def test_a_new_module_that_peeks_is_inside_the_wall_by_the_folder_it_lies_in(tmp_path, module, broken):
    for package in ("challenges", "baselines", "scoring", "leaderboard"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=lambda _, names: {n for n in names if n == "__pycache__"}
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(
        "def peek():\n    from scoring.sealed.holdout import Holdout\n\n    return Holdout\n"
    )
    assert lint_imports(tmp_path) == broken


def test_what_is_served_never_loads_what_has_seen_a_label_and_no_drawing_library_before_a_figure_is_asked_for():
    code = (
        "import sys; from importlib import import_module; from pathlib import Path\n"
        "for room in ('site', 'intake', 'kit', 'public', 'store'):\n"
        "    for path in Path('leaderboard', room).rglob('*.py'):\n"
        "        if 'migrations' not in path.parts:\n"
        "            import_module('.'.join(path.with_suffix('').parts))\n"
        "import leaderboard.ghosts, leaderboard.board, leaderboard.serve\n"
        "from leaderboard.site.web import BEHIND_THE_WALL\n"
        "print(sorted((BEHIND_THE_WALL | {'matplotlib'}) & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


@pytest.mark.parametrize("module", ["leaderboard.judge", "scoring.sealed"])
def test_a_running_web_that_has_loaded_what_opens_the_vault_serves_nothing(module, monkeypatch):
    async def page(scope, receive, send):
        await PlainTextResponse("a page")(scope, receive, send)

    for name in [name for name in sys.modules if name.startswith(("leaderboard.judge", "scoring.sealed"))]:
        monkeypatch.delitem(sys.modules, name)
    client = TestClient(Walled(page))
    assert client.get("/").text == "a page"
    monkeypatch.setitem(sys.modules, module, ModuleType(module))
    with pytest.raises(WallBroken, match=module):
        client.get("/")


def test_the_web_serves_everything_without_vault_and_key(judge, monkeypatch, tmp_path):
    build_kit(judge.event, "higgs")
    add_team(judge)
    judge.vault.folder.rename(tmp_path / "elsewhere")
    for variable in VAULT_VARIABLES:
        monkeypatch.setenv(variable, "must not reach the web process")
    port = free_port()
    web = serve.start_web(judge.event, "127.0.0.1", port)
    try:
        serve.wait_until_up("127.0.0.1", port, web)
        environment = Path(f"/proc/{web.pid}/environ")
        if environment.exists():
            assert b"PHYSATHON_EVENT" in environment.read_bytes()
            assert b"PHYSATHON_VAULT" not in environment.read_bytes()
        for path in ("/", "/api/event", "/api/tracks/higgs/board", "/api/kits/higgs.zip", "/api/receipts.pem"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                assert answer.status == 200
        with pytest.raises(EventError, match=f"cannot serve on 127.0.0.1:{port}"):
            serve.start_web(judge.event, "127.0.0.1", port)
    finally:
        web.terminate()
        web.wait()


def test_the_vault_is_closed_to_others_and_needs_its_key(judge, monkeypatch):
    folder = judge.vault.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    folder.chmod(0o755)
    with pytest.raises(EventError, match="expected mode 0700"):
        Vault(judge.event)
    folder.chmod(0o700)
    (folder / "key").write_text("short")
    with pytest.raises(EventError, match="64 hexadecimal digits"):
        Vault(judge.event)
    (folder / "key").unlink()
    with pytest.raises(EventError, match="has no key"):
        Vault(judge.event)
    monkeypatch.setenv("PHYSATHON_VAULT", str(folder / "none"))
    with pytest.raises(EventError, match="no vault at"):
        Vault(judge.event)


@pytest.mark.parametrize(("name", "base"), [("event", tables.Base), ("judge", raw_scores.Base)])
def test_migrations_one_by_one_make_the_tables_that_an_empty_database_gets_at_once(tmp_path, name, base):
    versions = []
    for file, newest in (("migrated", None), ("new", base.metadata)):
        database = Database(f"sqlite:///{tmp_path / file}.sqlite", name)
        database.migrate(newest)
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection)
            versions.append(context.get_current_heads())
            assert compare_metadata(context, base.metadata) == []
        database.close()
    assert versions[0] == versions[1] != ()


def test_writers_wait_for_each_other_instead_of_failing(judge):
    code = (
        "import sys; from pathlib import Path; from leaderboard.event import Event;"
        "from leaderboard.people import teams;"
        "from leaderboard.store.database import open_store; from leaderboard.store.tables import Team;"
        "database = open_store(Event(Path(sys.argv[1])))\n"
        "for number in range(40):\n"
        "    with database.write() as session:\n"
        "        session.query(Team).count(); teams.add_team(session, f'{sys.argv[2]} {number}')\n"
        "database.close()"
    )
    folder = str(judge.event.folder)
    processes = [subprocess.Popen([sys.executable, "-c", code, folder, name], cwd=ROOT) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with judge.store.read() as session:
        assert session.execute(text("SELECT count(*) FROM teams")).scalar() == 120


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["board", "--event", "/nowhere"], "no event at /nowhere"),
        (["check", "none.csv"], "there is no file none.csv"),
        (["score", "nmr", "x.csv"], "no challenge 'nmr'"),
        (["publish"], "not finalized"),
        (["finalize"], "the event closes at"),
        (["reveal"], "not published"),
        (["rescore", "higgs"], "either --labels FILE or --roll-back"),
        (["rescore", "higgs", "--roll-back"], "on its first holdout"),
        (["simulate"], "has its data already"),
        (["init"], "already holds an event"),
    ],
)
def test_the_command_line_names_what_is_wrong(judge, arguments, says, monkeypatch, capsys):
    if "--event" not in arguments:
        place = [str(judge.event.folder)] if arguments == ["init"] else ["--event", str(judge.event.folder)]
        arguments = [*arguments, *place]
    monkeypatch.setattr(sys, "argv", ["physathon", *arguments])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_lost_token_is_replaced_and_the_old_one_stops_working(judge):
    place = ["--event", str(judge.event.folder)]
    old = CliRunner().invoke(cli.app, ["team", "add", "Boosted Tops", *place]).output.strip()
    new = CliRunner().invoke(cli.app, ["team", "token", "boosted tops", *place]).output.strip()
    with judge.store.read() as session:
        assert teams.token_of(session, new).team.name == "Boosted Tops"
        with pytest.raises(teams.TokenRefused, match="not known here"):
            teams.token_of(session, old)


def test_check_and_board_need_no_vault(judge, tmp_path):
    path = tmp_path / "good.csv"
    path.write_bytes(prediction_file(judge, answers(judge)))
    judge.vault.folder.rename(tmp_path / "elsewhere")
    run = CliRunner().invoke(cli.app, ["check", str(path), "--event", str(judge.event.folder)])
    assert run.exit_code == 0
    assert "600 rows" in run.output
    assert CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)]).exit_code == 0
