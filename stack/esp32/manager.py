"""Manages the fleet: broker health on `iot/broker/…`, commands with an answer, who is there; HTTP on port 8090.

It also keeps telemetry that does not keep its contract as dead letters (`watch.py`).
"""

from __future__ import annotations

import socket
import threading
from types import ModuleType
from typing import Any

import paho.mqtt.client as mqtt
from flask import Flask, Response, jsonify, request
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import Field
from werkzeug.exceptions import HTTPException

from stack.esp32.registry import Registry
from stack.esp32.watch import Watcher
from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem, mqtt_problem
from stack.runtime.settings import Broker

_LONGEST = 30.0
"""Seconds that a request may wait for an acknowledgement."""
_RETRY_AFTER = "2"


class ManagerSettings(ServiceSettings, MqttSettings, InfluxSettings):
    """Settings of the manager."""

    http_port: int = Field(default=8090, ge=0, le=65535, description="0 takes a free port and announces it")
    influx_bucket: str = "iot-esp32"
    health_interval: float = Field(default=10.0, ge=0.2, le=3600, description="seconds between two looks at the broker")
    client_id: str = Field(default="esp32-watch", min_length=1, description="of the watch's session; one a copy")


def at_once(_client: Any, _data: Any, opened: Any) -> None:
    """Let TCP send small packets at once.

    A command is two of them; the second would wait 40 ms for the delayed acknowledgement of the first.
    """
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def connected_client(broker: Broker) -> mqtt.Client:
    """A client that has its CONNACK, reconnects by itself, and whose thread runs.

    Args:
        broker: where to connect.

    Raises:
        ConnectionError: the broker cannot be reached, refuses, or does not answer.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    answered = threading.Event()
    refusal: list[str] = []

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        refusal[:] = [str(reason)] if reason.is_failure else []
        answered.set()

    client.username_pw_set(broker.username or None, broker.password or None)
    client.reconnect_delay_set(1, 10)
    client.on_connect = on_connect
    client.on_socket_open = at_once
    place = f"the broker at {broker.host}:{broker.port}"
    try:
        client.connect(broker.host, broker.port, keepalive=15)
    except OSError as error:
        raise ConnectionError(f"{place} cannot be reached: {error}") from error
    client.loop_start()
    if not answered.wait(5) or refusal:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"{place} refuses: {refusal[0]}" if refusal else f"{place} does not answer")
    return client


class Manager:
    """The worker of the service.

    Args:
        settings: of the service.
        fleet: the part `fleet`.
        stage: its log.
    """

    def __init__(self, settings: ManagerSettings, fleet: ModuleType, stage: Stage) -> None:
        self._settings, self._fleet, self._stage = settings, fleet, stage
        self._registry = Registry(settings.mqtt)
        self._watcher = Watcher(settings.mqtt, settings.influx, stage, settings.client_id)
        self._client: mqtt.Client | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._health: dict[str, Any] | None = None
        self._error: str | None = None
        self.app = application(self)

    @property
    def stats(self) -> dict[str, Any]:
        """Status and telemetry messages: all, those that were found good, those that were not, those that wait."""
        registry, watcher = self._registry, self._watcher
        lag, rejected = watcher.lag, registry.rejected + watcher.rejected
        received = registry.received + watcher.received
        stored = max(0, received - rejected - watcher.dropped - lag)
        return {"received": received, "stored": stored, "rejected": rejected, "dropped": watcher.dropped, "lag": lag,
                "error": self._error or watcher.error}

    @property
    def registry(self) -> Registry:
        """The nodes."""
        return self._registry

    @property
    def health(self) -> dict[str, Any] | None:
        """What the broker said last; None before the first look and while it is away."""
        return self._health

    def start(self) -> None:
        """Make the bucket, connect, and begin to look at the broker and at telemetry.

        Raises:
            ConnectionError: broker or database is not there yet.
        """
        ensure_bucket(self._settings.influx)  # Telegraf cannot make it and would drop what it reads
        self._registry.start()
        try:
            client = connected_client(self._settings.mqtt)
        except ConnectionError:
            self._registry.stop()
            raise
        try:
            self._watcher.start()
        except ConnectionError:
            client.disconnect()
            client.loop_stop()
            self._registry.stop()
            raise
        self._client = client
        self._thread = threading.Thread(target=self._watch, name="broker-health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect; no thread stays."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(15)
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
        self._watcher.stop()
        self._registry.stop()

    def command(self, name: str, command: str, params: dict[str, Any], timeout: float) -> Any:
        """Send a command; see `stack.parts.fleet.send_command` for what it returns and raises."""
        if self._client is None:
            raise ConnectionError("the manager is not connected to its broker")
        node = self._registry.find(name)
        return self._fleet.send_command(self._client, node.topic_id if node else name, command, params, timeout)

    def table(self, window: float) -> list[dict[str, Any]]:
        """The fleet as the database knows it, a dict a node."""
        table = self._fleet.fleet_table(self._settings.influx, window).reset_index()
        table["last_seen"] = table["last_seen"].map(lambda moment: moment.isoformat())
        rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
        return rows

    def _watch(self) -> None:
        while True:
            try:
                self._health, self._error = self._fleet.broker_health(self._settings.mqtt), None
            except Exception as error:  # the part may be a student's: whatever it raises, the manager goes on
                if self._error is None:
                    self._stage.log.warning("no health of the broker", error=str(error))
                self._health, self._error = None, f"broker health: {error}"
            if self._stopping.wait(self._settings.health_interval):
                return


def application(manager: Manager) -> Flask:
    """The HTTP interface.

    Args:
        manager: does the work.
    """
    app = Flask("esp32-manager")
    app.config["MAX_CONTENT_LENGTH"] = 100_000

    def refused(status: int, message: str) -> tuple[Response, int, dict[str, str]]:
        return jsonify(error=message), status, {"Retry-After": _RETRY_AFTER} if status == 503 else {}

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Any:
        answer = error.get_response()  # keeps the headers, such as Allow of a 405
        return jsonify(error=error.description).get_data(), error.code, [
            *((name, value) for name, value in answer.headers if name == "Allow"), ("Content-Type", "application/json")]

    @app.get("/nodes")
    def nodes() -> Any:
        return jsonify(nodes=[node.shown() for node in manager.registry.nodes])

    @app.get("/nodes/<name>")
    def node(name: str) -> Any:
        found = manager.registry.find(name)
        return jsonify(found.shown()) if found else refused(404, f"no node {name!r} has told its status")

    @app.get("/broker")
    def broker() -> Any:
        return jsonify(manager.health) if manager.health else refused(503, "the broker does not answer")

    @app.get("/fleet")
    def fleet() -> Any:
        asked = request.args.get("window", "900")
        try:
            window = float(asked)
        except ValueError:
            return refused(422, f"'window' is {asked!r}, not a number of seconds")
        try:
            return jsonify(nodes=manager.table(window))
        except ValueError as error:
            return refused(422, str(error))
        except Exception as error:  # of the database's client, or of a student's part
            return refused(503, f"the database does not answer: {error}")

    @app.post("/nodes/<name>/command")
    def command(name: str) -> Any:
        body = request.get_json(force=True, silent=True)
        if body is None:
            return refused(400, "the body is not JSON")
        if not isinstance(body, dict):
            return refused(422, 'the body is not an object such as {"command": "set_led", "params": {"state": "on"}}')
        if not isinstance(body.get("command"), str):
            return refused(422, "'command' is missing, or is not the name of one such as \"set_led\"")
        timeout = body.get("timeout", 5)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= _LONGEST:
            return refused(422, f"'timeout' is {timeout!r}, not a number of seconds, at most {_LONGEST:g}")
        try:
            ack = manager.command(name, body["command"], body.get("params", {}), timeout)
        except TimeoutError as error:
            return refused(504, str(error))
        except ConnectionError as error:
            return refused(503, str(error))
        except ValueError as error:
            return refused(422, str(error))
        document = {"node_id": ack.node_id, "command": ack.command, "ok": ack.ok, "reason": ack.reason,
                    "seconds": round(ack.seconds, 3)}
        return jsonify(document), 200 if ack.ok else 409

    return app


def build(settings: ManagerSettings, stage: Stage) -> Manager:
    """Make the service.

    Args:
        settings: the broker and the database.
        stage: its health and metrics.
    """
    manager = Manager(settings, load_part("fleet", stage), stage)
    stage.follow(lambda: manager.stats)
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    return manager


if __name__ == "__main__":
    run("esp32-manager", ManagerSettings, build)
