"""The board of a track, as pages and API show it: table, progress, sentences. Of released values alone."""
