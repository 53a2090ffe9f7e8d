"""The commands that make a cluster of the judge's own: a scheduler, and workers."""

from typing import Annotated

import typer

from leaderboard.cli.common import HERE, EventOption, judging

app = typer.Typer(no_args_is_help=True, help="The judge's own cluster: a scheduler of Dask, and its workers.")


@app.command()
def scheduler(
    event: EventOption = HERE,
    host: Annotated[str, typer.Option(help="Where it listens: an address that its workers reach.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8786,
) -> None:
    """Run the scheduler of the judge's cluster; only who has the vault's certificate gets in."""
    from leaderboard.judge import cluster

    with judging(event) as found:
        own = found.event, found.vault
    cluster.become_scheduler(*own, host, port)


@app.command()
def worker(
    scheduler: Annotated[str, typer.Argument(metavar="ADDRESS", help="For example tls://10.0.0.7:8786.")],
    event: EventOption = HERE,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Run workers of the judge's cluster, where event and vault lie under the same paths as at the judge."""
    from leaderboard.judge import cluster

    with judging(event) as found:
        own = found.event, found.vault
    cluster.become_workers(*own, scheduler, workers)
