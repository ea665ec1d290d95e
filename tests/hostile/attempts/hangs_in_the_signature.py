# tries = "is a callable object whose signature never ends, before any call begins"
# %% ex-91-2
class Function:
    @property
    def __signature__(self):
        while True:
            pass

    def __call__(self, text):
        return {}


tally = Function()
