"""Writes the configuration that the parts of the house make: `python -m stack.generate`. A test keeps it in step.

The server's files are committed, so that Compose and a person can read them without running anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from stack.parts import dashboards
from stack.parts.automation import UPSTREAMS, flow, nginx_config
from stack.parts.fleet import telegraf_config

STACK = Path(__file__).parent


def site() -> str:
    """The site of Nginx with the variables of its image's templates in place of addresses."""
    text: str = nginx_config({name: f"{name}:1" for name in UPSTREAMS})
    for name in UPSTREAMS:
        text = text.replace(f"server {name}:1;", f"server ${{{name.upper()}_UPSTREAM}};")
    return "# Made by `python -m stack.generate` from the part `automation`. Edit it there, not here.\n" + text


def nodered_flow() -> str:
    """The flow of Node-RED, which puts variables of its environment in the place of `${NAME}`."""
    broker = SimpleNamespace(host="${MQTT_HOST}", port="${MQTT_PORT}", username="", password="")
    return json.dumps(flow(broker), indent=2, ensure_ascii=False) + "\n"


def telegraf() -> str:
    """The configuration of Telegraf, which puts variables of its environment in the place of `${NAME}`."""
    broker = SimpleNamespace(host="${MQTT_HOST}", port="${MQTT_PORT}", username="${MQTT_USERNAME}",
                             password="${MQTT_PASSWORD}")
    influx = SimpleNamespace(url="${INFLUX_URL}", token="${INFLUX_TOKEN}", org="${INFLUX_ORG}",
                             bucket="${INFLUX_BUCKET}")
    text: str = telegraf_config(broker, influx)
    return f"# Made by `python -m stack.generate` from the part `fleet`. Edit it there, not here.\n{text}"


def provisioning(document: Mapping[str, object]) -> str:
    """A provisioning file of Grafana: JSON is YAML too."""
    head = "# Made by `python -m stack.generate` from the part `dashboards`. Edit it there, not here.\n"
    return head + json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def files() -> Mapping[str, str]:
    """Text of every generated file by its path inside `stack/`."""
    return {
        "nginx/site.conf.template": site(),
        "nodered/flows.json": nodered_flow(),
        "telegraf/telegraf.conf": telegraf(),
        "grafana/provisioning/datasources/house.yaml": provisioning(dashboards.datasources()),
        "grafana/provisioning/dashboards/house.yaml": provisioning(
            dashboards.dashboard_provider("/etc/grafana/dashboards")),
        "grafana/provisioning/alerting/house.yaml": provisioning(dashboards.alert_rules()),
        **{f"grafana/dashboards/{name}.json": dashboards.to_json(make())
           for name, make in dashboards.DASHBOARDS.items()},
    }


def main() -> None:
    """Write them all."""
    for name, text in files().items():
        path = STACK / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"stack/{name}")


if __name__ == "__main__":
    main()
