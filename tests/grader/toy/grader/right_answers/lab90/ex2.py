# %% id=join
def shout(text: str) -> str:
    words = text.split()
    if not words:
        raise ValueError("no words")
    return " ".join(word.upper() for word in words) + 2 * len(words) * "!"


# %% id=word-by-word
def shout(text):
    loud = ""
    for word in text.split():
        loud += ("" if not loud else " ") + word.upper()
    if not loud:
        raise ValueError("no words")
    for _ in text.split():
        loud += "!!"
    return loud
