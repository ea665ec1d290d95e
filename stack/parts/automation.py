# Part 'automation' of the house. It moves into lab 07 when that lab is written; then `grader release` makes this file.

"""What the house does by itself, and its one entrance: a Node-RED flow, a motion light, a site of Nginx."""

import json
import math
import re
import threading
import time
from typing import Protocol

import paho.mqtt.client as mqtt


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


# 7.3 A flow of Node-RED: a list of nodes, each a dict. `wires` says to which nodes each of its outputs goes.

TOPIC = "sensors/+/+"

# type: (title, unit, lowest, highest, where a gauge's colours begin)
GAUGES = {
    "temperature": ("Temperature", "°C", 0, 40, {0: "#5470c6", 18: "#91cc75", 26: "#ee6666"}),
    "humidity": ("Humidity", "%", 0, 100, {0: "#fac858", 30: "#91cc75", 65: "#5470c6"}),
    "co2": ("Carbon dioxide", "ppm", 400, 2000, {400: "#91cc75", 800: "#fac858", 1400: "#ee6666"}),
    "power": ("Power", "W", 0, 4000, {0: "#91cc75", 1500: "#fac858", 3000: "#ee6666"}),
}

# One message in, one out: the number as payload, and a topic that names the line in the chart. What is no reading of a
# sensor is dropped and counted under the node, so that it is seen and does no harm.
READ = """
const reading = msg.payload;
const good = reading !== null && typeof reading === "object" && Number.isFinite(reading.value)
    && typeof reading.type === "string" && Number.isFinite(reading.timestamp);
if (!good) {
    const dropped = context.get("dropped") + 1;
    context.set("dropped", dropped);
    node.status({fill: "yellow", shape: "ring", text: `${dropped} dropped`});
    return null;
}
msg.type = reading.type;
msg.topic = reading.room || reading.device_id;
msg.timestamp = reading.timestamp * 1000;
msg.payload = reading.value;
return msg;
"""


def flow(broker: Broker) -> list[dict]:
    """Make a flow that shows the house: MQTT in, parse, route by type, a gauge and a chart for each type.

    Args:
        broker: where the readings come from, on topics `sensors/{type}/{id}`.

    Returns:
        The nodes, for `POST /flows` of Node-RED's admin API. The page is at /dashboard/house.
    """
    nodes = [
        {"id": "tab", "type": "tab", "label": "House"},
        mqtt_broker(broker),
        {"id": "base", "type": "ui-base", "name": "House", "path": "/dashboard", "includeClientData": True,
         "acceptsClientConfig": ["ui-notification", "ui-control"], "showPathInSidebar": False},
        {"id": "theme", "type": "ui-theme", "name": "House",
         "colors": {"surface": "#ffffff", "primary": "#0094ce", "bgPage": "#eeeeee", "groupBg": "#ffffff",
                    "groupOutline": "#cccccc"},
         "sizes": {"pagePadding": "12px", "groupGap": "12px", "groupBorderRadius": "4px", "widgetGap": "12px"}},
        {"id": "page", "type": "ui-page", "name": "House", "ui": "base", "path": "/house", "icon": "home",
         "layout": "grid", "theme": "theme", "order": 1, "visible": "true", "disabled": "false"},
        {"id": "in", "type": "mqtt in", "z": "tab", "name": TOPIC, "topic": TOPIC, "qos": "1", "datatype": "utf8",
         "broker": "broker", "x": 100, "y": 100, "wires": [["json"]]},
        # A payload that is no JSON is an error of this node: it goes to the log, and no further.
        {"id": "json", "type": "json", "z": "tab", "name": "JSON", "property": "payload", "action": "obj",
         "x": 250, "y": 100, "wires": [["read"]]},
        {"id": "read", "type": "function", "z": "tab", "name": "a reading?", "func": READ, "outputs": 1,
         "initialize": 'context.set("dropped", 0);', "x": 400, "y": 100, "wires": [["route"]]},
        {"id": "route", "type": "switch", "z": "tab", "name": "by type", "property": "type", "propertyType": "msg",
         "rules": [{"t": "eq", "v": kind, "vt": "str"} for kind in GAUGES], "checkall": "false",
         "outputs": len(GAUGES), "x": 550, "y": 100, "wires": [[f"gauge-{kind}", f"chart-{kind}"] for kind in GAUGES]},
    ]
    for order, kind in enumerate(GAUGES, start=1):
        nodes += widgets(kind, order)
    return nodes


def mqtt_broker(broker: Broker) -> dict:
    """Make the node that holds the connection; its login goes to Node-RED's encrypted credentials."""
    return {
        "id": "broker", "type": "mqtt-broker", "name": "house", "broker": broker.host, "port": str(broker.port),
        "clientid": "", "autoConnect": True, "usetls": False, "protocolVersion": "4", "keepalive": "60",
        "cleansession": True, "credentials": {"user": broker.username, "password": broker.password},
    }


def widgets(kind: str, order: int) -> list[dict]:
    """Make the group of one type: a gauge of the newest value, and a chart of the last hour with a line a room."""
    title, unit, low, high, colours = GAUGES[kind]
    place = {"z": "tab", "group": f"group-{kind}", "x": 750, "y": 60 + 80 * order, "wires": [[]]}
    return [
        {"id": f"group-{kind}", "type": "ui-group", "name": title, "page": "page", "width": "6", "height": "1",
         "order": order, "showTitle": True, "visible": "true", "disabled": "false"},
        {"id": f"gauge-{kind}", "type": "ui-gauge", "name": title, "order": 1, "width": 6, "height": 4,
         "gtype": "gauge-half", "gstyle": "needle", "title": title, "units": unit, "prefix": "", "suffix": "",
         "value": "payload", "valueType": "msg", "min": low, "max": high,
         "segments": [{"from": start, "color": colour, "text": "", "textType": "value"}
                      for start, colour in colours.items()],
         "sizeThickness": 16, "sizeGap": 4, "sizeKeyThickness": 8, "styleRounded": True, "styleGlow": False, **place},
        {"id": f"chart-{kind}", "type": "ui-chart", "name": title, "label": f"{title}, {unit}", "order": 2,
         "width": 6, "height": 6, "chartType": "line", "category": "topic", "categoryType": "msg",
         "xAxisProperty": "timestamp", "xAxisPropertyType": "msg", "xAxisType": "time", "xAxisFormat": "",
         "xAxisFormatType": "auto", "yAxisProperty": "payload", "yAxisPropertyType": "msg", "action": "append",
         "pointShape": "circle", "pointRadius": 2, "showLegend": True, "removeOlder": 1, "removeOlderUnit": "3600",
         "removeOlderPoints": "", "interpolation": "linear", "colors": ["#0094ce", "#ff7f0e", "#2ca02c", "#a347e1"],
         **place},
    ]


# 7.4 A light that follows motion. The rule knows no clock and no broker: it is told what happened, and when.


class MotionLight:
    """When a lamp should be switched, from what a motion sensor and the lamp say.

    Args:
        debounce: motion counts once it has lasted so long, in seconds: a sensor that flickers switches nothing.
        hold: how long the light stays on after the last motion, in seconds.
        override: how long a person's own switching is left alone, in seconds.
        settle: how long a lamp may take to report what it was told, in seconds. A report of its old state that is
            still on its way must not be taken for a person's hand.
    """

    def __init__(self, *, debounce: float = 0.5, hold: float = 120.0, override: float = 900.0, settle: float = 10.0):
        for name, seconds in {"debounce": debounce, "hold": hold, "override": override, "settle": settle}.items():
            if not (math.isfinite(seconds) and seconds >= 0):
                raise ValueError(f"{name} must be a number of seconds, 0 or more, not {seconds!r}")
        self.debounce, self.hold, self.override, self.settle = debounce, hold, override, settle
        self.on = False
        self.moving_since = None  # None while nothing moves
        self.last_motion = -math.inf
        self.switched = -math.inf
        self.by_hand_until = -math.inf

    def motion(self, moving: bool, now: float) -> str | None:
        """Take in what the sensor says.

        Args:
            moving: whether something moves.
            now: when it was said, in seconds of any clock that never goes back.

        Returns:
            `"on"` or `"off"` when the lamp must be switched, else None.
        """
        if moving and self.moving_since is None:
            self.moving_since = now
        command = self.tick(now)  # before the end of a motion: it may have lasted long enough
        if not moving:
            self.moving_since = None
        return command

    def lamp(self, on: bool, now: float) -> None:
        """Take in what the lamp says: a state that nobody here asked for is a person's own switching."""
        if on != self.on and now - self.switched >= self.settle:
            self.on = on
            self.by_hand_until = now + self.override

    def tick(self, now: float) -> str | None:
        """Take in that time has passed. Returns as `motion` does."""
        counts = self.moving_since is not None and now - self.moving_since >= self.debounce
        if counts:
            self.last_motion = now
        wanted = counts or now - self.last_motion < self.hold
        if now < self.by_hand_until or wanted == self.on:
            return None
        self.on, self.switched = wanted, now
        return "on" if wanted else "off"


class Automation:
    """Motion lights on a broker: listens to `sensors/motion/…` and `sensors/lamp/…`, publishes `commands/lamp/…`.

    Args:
        broker: where the house talks.
        lights: id of the lamp by id of its motion sensor, as in `{"motion-001": "lamp-001"}`.
        settings: of every `MotionLight`.
    """

    TICK = 0.1  # seconds
    PATIENCE = 5  # seconds for the broker to confirm the subscription

    def __init__(self, broker: Broker, lights: dict[str, str], **settings: float):
        self.broker = broker
        self.rules = {sensor: (lamp, MotionLight(**settings)) for sensor, lamp in lights.items()}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.counts = {"received": 0, "rejected": 0, "commands": 0}
        self.client = None
        self.ticking = None

    @property
    def stats(self) -> dict:
        """How many messages came in, how many could not be read, and how many commands went out."""
        with self.lock:
            return dict(self.counts)

    def start(self) -> None:
        """Connect, subscribe, and begin: a motion that is published from now on is heard.

        Raises:
            OSError: the broker is not there, refuses the subscription, or does not confirm it.
        """
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        answered = threading.Event()
        refused = []

        def on_subscribe(client, userdata, mid, reason_codes, properties):
            refused.extend(code for code in reason_codes if code.is_failure)  # one code for each topic filter
            answered.set()

        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = self.on_connect
        client.on_subscribe = on_subscribe
        client.on_message = self.on_message
        client.connect(self.broker.host, self.broker.port)
        self.client = client  # before the first message can ask for it
        client.loop_start()
        if not answered.wait(self.PATIENCE) or refused:
            client.disconnect()
            client.loop_stop()
            what = f"refuses our subscription: {refused[0]}" if refused else "does not confirm our subscription"
            raise ConnectionError(f"the broker at {self.broker.host}:{self.broker.port} {what}")
        self.ticking = threading.Thread(target=self.tick, name="motion-light", daemon=True)
        self.ticking.start()

    def stop(self) -> None:
        """End. Safe to call twice."""
        self.stopping.set()
        if self.ticking is not None:
            self.ticking.join()
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()

    def on_connect(self, client, userdata, flags, reason_code, properties) -> None:
        """Subscribe, after each connect: the broker keeps no session of this client."""
        if not reason_code.is_failure:
            client.subscribe([("sensors/motion/+", 1), ("sensors/lamp/+", 1)])

    def on_message(self, client, userdata, message) -> None:
        """Hand a reading to the rules that it concerns."""
        now = time.monotonic()  # not the sender's clock: a rule needs one that never goes back
        kind, device = message.topic.split("/")[1:]
        with self.lock:
            self.counts["received"] += 1
            try:
                value = json.loads(message.payload)["value"]
                if isinstance(value, bool) or value not in (0, 1):
                    raise ValueError
            except (ValueError, TypeError, KeyError, RecursionError):
                self.counts["rejected"] += 1
                return
            for sensor, (lamp, rule) in self.rules.items():
                if (kind, device) == ("motion", sensor):
                    self.switch(lamp, rule.motion(value == 1, now))
                elif (kind, device) == ("lamp", lamp):
                    rule.lamp(value == 1, now)

    def tick(self) -> None:
        """Tell the rules that time passes, until `stop`."""
        while not self.stopping.wait(self.TICK):
            with self.lock:
                for lamp, rule in self.rules.values():
                    self.switch(lamp, rule.tick(time.monotonic()))

    def switch(self, lamp: str, command: str | None) -> None:
        """Publish a command, if there is one."""
        if command is not None:
            self.counts["commands"] += 1
            self.client.publish(f"commands/lamp/{lamp}", json.dumps({"state": command}), qos=1)


# 7.5 One entrance. Text for the inside of `http { }` of nginx.conf.

UPSTREAMS = ("nodered", "api", "grafana")
ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}")

SITE = """\
# The one entrance of the house: / is Node-RED with its dashboard, /api/ the API, /grafana/ Grafana.
{upstreams}
# A request that asks for a WebSocket is handed on with that wish; Nginx would drop it otherwise.
map $http_upgrade $connection_upgrade {{
    default upgrade;
    ''      close;
}}

# Requests a second from one address.
limit_req_zone $binary_remote_addr zone=api:1m rate={rate}r/s;

server {{
    listen {port};

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_connect_timeout 2s;
    proxy_read_timeout 1h;  # a WebSocket may be silent for long

    location / {{
        proxy_pass http://nodered;
    }}

    location /api/ {{
        limit_req zone=api burst={burst} nodelay;
        limit_req_status 429;
        proxy_read_timeout 30s;
        proxy_pass http://api/;  # the slash: /api/devices becomes /devices
    }}

    location /grafana/ {{
        proxy_pass http://grafana;  # no slash: Grafana knows that it lives under /grafana/
    }}
}}
"""


def nginx_config(upstreams: dict[str, str], *, port: int = 8888, rate: int = 10, burst: int = 20) -> str:
    """Write the site of Nginx: one entrance for Node-RED, API and Grafana.

    Args:
        upstreams: `host:port` of `nodered`, `api` and `grafana`.
        port: where the entrance listens.
        rate: how many requests a second the API takes from one address.
        burst: how many it takes beyond that at once, before it answers 429.

    Raises:
        ValueError: an upstream is missing, not known, or no address; a number is out of its range.
    """
    if set(upstreams) != set(UPSTREAMS):
        raise ValueError(f"upstreams must be {', '.join(UPSTREAMS)}, not {', '.join(sorted(upstreams)) or 'nothing'}")
    for name, address in upstreams.items():
        # Whatever stands here becomes configuration: a `;` would end the line and begin a new one.
        if not ADDRESS.fullmatch(address) or not 1 <= int(address.rpartition(":")[2]) <= 65535:
            raise ValueError(f"the upstream {name} must be written as host:port, not {address!r}")
    for name, number, highest in (("port", port, 65535), ("rate", rate, 10_000), ("burst", burst, 10_000)):
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= highest:
            raise ValueError(f"{name} must be a whole number from 1 to {highest}, not {number!r}")
    blocks = "".join(f"upstream {name} {{\n    server {upstreams[name]};\n}}\n" for name in UPSTREAMS)
    return SITE.format(upstreams=blocks, port=port, rate=rate, burst=burst)
