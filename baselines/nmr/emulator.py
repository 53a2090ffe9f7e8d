"""The simulator's echoes as smooth functions of the coupling: 3,456 are simulated in all, the others lie between."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import chebyshev

from challenges.nmr import simulate
from challenges.nmr.layout import GAUSS, RKKY

NODES = (24, 18, 4)  # how many echoes are simulated along each axis of the cube: mean field, strength, decay
COMPONENTS = 80  # of all that are simulated; what the others hold is far below any noise


@dataclass(frozen=True)
class Emulator:
    """Noise-free echoes of one form of coupling anywhere in the unit cube: products of Chebyshev's polynomials.

    The cube is that of `challenges.nmr.simulate.material_at`, but for its second axis, of which it is the root: where
    couplings are weak, echoes change fast with it.

    Attributes
    ----------
    form : str
    coefficients : ndarray, shape (nodes, components)
    nodes, simulated : ndarray, shapes (nodes, 3) and (nodes, components)
        Where echoes were simulated, and these.
    """

    form: str
    coefficients: np.ndarray
    nodes: np.ndarray
    simulated: np.ndarray

    def echoes(self, place: np.ndarray) -> np.ndarray:
        """Return the components of echoes at places, shape (n, components)."""
        return _products(*map(_polynomials, place.T, NODES)) @ self.coefficients

    def slopes(self, place: np.ndarray) -> np.ndarray:
        """Return how fast the components change along each axis, shape (n, 3, components)."""
        factors = [*map(_polynomials, place.T, NODES)]
        changed = [*map(_derivatives, place.T, NODES)]
        along = [[*factors[:axis], changed[axis], *factors[axis + 1 :]] for axis in range(3)]
        return np.stack([_products(*one) @ self.coefficients for one in along], axis=1)

    def material(self, place: np.ndarray) -> simulate.Material:
        """Return the couplings at places, shape (n, 3)."""
        return simulate.material_at(np.full(len(place), self.form), place ** [1, 2, 1])


def emulators() -> tuple[dict[str, Emulator], np.ndarray]:
    """Return an emulator for each form, and the axes of their components, orthonormal, shape (components, 942)."""
    return _emulators(NODES)


@cache
def _emulators(shape: tuple[int, ...]) -> tuple[dict[str, Emulator], np.ndarray]:
    lines = [(chebyshev.chebpts1(number) + 1) / 2 for number in shape]
    nodes = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 3)
    inverse = [np.linalg.inv(_polynomials(line, len(line))) for line in lines]
    bare = {form: Emulator(form, np.empty(0), nodes, np.empty(0)) for form in (GAUSS, RKKY)}
    echoes = {form: simulate.echoes(one.material(nodes)).reshape(len(nodes), -1) for form, one in bare.items()}
    axes = np.linalg.svd(np.concatenate([*echoes.values()]), full_matrices=False)[2][:COMPONENTS].astype(np.float64)
    found = {}
    for form, values in echoes.items():
        simulated = values @ axes.T
        grid = simulated.reshape(*shape, -1)
        coefficients = np.einsum("ai,bj,ck,ijkm->abcm", *inverse, grid, optimize=True).reshape(simulated.shape)
        found[form] = Emulator(form, coefficients, nodes, simulated)
    return found, axes


def _polynomials(x: np.ndarray, number: int) -> np.ndarray:
    """Return the first of Chebyshev's polynomials, stretched over 0 to 1, shape (n, number)."""
    return chebyshev.chebvander(2 * x - 1, number - 1)


def _derivatives(x: np.ndarray, number: int) -> np.ndarray:
    return 2 * _polynomials(x, number - 1) @ chebyshev.chebder(np.eye(number))


def _products(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Return all products of three factors, one of each, shape (n, nodes)."""
    return np.einsum("ni,nj,nk->nijk", first, second, third, optimize=True).reshape(len(first), -1)
