"""The event: teams, submissions, the judge, the board."""
