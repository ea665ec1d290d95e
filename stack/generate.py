"""Writes the configuration that the parts of the house make: `python -m stack.generate`. A test keeps it in step.

The server's files are committed, so that Compose and a person can read them without running anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stack.parts.automation import UPSTREAMS, nginx_config

STACK = Path(__file__).parent


def site() -> str:
    """The site of Nginx with the variables of its image's templates in place of addresses."""
    text = nginx_config({name: f"{name}:1" for name in UPSTREAMS})
    for name in UPSTREAMS:
        text = text.replace(f"server {name}:1;", f"server ${{{name.upper()}_UPSTREAM}};")
    return "# Made by `python -m stack.generate` from the part `automation`. Edit it there, not here.\n" + text


def files() -> Mapping[str, str]:
    """Text of every generated file by its path inside `stack/`."""
    return {"nginx/site.conf.template": site()}


def main() -> None:
    """Write them all."""
    for name, text in files().items():
        path = STACK / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"stack/{name}")


if __name__ == "__main__":
    main()
