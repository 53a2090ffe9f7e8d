"""What an attacker believes of the public rows: Gaussian, about how much each random direction gains on them."""

import numpy as np
from scipy.special import log_ndtr, ndtr

from benchmarks._attacked import Terrain

MISSED = 0.15
"""Share of a file's scale that a terrain does not explain."""

RUINED = 0.3
"""Standard error of what is lost by ruined rows, against the loss: they are few, and not all public."""

FINE = np.concatenate([[0.0], np.geomspace(1 / 64, 4, 60)])


def best_radius(terrain: Terrain, gain: float) -> float:
    """Return how far to go along a direction that is believed to gain so many standard deviations."""
    return max(FINE, key=lambda radius: terrain.mean(radius) + gain * terrain.scale(radius))


class Belief:
    """Means and covariance of what directions gain, in standard deviations of a random one; independent at first.

    A file is the model changed along ``sum c_j u_j`` for random directions ``u_j``, and ruined on some rows until it
    has lost ``h``: the vector ``(h, c_1, c_2, ...)``. With ``r = |c|`` its score is taken as ``mean(r) + scale(r) *
    sum(c_j z_j) / r + offset - h * loss``. The terrain gives mean and scale; z, the offset, which is the luck that all
    files share, and the loss, which is about 1, are believed.
    """

    def __init__(self, terrain: Terrain, room: int) -> None:
        self.terrain = terrain
        self.mean = np.zeros(room + 2)
        self.mean[1] = 1.0
        self.covariance = np.diag([terrain.error**2, 0.3**2, *np.ones(room)])

    def weights(self, files: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the level of files, shape (..., 1 + room), and what each believed number counts in them."""
        radius = np.linalg.norm(files[..., 1:], axis=-1)
        scale = self.terrain.scale(radius) / np.maximum(radius, 1e-12)
        parts = [np.ones((*radius.shape, 1)), -files[..., :1], scale[..., None] * files[..., 1:]]
        return self.terrain.mean(radius), np.concatenate(parts, axis=-1)

    def expected(self, files: np.ndarray) -> np.ndarray:
        """Return the scores that files are expected to have."""
        level, weights = self.weights(files)
        return level + weights @ self.mean

    def see(self, file: np.ndarray, value: float, blur: float) -> None:
        """Take in that a file has this value, to within a blur; what the terrain misses counts as noise."""
        level, weights = self.weights(file)
        noise = np.hypot(blur, MISSED * np.linalg.norm(weights[2:]))
        pull = self.covariance @ weights
        gain = pull / (weights @ pull + noise**2)
        self.mean = self.mean + gain * (value - level - weights @ self.mean)
        self.covariance = self.covariance - np.outer(gain, pull)

    def chances(self, files: np.ndarray, best: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
        """Return how likely files are to move a board that shows the best one, and how much their gains may vary."""
        short, _, spread = self._short(files, best, step)
        return ndtr(-short), spread

    def see_move(self, file: np.ndarray, best: np.ndarray, step: float, moved: bool) -> None:
        """Take in whether a file moved the board: the moments of a Gaussian that is cut off there."""
        short, change, spread = self._short(file, best, step)
        side = 1.0 if moved else -1.0
        # The density over the tail, by logarithms, so that the unlikely is no division by zero.
        hazard = float(np.exp(-0.5 * short**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-side * short)))
        pull = self.covariance @ change / spread
        self.mean = self.mean + side * hazard * pull
        self.covariance = self.covariance - hazard * (hazard - side * short) * np.outer(pull, pull)

    def _short(self, files: np.ndarray, best: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return by how many deviations files fall short of a move, what they change, and the deviation."""
        (level, weights), (known, others) = self.weights(files), self.weights(best)
        change = weights - others
        error = np.hypot(RUINED * change[..., 1], np.linalg.norm(change[..., 2:], axis=-1))
        margin = np.maximum(step, error)
        spread = np.sqrt(np.maximum(np.sum((change @ self.covariance) * change, axis=-1), 1e-18))
        return (margin - (level - known) - change @ self.mean) / spread, change, spread

    def best_file(self, trust: float = 0.6) -> np.ndarray:
        """Return the file that is believed to score best, if so much of its gain is true."""
        toward = self.mean[2:]
        length = float(np.linalg.norm(toward))
        radius = best_radius(self.terrain, trust * length)
        return np.concatenate([[0.0], toward * (radius / max(length, 1e-12))])
