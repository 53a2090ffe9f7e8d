"""``python -m leaderboard`` is the command ``physathon``."""

import sys


def main() -> None:
    """Run the command line; whoever stops it while it is being loaded is back at the prompt, too."""
    try:
        from leaderboard.cli import main as run
    except KeyboardInterrupt:
        print("\nstopped before anything was done", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
