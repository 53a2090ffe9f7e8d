"""How right, how real and how hard simulated lenses are; ``python -m benchmarks lensing_faithfulness`` writes docs."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from baselines.lensing.filters import Bicubic, fit_filter
from baselines.lensing.rings import brightness, unrolled
from baselines.lensing.trees import Trees, fit_xgboost
from benchmarks import REAL_DATA, ROOT
from challenges.dataset import Dataset
from challenges.lensing.camera import photographed
from challenges.lensing.cosmology import einstein_area
from challenges.lensing.deflectors import isothermal_ellipsoid, shear, truncated_isothermals
from challenges.lensing.figure import blank, draw, draw_pairs, show, write
from challenges.lensing.images import read_image
from challenges.lensing.layout import AXION, CDM, CLASSES, NO_SUB, SIDE, TARGET, stretched
from challenges.lensing.scene import draw_scene
from challenges.lensing.simulate import CAMERA, HIGH, LOW, SIGNAL_TO_NOISE, simulate
from challenges.lensing.substructure import FAINT, Bender, Clumps, Vortex, draw_clumps, draw_vortex, truncation
from scoring.images import psnr, ssim
from scoring.interval import interval
from scoring.multiclass import multiclass_auc
from scoring.roc import delong

REAL = REAL_DATA / "lensing"
PAGE = ROOT / "docs/evidence/lensing.md"
IMAGES = ROOT / "docs/evidence/images"
SEED = 20200401
N_TRAIN, N_TEST, N_NULL, N_PAIRS = 6000, 1500, 3000, 200
N_SHOWN = 400  # images for each point of the curves
HALF_LENGTHS = np.geomspace(0.1, 3.0, 7)  # arcsec
TOTALS = np.geomspace(3e9, 3e11, 7)  # solar masses
SAMPLES = (
    "lucasjose_no_sub.npy",
    "lucasjose_cdm.npy",
    "lucasjose_axion.npy",
    "virajvekaria_axion_euclid_image_000.npy",
)


def beside_lenstronomy() -> list[str]:
    """Return, for each kind of mass, how far deflections are from lenstronomy's; nothing where that is missing."""
    try:
        import lenstronomy
        from lenstronomy.LensModel.lens_model import LensModel
        from lenstronomy.Util.param_util import phi_q2_ellipticity, shear_polar2cartesian
    except ImportError:
        return []
    (e1, e2), (g1, g2), thin = phi_q2_ellipticity(0.4, 0.82), shear_polar2cartesian(0.7, 0.05), 1e-7
    clump = np.array([0.2 + 0.3j]), np.array([0.02]), np.array([0.11])
    kinds = {
        "ellipsoid": ("NIE", {"theta_E": 1.3, "e1": e1, "e2": e2, "s_scale": 1e-12},
                      lambda z: isothermal_ellipsoid(z, 1.3, 0.82, 0.4)),
        "shear": ("SHEAR", {"gamma1": g1, "gamma2": g2}, lambda z: shear(z, 0.05, 0.7)),
        "clump": ("PJAFFE", {"sigma0": 0.02 / (2 * thin * 0.11), "Ra": thin, "Rs": 0.11, "center_x": 0.2,
                             "center_y": 0.3}, lambda z: truncated_isothermals(z, *clump)),
    }  # fmt: skip
    lines = []
    for name, (model, settings, ours) in kinds.items():
        z = CAMERA.places
        x, y = LensModel([model]).alpha(z.real.ravel().astype(float), z.imag.ravel().astype(float), [settings])
        theirs = (x + 1j * y).reshape(z.shape)
        errors = [abs(ours(z.astype(kind)) - theirs).max() for kind in (complex, np.complex64)]
        lines.append(f"| {name} | lenstronomy {lenstronomy.__version__}, {model} | {errors[0]:.0e} | {errors[1]:.0e} |")
    return lines


def mesh_error() -> tuple[float, float]:
    """Return the error of the mesh, root mean square, beside the deflection by faint clumps and by all."""
    area, z = einstein_area(), CAMERA.places.astype(complex)
    clumps = draw_clumps(np.random.default_rng(SEED))
    light = clumps.masses < FAINT
    faint = Clumps(clumps.places[light], clumps.masses[light])
    exact, everything = (
        truncated_isothermals(z, some.places, area * some.masses, truncation(some.masses)) for some in (faint, clumps)
    )
    error = Bender(CAMERA.places, area).on_mesh(faint) - exact
    parts = [np.sqrt((abs(part) ** 2).mean()) for part in (error, exact, everything)]
    return parts[0] / parts[1], parts[0] / parts[2]


def observables(images: np.ndarray) -> dict[str, np.ndarray]:
    """Return numbers that describe a ring, one array of shape (n,) each."""
    light = np.clip(brightness(images), 0, None)
    radii = np.linspace(3, 31, 32)
    weight = unrolled(light) ** 2
    share = weight.sum(axis=2) / weight.sum(axis=(1, 2))[:, None]
    mean = share @ radii
    around = weight.sum(axis=1)
    return {
        "radius of the ring [pixels]": mean,
        "width of the ring [pixels]": np.sqrt(np.maximum(share @ radii**2 - mean**2, 0)),
        "faintest / brightest direction, squared light": around.min(axis=1) / around.max(axis=1),
        "noise of the sky / peak": brightness(images)[:, :5, :5].std(axis=(1, 2)),
    }


def read_real() -> np.ndarray | None:
    """Return the public real images, shape (n, 64, 64); None where they are not."""
    if not all((REAL / name).is_file() for name in SAMPLES):
        return None
    return stretched(np.stack([read_image(REAL / name, SIDE) for name in SAMPLES]))


def shown(bender: Bender, hide: Callable[[np.random.Generator], np.ndarray | None], seed: int) -> np.ndarray:
    """Return images of lenses that hide what a function draws."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(N_SHOWN):
        lens, source = draw_scene(rng)
        light = source.light(bender.behind(lens, hide(rng)))
        images.append(photographed(CAMERA.expose(light), rng.uniform(*SIGNAL_TO_NOISE["substructure"]), rng))
    return stretched(np.array(images))


def visibility(model: Trees, path: Path) -> None:
    """Draw how well trees tell vortices of each length, and clumps of each mass, from smooth halos."""
    bender = Bender(CAMERA.places, einstein_area())
    smooth = shown(bender, lambda rng: None, SEED)

    def vortex(half: float) -> Callable[[np.random.Generator], np.ndarray]:
        def hide(rng: np.random.Generator) -> np.ndarray:
            drawn = draw_vortex(rng)
            return bender.by_vortex(Vortex(drawn.place, drawn.mass, half, drawn.angle))

        return hide

    def clumps(total: float) -> Callable[[np.random.Generator], np.ndarray]:
        def hide(rng: np.random.Generator) -> np.ndarray:
            drawn = draw_clumps(rng)
            return bender.by_clumps(Clumps(drawn.places, drawn.masses * total / drawn.masses.sum()))

        return hide

    figure = blank(9.6, 3.3)
    panels = (
        (vortex, HALF_LENGTHS, AXION, "half-length of the vortex [arcsec]", (0.095, 3.0)),
        (clumps, TOTALS, CDM, "mass in clumps [solar masses]", (3e10, 6e10)),
    )
    for axis, (hide, values, kind, label, drawn) in zip(figure.subplots(1, 2), panels, strict=True):
        areas = [area(model, smooth, shown(bender, hide(value), SEED + 1), kind) for value in values]
        middle, low, high = np.array(areas).T
        axis.axvspan(*drawn, color="#e2e8f0", label="in the challenge")
        axis.errorbar(values, middle, (middle - low, high - middle), color="#b5367a", marker="o", markersize=4)
        axis.axhline(0.5, color="#94a3b8", linewidth=0.8)
        axis.set(xscale="log", xlabel=label, ylim=(0.42, 1.02))
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_title(f"{CLASSES[kind]} against {CLASSES[NO_SUB]}", fontsize=10.5, loc="left")
    figure.axes[0].set_ylabel("AUC of boosted trees")
    figure.axes[0].legend(frameon=False, loc="lower right")
    write(figure, path)


def area(model: Trees, smooth: np.ndarray, other: np.ndarray, kind: int) -> tuple[float, float, float]:
    """Return the AUC, and its 95% interval, of one class against no substructure."""
    chance = model.predict(np.concatenate([smooth, other]))
    label = np.repeat([0, 1], [len(smooth), len(other)])
    estimate = delong(label, chance[:, kind] / (chance[:, kind] + chance[:, NO_SUB]))
    low, high = interval(estimate)[0]
    return float(estimate.value[0]), float(low), float(high)


def one_against_the_rest(model: Trees, data: Dataset) -> str:
    """Return the AUC of each class against the others, and the mean, as text."""
    label, chance = data.targets[TARGET].to_numpy(), model.predict(data.features)
    found = [delong(label == kind, chance[:, kind]) for kind in range(len(CLASSES))]
    texts = [f"{name} {one.value[0]:.3f}" for name, one in zip(CLASSES, found, strict=True)]
    return f"{np.mean([one.value[0] for one in found]):.3f} ({', '.join(texts)})"


def by_size_alone(train: Dataset, test: Dataset) -> str:
    """Return the macro AUC, with its 95% interval, of trees that see the mean radius of the ring and nothing else."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    radii = [observables(data.features)["radius of the ring [pixels]"][:, None] for data in (train, test)]
    model = HistGradientBoostingClassifier(max_iter=40, random_state=1).fit(radii[0], train.targets[TARGET])
    estimate = multiclass_auc(test.targets[TARGET].to_numpy(), model.predict_proba(radii[1]))
    low, high = interval(estimate)[0]
    return f"{estimate.value[0]:.3f} ({low:.3f} to {high:.3f})"


def draw_answers(pairs: Dataset, answers: dict[str, np.ndarray], path: Path) -> None:
    """Draw what is given, what baselines make of it, and what is asked for, four lenses below each other."""
    columns = {"given": pairs.features, **answers, "asked for": pairs.targets}
    figure = blank(9.6, 7.4)
    axes = figure.subplots(3, len(columns))
    for column, (name, images) in enumerate(columns.items()):
        for row in range(3):
            show(axes[row, column], images[row], LOW if name == "given" else HIGH, bar=(row, column) == (2, 0))
        axes[0, column].set_title(name, fontsize=10.5, loc="left")
    write(figure, path)


def main() -> None:
    """Simulate, compare, and write the page and its pictures."""
    begin = time.process_time()
    test = simulate(N_TEST, SEED, track="substructure", workers=1)
    rate = N_TEST / (time.process_time() - begin)
    begin = time.process_time()
    pairs = simulate(N_PAIRS, SEED, track="super_resolution", workers=1)
    pair_rate = N_PAIRS / (time.process_time() - begin)
    draw(test, ROOT / "challenges/lensing/lensing.png")
    draw_pairs(pairs, ROOT / "challenges/lensing/lensing_super_resolution.png")
    train = simulate(N_TRAIN, SEED + 1, track="substructure")
    model = fit_xgboost(train)
    visibility(model, IMAGES / "lensing_visibility.png")
    null = simulate(2 * N_NULL, SEED + 2, track="substructure", signal=False)
    empty = fit_xgboost(null.take(np.arange(N_NULL)))
    answers = {"bicubic": Bicubic(), "linear filter": fit_filter(simulate(N_PAIRS, SEED + 1, track="super_resolution"))}
    answers = {name: one.predict(pairs.features) for name, one in answers.items()}
    draw_answers(pairs, answers, IMAGES / "lensing_answers.png")
    likeness = [
        f"| {name} | {psnr(pairs.targets, one).value[0]:.1f} | {ssim(pairs.targets, one).value[0]:.2f} |"
        for name, one in answers.items()
    ]
    PAGE.write_text(
        page(
            (rate, pair_rate),
            one_against_the_rest(model, test),
            by_size_alone(train, test),
            one_against_the_rest(empty, null.take(np.arange(N_NULL, 2 * N_NULL))),
            likeness,
            beside_real(test.features),
        ),
        "utf-8",
    )
    print(f"{rate:.0f} images/s and {pair_rate:.0f} pairs/s of CPU time")


def beside_real(simulated: np.ndarray) -> list[str]:
    """Return the table of simulated and real rings, or a word that there are no real ones."""
    real = read_real()
    if real is None:
        return [f"{REAL} has no real images; PHYSATHON_REAL_DATA names the folder of the real data."]
    ours, theirs = observables(simulated), observables(real)
    lines = ["| | simulated: 5%, median, 95% | " + " | ".join(name.removesuffix(".npy") for name in SAMPLES) + " |"]
    lines.append("| --- | ---: | " + " | ".join(["---:"] * len(SAMPLES)) + " |")
    for name, values in ours.items():
        quantiles = ", ".join(f"{value:.3g}" for value in np.quantile(values, [0.05, 0.5, 0.95]))
        lines.append(f"| {name} | {quantiles} | " + " | ".join(f"{value:.3g}" for value in theirs[name]) + " |")
    return lines


def page(rates: tuple[float, float], found: str, size: str, null: str, likeness: list[str], real: list[str]) -> str:
    """Return the page in Markdown."""
    faint, everything = mesh_error()
    compared = beside_lenstronomy()
    table = ["| mass | beside | double precision | as simulated |", "| --- | --- | ---: | ---: |", *compared]
    absent = ["lenstronomy was not installed in this run; the tests hold the deflections against numbers it gave."]
    newline = "\n"
    return f"""# Lensing: how right, how real, how hard

`python -m benchmarks lensing_faithfulness` made this page (seed {SEED}). One core makes {rates[0]:.0f} images a second
for `substructure` and {rates[1]:.0f} pairs a second for `super_resolution`.

## How right

The largest difference of deflections anywhere in the image, in arcsec; a pixel is {CAMERA.pixel} wide:

{newline.join(table if compared else absent)}

A mass of 1e12 suns at redshift 0.5 has an Einstein radius of {np.sqrt(1e12 * einstein_area()):.4f} arcsec for sources
at redshift 1, with astropy's distances. Clumps lighter than {FAINT:.0e} suns are brought onto a mesh: its error is
{100 * faint:.1f}% of their deflection and {100 * everything:.1f}% of that of all clumps, root mean square. A rod agrees
with a row of 2,000 points to 1e-5 arcsec.

## How hard

![AUC against length and mass](images/lensing_visibility.png)

Boosted trees on the ripples of the ring, trained on {N_TRAIN:,} images, reach a macro AUC of
{found} on {N_TEST:,} others. By
the mean radius of the ring alone trees reach {size}: within the Einstein radius hidden mass takes the
place of as much smooth mass.
The curves show the same trees on {N_SHOWN} images a point, half-length or mass fixed, all else drawn as in the
challenge (95% intervals). A vortex is seen best where its ends touch the ring. A short one inside steepens the lens and
narrows the ring, and may leave a faint image beside itself; one of middle length hides best, behind the freedom of
a smooth lens, as light clumps do. In null mode, where no halo hides anything, trees trained on {N_NULL:,} images reach
{null} on {N_NULL:,} others.

## Sharpening

![Given, two answers, asked for](images/lensing_answers.png)

| on {N_PAIRS} pairs | PSNR [dB] | SSIM |
| --- | ---: | ---: |
{newline.join(likeness)}

## Beside real files

Only these four of the files that others made with lenstronomy could be had, of another pixel width and with hardly any
noise; their labels are in their names.

{newline.join(real)}

Of the super-resolution set one pair could be had: a galaxy that is hardly lensed, and with the light of the lens in
it. It shows the shapes, that the sky lies at a tenth of the peak, and that values are only nearly within [0, 1].

## Limits

- **The lens does not shine.** In a real image its light has to be modelled and subtracted first.
- The galaxy behind is a smooth ellipse. Real ones have arms and knots, which hide substructure, and sharpen rings.
- One telescope: the blur is a Gaussian of one width. All lenses are at redshift 0.5, all sources at 1.
- Halo and vortex lie in one plane; nothing else lies along the line of sight. Hidden mass takes the place of smooth
  mass, so that all classes have the same Einstein radii; beyond these, and in how steeply mass falls, they differ.
- Clumps hold 3 to 6e10 suns within 2 arcsec, a few per cent of the lens. N-body simulations have less there: about 1%.
- A vortex is a rod of even density with the mass of a small galaxy. How a superfluid of axions would really rotate
  in a halo is not settled; the length of 0.06 arcsec at 1e-22 eV is that of DeepLenseSim, which makes such sets.
- DeepLenseSim's clumps are points with a flatter spectrum, dN/dM ~ M^-0.9, and its distances are luminosity distances,
  so that a mass bends light 0.6 times as much. Here clumps have an extent, the slope is -1.9, distances are angular.
- Real labels are public. Only simulated holdouts can be secret.
"""


if __name__ == "__main__":
    main()
