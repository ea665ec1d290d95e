"""The MQTT broker amqtt, for access rules, reason codes and $SYS: `python -m labkit.embedded.mqtt_amqtt --port 0`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import warnings
from pathlib import Path
from typing import Any

SYS_INTERVAL = 1
"""Seconds between two messages on each $SYS topic."""


def configuration(port: int, password_file: Path | None, rules: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """The broker's settings: one listener on 127.0.0.1 (its own default listens on every address).

    Args:
        port: TCP port, 0 for a free one.
        password_file: lines of `user:argon2 hash`; None lets everybody in.
        rules: topic filters by user, under `publish` and `subscribe`; empty for no rules.
    """
    plugins: dict[str, Any] = {"amqtt.plugins.sys.broker.BrokerSysPlugin": {"sys_interval": SYS_INTERVAL}}
    if password_file is None:
        plugins["amqtt.plugins.authentication.AnonymousAuthPlugin"] = {"allow_anonymous": True}
    else:
        plugins["amqtt.plugins.authentication.FileAuthPlugin"] = {"password_file": str(password_file)}
    if rules:
        plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = {
            "publish_acl": {user: allowed["publish"] for user, allowed in rules.items()},
            "acl": {user: allowed["subscribe"] for user, allowed in rules.items()},
        }
    return {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}, "plugins": plugins}


def write_passwords(users: dict[str, str], path: Path) -> None:
    """Write a password file of amqtt.

    Args:
        users: passwords by user name.
        path: the file.
    """
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    # The file lives as long as the broker, in a private directory: a slow hash would only slow every login down.
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))
    path.write_text("".join(f"{user}:{hasher.hash(password)}\n" for user, password in users.items()))


def make_broker(settings: dict[str, Any]) -> Any:
    """The broker of the package, without two faults of its version 0.12.1, the one that is pinned.

    Args:
        settings: what `configuration` returned.
    """
    from amqtt.broker import Broker

    class LabBroker(Broker):
        """Sends retained messages to who subscribes, and missed ones as they were published."""

        def __init__(self) -> None:
            super().__init__(settings)
            self._subscribing: set[str] = set()

        async def _handle_subscription(self, client_session: Any, handler: Any, subscribe_waiter: Any) -> None:
            self._subscribing.add(client_session.client_id)
            try:
                await super()._handle_subscription(client_session, handler, subscribe_waiter)
            finally:
                self._subscribing.discard(client_session.client_id)

        async def _publish_retained_messages_for_subscription(self, subscription: Any, session: Any) -> None:
            # The package calls this at every connect too, with the filters of all clients: a client would get retained
            # messages that it never subscribed to. The standard sends them after SUBSCRIBE alone (MQTT 3.1.1, 3.8.4).
            if session.client_id in self._subscribing:
                await super()._publish_retained_messages_for_subscription(subscription, session)

        async def _publish_session_retained_messages(self, session: Any) -> None:
            # What a session has missed is no retained message: the package sets the flag (MQTT 3.1.1, 3.3.1.3).
            handler = self._get_handler(session)
            sent = []
            while handler and not session.retained_messages.empty():
                missed = await session.retained_messages.get()
                sent.append(handler.mqtt_publish(missed.topic, missed.data, missed.qos, retain=False))
            await asyncio.gather(*sent)

    return LabBroker()


async def _serve(settings: dict[str, Any]) -> None:
    broker = make_broker(settings)
    await broker.start()
    (server,) = broker._servers.values()  # the free port that it took is known only here
    print(json.dumps({"port": server.instance.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Run the broker until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.mqtt_amqtt", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--users", type=Path, help="JSON file with passwords by user name; a client must log in then")
    parser.add_argument("--rules", type=Path, help="JSON file with topic filters by user, as in labkit.services.mqtt")
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the package's own imports and settings
    logging.basicConfig(level=logging.WARNING)
    passwords = None
    if options.users:
        passwords = options.users.with_suffix(".passwords")
        write_passwords(json.loads(options.users.read_text()), passwords)
    rules = json.loads(options.rules.read_text()) if options.rules else {}
    asyncio.run(_serve(configuration(options.port, passwords, rules)))


if __name__ == "__main__":
    main()
