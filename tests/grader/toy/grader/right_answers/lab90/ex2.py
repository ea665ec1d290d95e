# %% id=join
def shout(text: str) -> str:
    words = text.split()
    if not words:
        raise ValueError("no words")
    return " ".join(word.upper() for word in words) + 2 * len(words) * "!"
