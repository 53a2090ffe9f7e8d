"""The page and the API. Nothing here can reach an answer."""
