"""What one could answer: a ladder of models for each challenge."""
