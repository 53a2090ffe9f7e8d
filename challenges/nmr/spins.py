"""The motion of coupled spins 1/2 in a spin-echo experiment, many crystals at once."""

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from challenges.nmr.layout import DELAY, STEP

LARGEST_ANGLE = 0.8  # radians a step: within it the polynomials below are as precise as float32
DEGREE = 3


def echoes(
    detuning: np.ndarray, field: np.ndarray, decay: np.ndarray, *, step: float = STEP, delay: int = DELAY
) -> np.ndarray:
    """Return the mean transverse magnetisation after a 90° pulse about x and, `delay` steps later, 180° about y.

    Each spin turns about the sum of its detuning, along z, and of the mean field of all the others, in the plane:
    ``H_i = -detuning_i I_z - sum_j field(r_ij) (<I_x>_j I_x + <I_y>_j I_y)``, in the rotating frame. During a step the
    field is constant and the rotation exact, up to the precision of float32; the transverse parts then decay.

    Parameters
    ----------
    detuning : ndarray, shape (side, side)
        In radians per unit of time.
    field : ndarray, shape (side, side, n)
        The field that a spin feels from one at each distance, in radians per unit of time and of <I>; even along both
        axes, nothing at (0, 0).
    decay : ndarray, shape (n,)
        Rate at which transverse magnetisation is lost.
    step : float
        Time between two samples.
    delay : int
        Steps between the pulses; twice as many follow.

    Returns
    -------
    ndarray of float32, shape (n, 2, 3 * delay)
        Real and imaginary part of the mean of <I_x> + i <I_y>, after each step.

    Raises
    ------
    ValueError
        If a spin could turn by more than 0.8 in one step.

    References
    ----------
    S. Carr et al., arXiv:2110.06811: the mean-field model. O. Rodrigues (1840): rotations.

    Examples
    --------
    Spins that feel nothing of each other come back as they were.

    >>> free = echoes(np.array([[0.1, -0.2], [0.05, 0.0]]), np.zeros((2, 2, 1)), np.zeros(1), delay=10)
    >>> np.allclose(free[0, :, 19], [0, -0.5], atol=1e-6)
    True
    """
    _check_angles(detuning, field, step)
    side, n = len(detuning), field.shape[2]
    waves = _waves(side)
    spectrum = (step * np.fft.fft2(field, axes=(0, 1)).real).astype(np.float32)
    along_z = np.repeat((step * detuning).astype(np.float32)[..., None], n, axis=2)
    kept = np.exp(-step * decay).astype(np.float32)
    spins = np.zeros((3, side, side, n), np.float32)
    spins[1] = -0.5
    samples = np.empty((3 * delay, 2, n), np.float32)
    for number in range(3 * delay):
        if number == delay:
            spins[[0, 2]] *= -1
        turned = _turned((*spins,), (*_convolved(spins[:2], spectrum, waves), along_z))
        for spin, change in zip(spins, turned, strict=True):
            spin += change
        spins[:2] *= kept
        samples[number] = spins[:2].mean(axis=1).mean(axis=1)
    return np.ascontiguousarray(samples.transpose(2, 1, 0))


def _check_angles(detuning: np.ndarray, field: np.ndarray, step: float) -> None:
    most = step * np.hypot(np.abs(detuning).max(), np.abs(field).sum(axis=(0, 1)).max() / 2)
    if most > LARGEST_ANGLE:
        raise ValueError(f"expected spins to turn by at most {LARGEST_ANGLE} radians in a step, got up to {most:.3g}")


def _waves(side: int) -> np.ndarray:
    """Return Hartley's matrix: real, symmetric, its own inverse.

    Of a kernel that is even along both axes it makes a diagonal. Multiplied by it, all crystals are transformed at
    once; on small lattices that is faster than an FFT.
    """
    angle = 2 * np.pi * np.outer(np.arange(side), np.arange(side)) / side
    return ((np.cos(angle) + np.sin(angle)) / np.sqrt(side)).astype(np.float32)


def _convolved(values: np.ndarray, spectrum: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Return both components, shape (2, side, side, n), convolved with each crystal's kernel."""
    transformed = _transformed(values, waves)
    transformed *= spectrum
    return _transformed(transformed, waves)


def _transformed(values: np.ndarray, waves: np.ndarray) -> np.ndarray:
    along_columns = np.matmul(waves, values)
    rows = along_columns.reshape(2, len(waves), -1)
    return np.matmul(waves, rows).reshape(values.shape)


def _turned(spins: tuple[np.ndarray, ...], turn: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Return by how much each spin m changes that turns clockwise by w, exactly.

    ``sin|w| / |w| m×w + (1 - cos|w|) / |w|² (m×w)×w``
    """
    squared = turn[0] ** 2
    for component in turn[1:]:
        squared += component**2
    first = _cross(spins, turn)
    second = _cross(first, turn)
    sine, cosine = _value(SINE, squared), _value(COSINE, squared)
    for once, twice in zip(first, second, strict=True):
        once *= sine
        twice *= cosine
        once += twice
    return first


def _cross(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _polynomial(function) -> np.ndarray:
    """Return coefficients, the constant first, of what approximates a function of the squared angle."""
    domain = (0, LARGEST_ANGLE**2)
    return Chebyshev.interpolate(function, DEGREE, domain=domain).convert(kind=Polynomial).coef.astype(np.float32)


SINE = _polynomial(lambda squared: np.sinc(np.sqrt(squared) / np.pi))
COSINE = _polynomial(lambda squared: np.sinc(np.sqrt(squared) / (2 * np.pi)) ** 2 / 2)


def _value(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    value = coefficients[-1] * x
    for coefficient in coefficients[-2:0:-1]:
        value += coefficient
        value *= x
    value += coefficients[0]
    return value
