"""Takes from Streamlit's drawings what is the same in all of them."""

from functools import cache

from streamlit import config


def keep_options() -> None:
    """Let each section of the options be gathered once: every drawing asks for seven, and that took a sixth of it.

    They are read from a file when the server starts, and nothing here sets any later.
    """
    gathered = cache(config.get_options_for_section)
    config.get_options_for_section = lambda section: dict(gathered(section))
