# %% id=shift
def double(number: int) -> int:
    return number << 1


# %% id=sum-of-two
def double(number):
    return sum((number, number))
