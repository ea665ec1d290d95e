"""What a caller gives a server to read: files and variables, the same for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labkit.errors import StudentError


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one server, on top of what the kit and `stack/` say.

    Args:
        files: text of each file by its path inside the server's configuration folder, such as `"rules.yml"`.
        environment: variables for the server, such as the addresses that its configuration names.

    Raises:
        StudentError: a path leads out of the folder.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    # Tokens and passwords are among them.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in self.files:
            path = PurePosixPath(name)
            if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
                raise StudentError(f"{name!r} is not a path inside the server's folder.", "write it as rules.yml.")


def write_changed(folder: Path, files: Mapping[str, str]) -> None:
    """Write files for this user only, and leave those alone that are as they should be.

    A provider configures a server a second time when it knows the port: by then the server may be reading them.

    Args:
        folder: where to; made when it is missing.
        files: text of each file by its path inside.
    """
    for name, text in files.items():
        path = folder / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


NONE = Config()
"""Nothing beyond what the kit and `stack/` say."""


def read(service: str, main: str, given: Config | str | None) -> Config:
    """A caller's `config=` of one service as a `Config`.

    Args:
        service: its name, for the message.
        main: name of its main file; empty when the service takes no configuration.
        given: what the caller gave: a `Config`, or the text of the main file.

    Raises:
        StudentError: the service takes none, or it is neither of the two.
    """
    if given is None:
        return NONE
    if not main:
        raise StudentError(f"{service} takes no configuration.", f"leave {service} out of config=.")
    if isinstance(given, str):
        return Config({main: given})
    if not isinstance(given, Config):
        raise StudentError(f"The configuration of {service} is {type(given).__name__}, not text or Config.",
                           f'write config={{"{service}": text}} or config={{"{service}": Config(files=…)}}.')
    return given
