"""The desk: what organisers run an event by. Its parts are modules with a function ``show``, listed in `contents`."""
