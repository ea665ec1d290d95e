# tries = "returns an object whose class has a lying name, module and method order"
# %% ex-91-2
class Meta(type):
    __name__ = property(lambda cls: open("/etc/passwd").read())
    __module__ = property(lambda cls: 5)
    __mro__ = property(lambda cls: (dict, object))

    def mro(cls):
        return [cls, object]

    def __subclasscheck__(cls, other):
        return True

    def __instancecheck__(cls, other):
        return True


class Odd(metaclass=Meta):
    pass


def tally(text):
    return Odd()
