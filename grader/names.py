"""Which names a module uses without having them: found in its compiled code, without running it."""

from __future__ import annotations

import builtins
import dis
import types

_MODULE_NAMES = {"__name__", "__file__", "__doc__", "__annotations__", "__builtins__", "__spec__"}


def undefined(text: str) -> list[str]:
    """List the global names that a module reads and nowhere binds.

    Args:
        text: the module's text.

    Returns:
        the names in order of the alphabet. Names bound by `import *` are not known and are listed.

    Raises:
        SyntaxError: the text is not Python.
    """
    bound, read = _MODULE_NAMES | set(dir(builtins)), set[str]()
    waiting = [compile(text, "<module>", "exec", dont_inherit=True)]
    while waiting:
        code = waiting.pop()
        steps = [(step.opname, step.argval) for step in dis.get_instructions(code)]
        stored = {name for operation, name in steps if operation == "STORE_NAME"}
        bound |= {name for operation, name in steps if operation == "STORE_GLOBAL"}
        if code.co_name == "<module>":
            bound |= stored
        for operation, name in steps:
            # A class body stores and loads by the same operations as the module, but for itself.
            if operation == "LOAD_GLOBAL" or (operation == "LOAD_NAME" and name not in stored):
                read.add(name)
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return sorted(read - bound)
