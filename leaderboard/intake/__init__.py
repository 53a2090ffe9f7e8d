"""What comes in: uploads, teams, circuits, and the receipts that go out."""
