"""Answers by the simulator itself: how likely is an echo with each coupling that could have made it?

Nothing is learnt from training echoes. The program that makes them is public and so is the crystal; what an echo looks
like without noise follows, and what noise does to it is known. The rest is Bayes' theorem, over the couplings that the
simulator draws: nothing that looks at echoes alone can do better. Of another crystal, such as that of the hackathon's
own files, it knows nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm, qmc

from baselines.nmr.emulator import Emulator, emulators
from baselines.rungs import SEED
from challenges.dataset import Dataset, as_array
from challenges.nmr.layout import GAUSS, NOISE, RKKY, SAMPLES

STEPS = 12  # to the most likely place
DRAWS, WIDER = 64, 1.3  # places tried around it, and how much further out than the likelihood reaches
AT_ONCE = 1000  # echoes


@dataclass(frozen=True)
class Posterior:
    """Couplings that may have made each of n echoes.

    Attributes
    ----------
    place : ndarray, shape (n, draws, 3)
        In the emulator's cube.
    weight : ndarray, shape (n, draws)
        How likely each is, adding to 1.
    evidence : ndarray, shape (n,)
        Logarithm of how likely the echo is in all, but for a constant that all forms share.
    """

    place: np.ndarray
    weight: np.ndarray
    evidence: np.ndarray


def posterior(emulator: Emulator, echoes: np.ndarray) -> Posterior:
    """Weigh the couplings of one form by how likely they make each of some echoes.

    From the most likely node, damped steps of Gauss and Newton lead to the most likely place. Around it the likelihood
    is nearly normal: places are drawn from a somewhat wider normal distribution, and weighed by likelihood over
    density (importance sampling), since it is not quite normal and ends where the cube does.

    Parameters
    ----------
    emulator : Emulator
    echoes : ndarray, shape (n, components)
        In units of the noise.

    References
    ----------
    K. Levenberg, Quarterly of Applied Mathematics 2, 164 (1944): damped steps. C. P. Robert and G. Casella, Monte Carlo
    Statistical Methods (2004), chapter 3: importance sampling.
    """
    place, curvature = _most_likely(emulator, echoes)
    normal = norm.ppf(qmc.Sobol(3, rng=SEED).random(DRAWS))
    spread = WIDER * np.linalg.cholesky(np.linalg.inv(curvature))
    drawn = place[:, None] + np.einsum("nij,dj->ndi", spread, normal)
    inside = ((drawn > 0) & (drawn < 1)).all(axis=2)
    drawn = np.clip(drawn, 1e-9, 1)
    apart = np.stack(
        [((emulator.echoes(one) / NOISE - echo) ** 2).sum(axis=1) for one, echo in zip(drawn, echoes, strict=True)]
    )
    # Strength is even over the square of the second axis.
    weight = np.where(inside, (normal**2).sum(axis=1) / 2 - apart / 2 + np.log(drawn[..., 1]), -np.inf)
    evidence = logsumexp(weight, axis=1) + np.linalg.slogdet(spread)[1]
    return Posterior(drawn, np.exp(weight - logsumexp(weight, axis=1, keepdims=True)), evidence)


def _most_likely(emulator: Emulator, echoes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places that fit best, shape (n, 3), and how sharply, the inverse of the covariance."""
    simulated = emulator.simulated / NOISE
    place = emulator.nodes[((simulated**2).sum(axis=1) - 2 * echoes @ simulated.T).argmin(axis=1)]
    rest = echoes - emulator.echoes(place) / NOISE
    damping = np.full((len(echoes), 1, 1), 0.01)
    for _ in range(STEPS):
        slopes, curvature = _slopes(emulator, place)
        downhill = slopes @ rest[..., None]
        step = np.linalg.solve(curvature * (1 + damping * np.eye(3)), downhill)[..., 0]
        tried = np.clip(place + step, 0, 1)
        left = echoes - emulator.echoes(tried) / NOISE
        better = (left**2).sum(axis=1) < (rest**2).sum(axis=1)
        place, rest = (np.where(better[:, None], new, old) for new, old in ((tried, place), (left, rest)))
        damping *= np.where(better, 0.2, 5)[:, None, None]
    return place, _slopes(emulator, place)[1]


def _slopes(emulator: Emulator, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    slopes = emulator.slopes(place) / NOISE
    # The cube is as wide as 1, whatever the echo tells.
    return slopes, slopes @ slopes.transpose(0, 2, 1) + np.eye(3)


@dataclass(frozen=True)
class LikelihoodRatio:
    """Bayes' factor of the two forms of coupling.

    Attributes
    ----------
    emulators : mapping of str to Emulator
    axes : ndarray, shape (components, 942)
    """

    emulators: Mapping[str, Emulator]
    axes: np.ndarray

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return the logarithm of how much likelier RKKY makes each echo than Gauss does, shape (n, 1)."""
        gauss, rkky = (
            np.concatenate([one.evidence for one in _posteriors(self.emulators[form], self.axes, echoes)])
            for form in (GAUSS, RKKY)
        )
        return (rkky - gauss)[:, None]


@dataclass(frozen=True)
class PosteriorMean:
    """What the couplings of one form, weighed by their likelihood, are on average.

    Attributes
    ----------
    emulator : Emulator
    axes : ndarray, shape (components, 942)
    """

    emulator: Emulator
    axes: np.ndarray

    def predict(self, echoes: np.ndarray) -> np.ndarray:
        """Return the geometric means of alpha, xi and d, shape (n, 3)."""
        answers = []
        for found in _posteriors(self.emulator, self.axes, echoes):
            material = self.emulator.material(found.place.reshape(-1, 3))
            logarithms = np.log([material.alpha, material.xi, material.d]).reshape(3, *found.weight.shape)
            answers.append(np.exp((logarithms * found.weight).sum(axis=2)).T)
        return np.concatenate(answers)


def _posteriors(emulator: Emulator, axes: np.ndarray, echoes: np.ndarray) -> Iterator[Posterior]:
    for part in np.array_split(echoes, -(-len(echoes) // AT_ONCE)):
        yield posterior(emulator, part.reshape(len(part), -1) @ axes.T / NOISE)


def fit_likelihood_ratio(train: Dataset) -> LikelihoodRatio:
    """Simulate what the likelihood ratio needs; training echoes have nothing to add to it."""
    return LikelihoodRatio(*_emulators_like(train))


def fit_posterior_mean(train: Dataset, form: str) -> PosteriorMean:
    """Simulate what the posterior mean of one form needs; training echoes have nothing to add to it."""
    every, axes = _emulators_like(train)
    return PosteriorMean(every[form], axes)


def _emulators_like(train: Dataset) -> tuple[dict[str, Emulator], np.ndarray]:
    samples = as_array(train.features).shape[2]
    if samples != SAMPLES:
        raise ValueError(f"the simulator makes echoes of {SAMPLES} samples, these have {samples}: it cannot judge them")
    return emulators()
