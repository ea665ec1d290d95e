# tries = "prints, warns, logs, displays and returns each input of a hidden call"
# %% ex-91-2
import logging
import os
import sys
import warnings

from IPython.display import display


def tally(text):
    print(text)
    print(text, file=sys.stderr)
    os.write(1, text.encode())
    os.write(2, text.encode())
    warnings.warn(text)
    logging.getLogger().error(text)
    display(text)
    sys.displayhook(text)
    sys.__stdout__.write(text)
    return text
