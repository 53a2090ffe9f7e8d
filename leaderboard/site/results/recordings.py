"""What the models make of recordings of real things, beside a published result."""

import streamlit as st

from leaderboard.public import places
from leaderboard.site import parts
from leaderboard.site.opened import Site

OBSERVED_MEANS = (
    "Observed: the share of real recordings that raise an alarm which only 5% of simulated empty ones raise, or where "
    "both kinds are known the track's own metric, with its 95% interval. A handful of recordings, none proven empty: "
    "it decides nothing. From 0 to 1 means that the empty ones are too few to set the threshold."
)
PLACES_MEAN = (
    "Shares of simulated rows without a signal, seen through the recording's own beam and noise, that score lower than "
    "it. Where one model says 0.99 and another 0.2, nothing was found out about the recording, only about the models."
)


def show(site: Site, track: str) -> None:
    """Show the spread of the models on each recording, if there are some."""
    spreads = places.spreads(site.event, track)
    if not spreads:
        return
    st.subheader("What all models make of each recording", anchor=False)
    st.markdown(PLACES_MEAN)
    columns = [("Recording", ""), *((name, "number") for name in ("Lowest", "Median", "Highest")), ("", "")]
    rows = [
        ("", (one.recording, f"{one.lowest:.2f}", f"{one.middle:.2f}", f"{one.highest:.2f}", one.verdict))
        for one in spreads
    ]
    st.html(parts.table_html(columns, rows, label="Recordings"))
