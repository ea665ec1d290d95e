"""What the core takes: code, memory of a node, and the deepest stack; of this computer's processor, not of an ESP32.

The stack is the longest path through the calls that the compiler wrote down (-fcallgraph-info=su, files *.ci). A call
through a port leads out of the core: there the path ends, since what lies behind it is the adapter's.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
STACK = re.compile(r"\\n(\d+) bytes \((static|dynamic|dynamic,bounded)\)")


def call_graph(objects: list[Path]) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Read what each function takes of the stack, and whom it calls.

    Raises:
        SystemExit: a function's need is not known before it runs (an array of variable length).
    """
    takes: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for path in objects:
        text = path.with_suffix(".ci").read_text()
        for title, label in NODE.findall(text):
            if found := STACK.search(label):
                if found[2] == "dynamic":  # "dynamic,bounded" states the most that it can be
                    sys.exit(f"{title}: its stack is {found[2]}, so no worst case can be given")
                takes[title] = int(found[1])
        for source, target in EDGE.findall(text):
            calls.setdefault(source, set()).add(target)
    return takes, calls


def deepest(
    name: str, takes: dict[str, int], calls: dict[str, set[str]], above: tuple[str, ...] = ()
) -> tuple[int, tuple[str, ...]]:
    """Return the bytes of the deepest path below a function, and the path.

    Raises:
        SystemExit: a function calls itself, on whatever way: then there is no deepest path.
    """
    if name in above:
        sys.exit(f"{' -> '.join((*above, name))}: a function that calls itself has no worst case")
    below: tuple[int, tuple[str, ...]] = (0, ())
    for called in calls.get(name, ()):
        if called in takes:
            below = max(below, deepest(called, takes, calls, (*above, name)))
    return takes[name] + below[0], (name, *below[1])


def main(sizes: Path, objects: list[Path]) -> None:
    """Print the sizes.

    Args:
        sizes: the program of tools/sizes.cpp.
        objects: the core's object files, each with its call graph (*.ci) beside it.
    """
    table = subprocess.run(["size", *map(str, objects)], capture_output=True, text=True, check=True).stdout
    rows = [[int(number) for number in line.split()[:3]] for line in table.splitlines()[1:]]
    node, readings = subprocess.run([sizes], capture_output=True, text=True, check=True).stdout.split()
    takes, calls = call_graph(objects)
    # What the main loop calls, and what the transport calls from within `poll`, on top of it.
    entries = [name for name in takes if re.search(r"node4Node\d+(poll|on_\w+?)E", name)]
    poll = next(name for name in entries if "4poll" in name)
    events = [name for name in entries if name != poll]
    paths = [deepest(poll, takes, calls)]
    paths += [(takes[poll] + size, (poll, *path)) for size, path in (deepest(event, takes, calls) for event in events)]
    size, path = max(paths)
    named = subprocess.run(["c++filt"], input="\n".join(path), capture_output=True, text=True, check=True).stdout
    print(f"code and constants: {sum(sum(row) for row in rows):,} bytes")
    print(f"one node: {int(node):,} bytes, {readings} readings buffered")
    print(f"deepest stack: {size:,} bytes")
    for line in named.splitlines():
        print(f"    {line.split('(')[0].split('cpp:')[-1]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
