"""Quantum challenge baselines, none of which sees a gluon: a count, and a quantum, neural and linear autoencoder."""

from baselines.quantum.counting import fit_counting
from baselines.quantum.pca import fit_pca
from baselines.rungs import SEED, Baseline, Model
from challenges.dataset import Dataset


def fit_autoencoder(train: Dataset) -> Model:
    """Fit a small convolutional autoencoder; torch is imported only here."""
    from baselines.quantum.autoencoder import fit

    return fit(train, seed=SEED)


def fit_circuit(train: Dataset) -> Model:
    """Fit a quantum autoencoder of 8 qubits and 32 parameters; PennyLane is imported only here."""
    from baselines.quantum.circuit import fit

    return fit(train, seed=SEED)


def declare_circuit() -> str:
    """Return that very circuit in OpenQASM 3; PennyLane is imported only here."""
    from baselines.quantum.circuit import declaration

    return declaration()


LADDER = (
    Baseline("counting", "Number of lit crystals", "anomaly", fit_counting),
    Baseline(
        "circuit", "Quantum autoencoder (8 qubits)", "anomaly", fit_circuit, slow=True, declaration=declare_circuit
    ),
    Baseline("autoencoder", "Convolutional autoencoder", "anomaly", fit_autoencoder, slow=True),
    Baseline("pca", "Principal components of fourth roots", "anomaly", fit_pca),
)
