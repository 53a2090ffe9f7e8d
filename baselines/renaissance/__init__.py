"""Renaissance baselines: which words an OCR got wrong, from letters and company; and its text, corrected."""

from baselines.renaissance.lines import NoisyChannel, fit_as_read, fit_knowing_the_source
from baselines.renaissance.opinions import Hearing, fit_hearing_the_source
from baselines.renaissance.words import Letters, LettersAndCompany, fit_doubt
from baselines.rungs import Baseline
from challenges.renaissance.layout import TOKEN_ERRORS, TRANSCRIPTION

LADDER = (
    Baseline("confidence", "The OCR's own doubt", TOKEN_ERRORS, fit_doubt),
    Baseline("letters", "Letters, logistic regression", TOKEN_ERRORS, Letters),
    Baseline("company", "Letters, shape, company", TOKEN_ERRORS, LettersAndCompany),
    Baseline("language", "The same and language models, boosted trees", TOKEN_ERRORS, Hearing),
    Baseline("source", "The same, knowing a text of 1909", TOKEN_ERRORS, fit_hearing_the_source),
    Baseline("as_read", "The OCR as it is", TRANSCRIPTION, fit_as_read),
    Baseline("noisy_channel", "Noisy channel", TRANSCRIPTION, NoisyChannel),
    Baseline("source_channel", "Noisy channel, knowing a text of 1909", TRANSCRIPTION, fit_knowing_the_source),
)
