"""Jets: cones around the hardest partons."""

import numpy as np

from challenges.higgs.collisions import JET_RADIUS, N_JETS


def cones(momenta: np.ndarray, flavour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gather partons into jets: a cone around the hardest that is left, moved once to the middle of what it holds.

    Parameters
    ----------
    momenta : ndarray, shape (4, n, k)
        Momenta in GeV of the partons of n collisions, zeros where there are fewer than k.
    flavour : ndarray of int8, shape (n, k)
        5 for bottom quarks, 4 for charm quarks, else 0.

    Returns
    -------
    jets : ndarray, shape (n, N_JETS, 3)
        Transverse momentum, pseudorapidity and azimuth, hardest first; zeros where there are fewer.
    flavour : ndarray of int8, shape (n, N_JETS)
        Of the heaviest quark in each.
    """
    n = flavour.shape[0]
    px, py, pz, _ = momenta
    pt = np.hypot(px, py)
    eta = np.arcsinh(pz / np.maximum(pt, 1e-9))
    phi = np.arctan2(py, px)
    left = pt.copy()  # zero for what is in a jet already
    row = np.arange(n)
    jets, flavours = np.zeros((n, N_JETS, 3)), np.zeros((n, N_JETS), np.int8)
    for jet in range(N_JETS):
        seed = left.argmax(1)
        some = left[row, seed] > 0
        middle_eta, middle_phi = eta[row, seed], phi[row, seed]
        for _ in range(2):
            away = np.abs(phi - middle_phi[:, None])
            away = np.minimum(away, 2 * np.pi - away)
            inside = (left > 0) & ((eta - middle_eta[:, None]) ** 2 + away**2 < JET_RADIUS**2)
            x, y, z = ((part * inside).sum(1) for part in (px, py, pz))
            size = np.hypot(x, y)
            found = inside.any(1)
            middle_eta = np.where(found, np.arcsinh(z / np.maximum(size, 1e-9)), middle_eta)
            middle_phi = np.where(found, np.arctan2(y, x), middle_phi)
        jets[:, jet] = np.stack([size, middle_eta, middle_phi], axis=1) * (some & found)[:, None]
        flavours[:, jet] = (flavour * inside).max(1)
        left[inside] = 0
        left[row, seed] = 0  # also where the cone has moved away from it
    order = np.argsort(-jets[:, :, 0], axis=1, kind="stable")
    return np.take_along_axis(jets, order[:, :, None], axis=1), np.take_along_axis(flavours, order, axis=1)
