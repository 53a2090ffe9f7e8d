"""A field for a file, which goes to the event's own upload and not to Streamlit's: that keeps whole files in memory."""

import math
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from streamlit.components.v2 import component

from leaderboard.site.spool import Kind, Spool

HERE = Path(__file__).parent
HTML = """<div class="physathon-upload"><strong></strong>
<label><input type="file">Choose a file, or drop it here</label>
<p role="status"></p><progress max="1" value="0" aria-label="Sent so far" hidden></progress></div>"""

_field = component(
    "physathon_upload",
    html=HTML,
    css=(HERE / "upload.css").read_text("utf-8"),
    js=(HERE / "upload.js").read_text("utf-8"),
)


def upload(spool: Spool, track: str, kind: Kind, *, label: str, limit: int) -> str | None:
    """Draw the field of a track; return by which name the file lies in the spool, once it is there.

    What the field held before is let go as soon as something else is chosen, whatever becomes of that.
    """
    key = f"{kind} {track}"
    state = _field(
        key=key,
        data={
            "label": label,
            "url": f"/api/v1/tracks/{quote(track)}/files?kind={kind}",
            "limit": limit,
            "rule": f"no such file of this track has more than {megabytes(limit)}.",
        },
        on_file_change=lambda: None,
    )
    file = state.file if isinstance(state.file, str) else None
    before = st.session_state.get(f"{key} before")
    if before and before != file:
        spool.drop(before)
    st.session_state[f"{key} before"] = file
    return file


def megabytes(size: int) -> str:
    """Return a size in words, never less than it is.

    Examples
    --------
    >>> megabytes(2**22), megabytes(65536)
    ('4.2 MB', '0.1 MB')
    """
    return f"{math.ceil(size / 1e5) / 10:,} MB"
