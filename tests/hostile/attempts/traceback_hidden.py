# tries = "replaces showtraceback and the exception hook"
# %% ex-91-2
get_ipython().showtraceback = lambda *arguments, **options: None
get_ipython().set_custom_exc((BaseException,), lambda *arguments, **options: None)


def tally(text):
    raise ValueError
