# %% id=adds hint=adds-two
def double(number: int) -> int:
    return number + 2


# %% id=squares hint=adds-two
def double(number):
    return number ** 2


# %% id=small-only hint=big-numbers
def double(number):
    return 2 * number if number < 100_000 else 0


# %% id=nothing hint=adds-two
def double(number):
    2 * number


# %% id=text hint=adds-two
def double(number):
    return str(number) * 2
