"""The files that Mosquitto is started with, made from the settings of `stack/mosquitto/mosquitto.conf`."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence

_ITERATIONS = 101
"""Rounds of PBKDF2 in a password file: the default of mosquitto_passwd(1)."""


def password_line(user: str, password: str, salt: bytes | None = None) -> str:
    """A line of a password file, in the format of mosquitto_passwd(1): `user:$7$rounds$salt$hash`, PBKDF2-SHA512.

    Args:
        user: user name.
        password: its password.
        salt: 12 bytes; None takes random ones.
    """
    salt = os.urandom(12) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"{user}:$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _access_file(rules: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Access rules in the format of `acl_file`, mosquitto.conf(5)."""
    lines = []
    for user, allowed in rules.items():
        lines.append(f"user {user}")
        lines += [f"topic write {topic_filter}" for topic_filter in allowed["publish"]]
        lines += [f"topic read {topic_filter}" for topic_filter in allowed["subscribe"]]
    return "\n".join(lines) + "\n"


def configuration(
    settings: str, *, folder: str, data: str, listener: str, users: Mapping[str, str],
    rules: Mapping[str, Mapping[str, Sequence[str]]] | None, log: str = "stdout", user: str = "",
) -> dict[str, str]:
    """The files of one broker.

    Args:
        settings: the text of `mosquitto.conf` in the stack.
        folder: where the files will be, as the broker sees it.
        data: where the broker keeps its data, as it sees it.
        listener: port and address, as in `listener 1883 127.0.0.1`.
        users: passwords by user name; when there are some, a client must log in.
        rules: topic filters by user, as in `labkit.services.mqtt.RULES`; None for no rules.
        log: where the broker writes its log: `"stdout"`, or `"stderr"`, which it does not hold back in a buffer.
        user: the account to run as when it is started by root; empty leaves the broker's own choice.

    Returns:
        The text of each file by its path. The first is the configuration.
    """
    put = {"listener": listener, "persistence_location": data.rstrip("/") + "/", "log_dest": log}
    files: dict[str, str] = {}
    if users:
        put |= {"allow_anonymous": "false", "password_file": f"{folder}/users"}
        files[f"{folder}/users"] = "\n".join(password_line(name, password) for name, password in users.items()) + "\n"
    if rules is not None:
        put["acl_file"] = f"{folder}/rules"
        files[f"{folder}/rules"] = _access_file(rules)
    if user:
        put["user"] = user
    kept = [line for line in settings.splitlines() if line.split(" ", 1)[0] not in put]
    text = "\n".join([*kept, *(f"{name} {value}" for name, value in put.items())]) + "\n"
    return {f"{folder}/mosquitto.conf": text, **files}
