# %% id=shift
def double(number: int) -> int:
    return number << 1
