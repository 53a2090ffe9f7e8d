"""What the simulated disks show, one cause at a time, and beside a real one; ``python -m benchmarks
exoplanet_faithfulness``."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from baselines.exoplanet.features import binned, fitted_plane
from benchmarks import REAL_DATA, ROOT
from challenges.exoplanet.confounders import Confounders
from challenges.exoplanet.disk import Disk
from challenges.exoplanet.figure import draw, save, show
from challenges.exoplanet.layout import AU
from challenges.exoplanet.observation import Beam, View, noise_of
from challenges.exoplanet.observe import Observation, ObservationError, observe
from challenges.exoplanet.planets import Planets, gap
from challenges.exoplanet.simulate import Run, seen, simulate

REAL = REAL_DATA / "exoplanet"
HL_TAU = {"beam": (0.035, 0.022, 10.0), "name": "HL Tau"}  # ALMA Partnership, ApJ 808, L3 (2015); 233 GHz
PAGE = ROOT / "docs/evidence/exoplanet_faithfulness.md"
IMAGES = ROOT / "docs/evidence/images"
SEED, N, BESIDE = 20221220, 300, 60  # images, disks beside the real one
JUPITER = 9.546e-4  # solar masses
DISK = Disk(star_mass=1.0, gas_mass=0.08, size=120.0, slope=0.3, viscosity=1e-3, stokes=0.03, opacity=2.5)
VIEW = View(np.radians(35), np.radians(20), np.zeros(2))
CALM = Confounders(
    rings=np.empty((0, 3)),
    zonal=(0.0, 0.2, 0.0),
    cavity=(0.0, 1.0),
    crescent=(0.0, 60.0, 4.0, 1.0, 0.5),
    spiral=(0.0, 2, 0.25, 0.0),
    background=(0.0, 20.0, 30.0),
    sense=1.0,
)
CAUSES = {
    "rings and gaps": {"rings": np.array([[40, 4, -0.5], [75, 5, 0.5], [95, 5, -0.5]])},
    "zonal flows": {"zonal": (0.2, 0.3, 0.0)},
    "a cavity": {"cavity": (24.0, 0.02)},
    "a crescent": {"crescent": (1.6, 60.0, 4.0, 1.0, 0.5)},
    "gravitational spirals": {"spiral": (0.35, 3, 0.25, 0.0)},
    "a galaxy behind": {"background": (0.2, 95.0, 90.0)},
}


def one_planet(jupiters: float) -> Planets:
    """Return a planet at 60 au."""
    return Planets(*(np.array([value]) for value in (jupiters * JUPITER, 60.0, 0.9, 0.9, 0.3)), sense=1.0)


def picture(planets: Planets | None = None, **changes) -> tuple[np.ndarray, np.ndarray]:
    """Return the sky and the recording of one disk at one time."""
    run = Run(DISK, VIEW, replace(CALM, **changes), planets, 0.02)
    sky = run.sky(np.random.default_rng(1))
    return sky / sky.max(), seen(sky, Beam(0.045, 0.04, 0.4), 400, np.random.default_rng(2))


def figure_of(rows: int, columns: int, size: tuple[float, float]):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def draw_masses(path: Path) -> None:
    """Draw one disk with a planet of growing mass: the sky above, the recording below."""
    masses = (0.0, 0.1, 0.3, 1.0, 4.0)
    figure, axes = figure_of(2, len(masses), (11.5, 4.9))
    for column, mass in enumerate(masses):
        for axis, image in zip(axes[:, column], picture(one_planet(mass) if mass else None), strict=True):
            show(axis, image)
        axes[0, column].set_title(f"{mass:g} Jupiters at 60 au" if mass else "no planet", fontsize=10)
    axes[0, 0].set_ylabel("the sky", fontsize=10)
    axes[1, 0].set_ylabel("the recording", fontsize=10)
    save(figure, path)


def draw_causes(path: Path) -> None:
    """Draw one disk with each of the things that are no planets."""
    figure, axes = figure_of(1, len(CAUSES), (11.5, 2.3))
    for axis, (name, changes) in zip(axes[0], CAUSES.items(), strict=True):
        show(axis, picture(**changes)[1])
        axis.set_title(name, fontsize=9.5)
    save(figure, path)


def profile_of(image: np.ndarray) -> np.ndarray:
    """Return the mean brightness over rings one pixel wide, the disk turned face on."""
    image = image.astype(np.float64)
    plane = fitted_plane(np.arcsinh(image / (3 * noise_of(image))))
    return binned(np.hypot(*plane.places(len(image))), image)


def draw_beside(real: Observation, images: np.ndarray, path: Path) -> np.ndarray:
    """Draw a real disk, simulated ones at its signal-to-noise, and profiles; return the simulated profiles."""
    figure, axes = figure_of(1, 5, (11.5, 2.7))
    show(axes[0, 0], real.image)
    axes[0, 0].set_title(f"{real.facts['name']} (ALMA)", fontsize=10)
    rng = np.random.default_rng(4)
    noise = np.array([real.beam.noise(rng) for _ in images])
    noisy = images + noise / real.peak_over_noise
    profiles = np.array([profile_of(image) for image in images])
    brightest = np.argsort(-images.mean(axis=(1, 2)))[2:20:7]
    for axis, row in zip(axes[0, 1:4], noisy[brightest], strict=True):
        show(axis, row / row.max())
        axis.set_title("simulated, as noisy", fontsize=10)
    axis, r = axes[0, 4], AU * (np.arange(profiles.shape[1]) + 0.5)
    low, middle, high = np.quantile(profiles, [0.1, 0.5, 0.9], axis=0)
    axis.fill_between(r, low, high, color="#94a3b8", alpha=0.4, linewidth=0)
    axis.plot(r, middle, color="#475569", label="simulated")
    axis.plot(r, profile_of(real.image), color="#c2410c", label=real.facts["name"])
    axis.set(yscale="log", ylim=(3e-3, 1.2), xlim=(0, 140), xlabel="au")
    axis.set_title("brightness, peak = 1", fontsize=10)
    axis.legend(frameon=False, fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    save(figure, path)
    return profiles


def refused() -> list[str]:
    """Return what other samples are refused for."""
    found = []
    for path in sorted(REAL.glob("*.fits")):
        try:
            observe(path)
        except ObservationError as error:
            found.append(f"- `{path.name}`: {str(error).removeprefix(f'{path}')[2:]}")
    return found


def real_section() -> str:
    """Return the page's part about recordings; where there is none, one that says so."""
    path = REAL / "HL_Tau_band6_continuum.fits"
    if not path.is_file():
        return "No recording was there when this page was made.\n"
    seen = observe(path, **HL_TAU)
    draw_beside(seen, simulate(BESIDE, SEED + 1).features, IMAGES / "exoplanet_observed.png")
    facts = "\n".join(f"| {key} | {value:.3g} |" if isinstance(value, float) else f"| {key} | {value} |"
                      for key, value in seen.facts.items())  # fmt: skip
    return f"""![HL Tau beside simulated disks](images/exoplanet_observed.png)

HL Tau at 225 GHz, brought to the challenge's pixels and beam by `physathon challenge observe`, beside some of the
larger simulated disks under as much noise; to the right its brightness over radius, and that of {BESIDE} simulated
disks (median, 10 to 90%). What models make of it, among disks seen through its own beam and noise, is told in
[exoplanet_observed.md](exoplanet_observed.md). Credit: ALMA (ESO/NAOJ/NRAO).

| fact | |
| --- | --- |
{facts}

Others are refused, and the message says why:

{chr(10).join(refused())}
"""


def main() -> None:
    """Simulate, draw, and write the page and its pictures."""
    begin = time.process_time()
    data = simulate(N, SEED, workers=1)
    rate = N / (time.process_time() - begin)
    draw(data, ROOT / "challenges/exoplanet/exoplanet.png")
    draw_masses(IMAGES / "exoplanet_masses.png")
    draw_causes(IMAGES / "exoplanet_causes.png")
    h = float(DISK.aspect_ratio(np.array(60.0)))
    depths = ", ".join(
        f"{mass:g}: {gap(np.array([1.0]), mass * JUPITER, h, DISK.viscosity)[0][0]:.3f}"
        for mass in (0.1, 0.3, 1.0, 4.0)
    )
    PAGE.write_text(page(rate, depths, h), "utf-8")
    print(f"{rate:.0f} images/s of CPU time")


def page(rate: float, depths: str, h: float) -> str:
    """Return the page in Markdown."""
    return f"""# Planets in the making: how faithful the simulator is

`python -m benchmarks exoplanet_faithfulness` made this page (seed {SEED}). One core makes {rate:,.0f} images a second.
None of the original images, of smoothed particles and ray-traced dust, could be had: what follows is held against
formulas from the literature and against one real disk.

## What a planet does

![One disk with planets of growing mass](images/exoplanet_masses.png)

One disk (a star like the sun, α = {DISK.viscosity:g}, Stokes number {DISK.stokes:g}, a scale height of {h:.3f} of the
radius) with a planet at 60 au. Gas left in the gap in the end, by mass in Jupiters: {depths} (Kanagawa et al. 2015);
shape by Kanagawa et al. 2017; the wake's phase by Rafikov 2002. Dust leaves the gap more than gas, as far as it is
loosely bound, and piles up in a ring beyond, where the pressure has its peak. Wakes are plain on the sky, and wound so
tightly that the beam takes most of them.

## What looks alike

![The same disk without a planet](images/exoplanet_causes.png)

Each of these is drawn the same way whether or not a disk has planets, several at once: so none of them tells anything.

## Beside a real disk

{real_section()}
## Limits

- **Parametric, not hydrodynamic.** Gaps, rings and wakes are multiplied; planets do not feel each other, orbits are
  circles, nothing migrates. Gaps are held at the widths up to which their shape was simulated (K' of 1.5), and at 50 to
  100% of their final depth, since disks are young.
- The ring beyond a gap, how dust follows gas into a gap, and the wake's amplitude are simple functions with the right
  limits, not solutions; their constants were chosen by eye.
- Disks are flat, their dust one size, their temperature that of starlight at a fixed angle; nothing scatters.
- The telescope is a Gaussian beam and noise of one strength: no sidelobes, no missing spacings, no calibration error.
- Confounders are as frequent and as strong as the ladder needed: 1.5 rings or gaps of up to 40% of the dust, half a one
  of -97% to +200%, one broad excess or lack of it, 30% zonal flows, spirals in 30%, crescents in 25%. Nobody knows the
  true shares.
- Planets weigh 0.26 to 5 Jupiters. The original table goes down to 0.017: such planets leave no mark in this model, and
  would only lower what anybody can reach.
"""


if __name__ == "__main__":
    main()
