"""The event at a glance: standings over all tracks, a card for each challenge, news; for the page and the projector."""
