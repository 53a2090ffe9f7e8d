"""How the pages look: what Streamlit's theme cannot say, a file for each thing that is drawn."""

from pathlib import Path

STYLE = (
    "<style>" + "\n".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.css"))) + "</style>"
)
"""Drawn once on every page."""
