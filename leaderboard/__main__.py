"""``python -m leaderboard`` is the command ``physathon``."""

from leaderboard.cli import main

main()
