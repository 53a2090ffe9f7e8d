"""Renaissance baselines: which words an OCR got wrong, from letters and company; and its text, corrected."""

from baselines.renaissance.lines import NoisyChannel, fit_as_read
from baselines.renaissance.words import Letters, LettersAndCompany, fit_doubt
from baselines.rungs import Baseline
from challenges.renaissance.layout import TOKEN_ERRORS, TRANSCRIPTION

LADDER = (
    Baseline("confidence", "The OCR's own doubt", TOKEN_ERRORS, fit_doubt),
    Baseline("letters", "Letters, logistic regression", TOKEN_ERRORS, Letters),
    Baseline("company", "Letters, shape, company", TOKEN_ERRORS, LettersAndCompany),
    Baseline("as_read", "The OCR as it is", TRANSCRIPTION, fit_as_read),
    Baseline("noisy_channel", "Noisy channel", TRANSCRIPTION, NoisyChannel),
)
