# %% id=letters hint=letters-not-words
def shout(text: str) -> str:
    if not text:
        raise ValueError("no text")
    return text.upper() + "!" * double(len(text))


# %% id=no-refusal hint=empty-text
def shout(text: str) -> str:
    return text.upper() + "!" * double(len(text.split()))


# %% id=quiet hint=letters-not-words
def shout(text: str) -> str:
    if not text:
        raise ValueError("no text")
    return text + "!" * double(len(text.split()))


# %% id=once hint=letters-not-words
def shout(text: str) -> str:
    if not text:
        raise ValueError("no text")
    return text.upper() + "!"


# %% id=wrong-error hint=empty-text
def shout(text: str) -> str:
    if not text:
        raise KeyError("no text")
    return text.upper() + "!" * double(len(text.split()))
