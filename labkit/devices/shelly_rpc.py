"""What a simulated Shelly answers to RPC requests and commands over MQTT.

A request on `<prefix>/rpc` is `{"id", "src", "method", "params"}`; the answer goes to `<src>/rpc` with `result` or
`error` (shelly-api-docs, Gen2, RPCProtocol and MQTT).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from labkit.devices.device import Message
from labkit.devices.shelly_status import device_info

if TYPE_CHECKING:
    from labkit.devices.shelly_gateway import Gateway

PAGE = 5
"""Components in one answer to `Shelly.GetComponents`."""
INVALID_ARGUMENT, NO_HANDLER = -103, 404


class RpcError(Exception):
    """A request that is refused.

    Args:
        code: Shelly's number of the error.
        message: what is wrong.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Rpc:
    """The methods of one gateway.

    Args:
        gateway: whose.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._after: list[Message] = []  # what follows an answer, such as the new status of a relay
        self._methods: dict[str, Callable[[dict[str, Any], float], object]] = {
            "Shelly.GetDeviceInfo": lambda _params, _now: device_info(gateway.id),
            "Shelly.GetStatus": lambda _params, now: gateway.status(now),
            "Shelly.GetComponents": self._components,
            "Shelly.ListMethods": lambda _params, _now: {"methods": sorted(self._methods)},
            "BTHomeDevice.GetConfig": lambda params, _now: self._part("bthomedevice", params, "config"),
            "BTHomeDevice.GetStatus": lambda params, _now: self._part("bthomedevice", params, "status"),
            "BTHomeSensor.GetConfig": lambda params, _now: self._part("bthomesensor", params, "config"),
            "BTHomeSensor.GetStatus": lambda params, _now: self._part("bthomesensor", params, "status"),
            "Mqtt.GetConfig": self._mqtt,
            "Switch.GetStatus": lambda params, now: gateway.status(now)[f"switch:{self._relay(params)}"],
            "Switch.Set": self._switch,
        }

    def answer(self, payload: bytes, now: float) -> Iterable[Message]:
        """Answer a request; one that names no one to answer to gets none.

        Args:
            payload: the request.
            now: seconds since 1970, UTC.
        """
        try:
            request = json.loads(payload)
        except (ValueError, RecursionError):
            return
        source = request.get("src") if isinstance(request, dict) else None
        if not isinstance(source, str) or not source or set(source) & set("+#\0"):
            return
        frame: dict[str, Any] = {"id": request.get("id"), "src": self._gateway.id, "dst": source}
        try:
            frame["result"] = self._call(request, now)
        except RpcError as error:
            frame["error"] = {"code": error.code, "message": str(error)}
        yield Message(f"{source}/rpc", json.dumps(frame, separators=(",", ":")).encode(), qos=1, time=now)
        after, self._after = self._after, []
        yield from after

    def command(self, component: str, payload: bytes, now: float) -> Iterable[Message]:
        """Obey a command on `<prefix>/command` or `<prefix>/command/<component>`.

        Args:
            component: such as `"switch:0"`; empty for the whole device.
            payload: `status_update`, or `on`, `off`, `toggle`.
            now: seconds since 1970, UTC.
        """
        gateway, word = self._gateway, payload.decode("utf-8", "replace")
        if not component and word == "status_update":
            yield gateway.notify("NotifyFullStatus", gateway.status(now), gateway.stamp(now))
        kind, _, number = component.partition(":")
        if kind == "switch" and number in ("0", "1") and word in ("on", "off", "toggle"):
            output = not gateway.relays[int(number)] if word == "toggle" else word == "on"
            yield from gateway.switch_relay(int(number), output, now)

    def _call(self, request: dict[str, Any], now: float) -> object:
        name, params = request.get("method"), request.get("params") or {}
        method = self._methods.get(name) if isinstance(name, str) else None
        if method is None:
            raise RpcError(NO_HANDLER, f"No handler for {name}")
        if not isinstance(params, dict):
            raise RpcError(INVALID_ARGUMENT, "Argument 'params' must be an object!")
        return method(params, now)

    def _components(self, params: dict[str, Any], _now: float) -> object:
        listing = [each for sensor in self._gateway.paired.values() for each in sensor.components()]
        keys = params.get("keys")
        if isinstance(keys, list):
            listing = [each for each in listing if each["key"] in keys]
        offset = _whole(params, "offset", 0)
        include = params.get("include") or ()
        page = [
            {name: value for name, value in each.items() if name in ("key", *include) or name == "attrs"}
            for each in listing[offset : offset + PAGE]
        ]
        return {"components": page, "cfg_rev": self._gateway.revision, "offset": offset, "total": len(listing)}

    def _part(self, kind: str, params: dict[str, Any], part: str) -> object:
        number = _whole(params, "id", None)
        for sensor in self._gateway.paired.values():
            for component in sensor.components():
                if component["key"] == f"{kind}:{number}":
                    return component[part]
        raise RpcError(-105, f"Argument 'id', value {number} not found!")

    def _mqtt(self, _params: dict[str, Any], _now: float) -> object:
        gateway = self._gateway
        return {
            "enable": True, "server": None, "client_id": gateway.id, "user": None, "ssl_ca": None,
            "topic_prefix": gateway.prefix, "rpc_ntf": True, "status_ntf": gateway.status_ntf, "use_client_cert": False,
            "enable_rpc": True, "enable_control": True,
        }

    def _relay(self, params: dict[str, Any]) -> int:
        number = _whole(params, "id", None)
        if number >= len(self._gateway.relays):
            raise RpcError(-105, f"Argument 'id', value {number} not found!")
        return number

    def _switch(self, params: dict[str, Any], now: float) -> object:
        number = self._relay(params)
        output = params.get("on")
        if not isinstance(output, bool):
            raise RpcError(INVALID_ARGUMENT, "Argument 'on', value must be boolean!")
        before = self._gateway.relays[number]
        self._after += self._gateway.switch_relay(number, output, now)
        return {"was_on": before}


def _whole(params: dict[str, Any], name: str, otherwise: int | None) -> int:
    """Read a whole number of 0 or more from the parameters of a request."""
    value = params.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RpcError(INVALID_ARGUMENT, f"Argument '{name}', value {value!r} not valid!")
    return value
