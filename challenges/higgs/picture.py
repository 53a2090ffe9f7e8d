"""One collision to look at."""

import numpy as np
import pandas as pd

from challenges.drawing import SIDE, Picture, svg, words
from challenges.higgs.layout import TARGET
from challenges.higgs.units import PHI_UNIT, UNIT

CENTRE, INNER, OUTER = SIDE / 2, 18.0, 138.0
MOST = 160.0  # GeV; what has more is drawn as long
HALF = 0.22  # rad, half of what a jet is drawn wide
LOOSE, TIGHT = 0.5, 1.8  # of the tag, which is 1.1 to 1.6 where it is loose, twice as much where it is tight


def draw(event: pd.Series, targets: pd.Series) -> Picture:
    """Draw one event as seen along the beam: the longer, the more transverse momentum."""
    body = "".join(
        f'<circle cx="{CENTRE:g}" cy="{CENTRE:g}" r="{radius:g}" fill="none" class="faint" {more}/>'
        for radius, more in ((INNER - 4, ""), (OUTER + 4, 'stroke-dasharray="2 5"'))
    )
    jets, told = "", []
    for number in (1, 2, 3, 4):
        pt, phi = _momentum(event, f"jet{number}_pt", f"jet{number}_phi")
        tag = float(event[f"jet{number}_btag"])
        colour, name = ("two", "b") if tag > LOOSE else ("one", "jet")
        fill = f'fill="var(--{colour})" fill-opacity="{0.85 if tag > TIGHT else 0.45}" stroke="var(--{colour})"'
        jets += f'<path d="{_wedge(pt, phi)}" {fill}/>' + _name(pt, phi, name)
        told.append(f"{pt:.0f} GeV" + (" (bottom tag)" if tag > LOOSE else ""))
    lepton, phi = _momentum(event, "lepton_pt", "lepton_phi")
    body += jets + f'<path d="{_line(lepton, phi)}" stroke="var(--three)" stroke-width="4"/>' + _name(lepton, phi, "ℓ")
    missing, phi = _momentum(event, "missing_energy_magnitude", "missing_energy_phi")
    body += f'<path d="{_line(missing, phi)}" class="ink" stroke-width="2.5" stroke-dasharray="6 4"/>'
    body += _head(missing, phi) + _name(missing, phi, "ν?")
    text = (
        f"Seen along the beam: jets of {', '.join(told)}; a lepton of {lepton:.0f} GeV; "
        f"{missing:.0f} GeV of transverse momentum are missing."
    )
    return Picture(svg(body), "Higgs signal" if int(targets[TARGET]) else "background: top-quark pair", text)


def _momentum(event: pd.Series, size: str, angle: str) -> tuple[float, float]:
    return max(float(event[size]) * UNIT[size], 0.0), float(event[angle]) * PHI_UNIT


def _end(pt: float) -> float:
    return INNER + (OUTER - INNER) * min(pt / MOST, 1)


def _place(radius: float, phi: float) -> tuple[float, float]:
    return CENTRE + radius * float(np.cos(phi)), CENTRE - radius * float(np.sin(phi))


def _wedge(pt: float, phi: float) -> str:
    far = _end(pt)
    (a, b), (c, d) = _place(INNER, phi - HALF / 2), _place(INNER, phi + HALF / 2)
    (e, f), (g, h) = _place(far, phi + HALF), _place(far, phi - HALF)
    return f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}L{e:.1f} {f:.1f}A{far:.1f} {far:.1f} 0 0 1 {g:.1f} {h:.1f}Z"


def _line(pt: float, phi: float) -> str:
    (a, b), (c, d) = _place(INNER, phi), _place(_end(pt), phi)
    return f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}"


def _head(pt: float, phi: float) -> str:
    far = _end(pt)
    points = (far + 7, phi), (far - 3, phi + 7 / max(far, 1)), (far - 3, phi - 7 / max(far, 1))
    ends = "L".join(f"{x:.1f} {y:.1f}" for x, y in (_place(radius, angle) for radius, angle in points))
    return f'<path d="M{ends}Z" fill="var(--ink)"/>'


def _name(pt: float, phi: float, name: str) -> str:
    x, y = _place(_end(pt) + 15, phi)
    return words(x, y + 5, name, size=14, more='text-anchor="middle"')
