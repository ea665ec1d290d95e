"""Cases of lab 03, second half: status messages, versions and manifests."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from labkit.checks import lab03_hints as hints
from labkit.checks.hints import Hint

STATUS_ROOM = 1098
"""kStatusSize of status.hpp."""
SLOT = 1_310_720
"""Bytes of a slot for firmware, on the board of the lab."""

# 3.5


def online(node_id: str, uptime: int, rssi: int, firmware: str) -> str:
    """The status of a node that is there."""
    said = {"node_id": node_id, "status": "online", "uptime": uptime, "wifi_rssi": rssi, "firmware": firmware}
    return json.dumps(said, ensure_ascii=False)


def offline(node_id: str) -> str:
    """The last will."""
    return json.dumps({"node_id": node_id, "status": "offline"})


def acknowledgement(node_id: str, id: str, command: str, reason: str) -> str:
    """The answer to a command; what is empty is left out."""
    ack: dict[str, Any] = {key: value for key, value in (("id", id), ("command", command)) if value}
    ack["ok"] = not reason
    if reason:
        ack["reason"] = reason
    return json.dumps({"node_id": node_id, "ack": ack}, ensure_ascii=False)


# 3.6

VERSIONS = ("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "1.0.1", "1.0.200", "1.1.0", "1.9.0", "1.10.0", "2.0.0-1", "2.0.0", "10.0.0",
            "4294967295.0.0")
"""In order; the first eight are the example of Semantic Versioning, section 11."""
EQUAL_VERSIONS = (("1.4.0", "1.4.0"), ("1.4.0+esp32", "1.4.0+devkit"), ("2.0.0-rc.1+a", "2.0.0-rc.1"))
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@dataclass(frozen=True)
class Offer:
    """A manifest, and what runs now.

    Args:
        manifest: its members.
        reason: a word that the reason must contain, or several with `|` between; "" for any.
        hint: for a function that gets it wrong.
        text: the manifest as text, if its members cannot say it.
        running: the version that runs.
        slot: bytes of the slot.
    """

    manifest: dict[str, Any]
    reason: str = ""
    hint: Hint = hints.MANIFEST_FORM
    text: str = ""
    running: str = "1.0.0"
    slot: int = SLOT

    @property
    def params(self) -> str:
        """The manifest as JSON."""
        return self.text or json.dumps(self.manifest)


OFFER: dict[str, Any] = {"name": "esp32-node", "version": "1.1.0", "size": 918_304, "sha256": DIGEST,
                         "url": "http://updates.local/node.bin"}


def offer(reason: str = "", hint: Hint = hints.MANIFEST_FORM, *, without: str = "", running: str = "1.0.0",
          slot: int = SLOT, **changes: Any) -> Offer:
    """Make a manifest that differs from a good one."""
    manifest = {key: value for key, value in {**OFFER, **changes}.items() if key != without}
    return replace(Offer(manifest), reason=reason, hint=hint, running=running, slot=slot)


GOOD_OFFERS = (
    offer(hint=hints.GOOD_MANIFEST), offer(min_version="1.0.0", hint=hints.MIN_VERSION),
    offer(min_version="0.9.0", hint=hints.MIN_VERSION),
    offer(version="1.0.0", running="1.0.0-rc.2", hint=hints.PRE_RELEASE), offer(size=1, hint=hints.SIZE_LIMIT),
    offer(size=SLOT, hint=hints.SIZE_LIMIT), offer(sha256=DIGEST.upper(), hint=hints.DIGEST_FORM),
    offer(url="https://updates.local/node.bin", hint=hints.GOOD_MANIFEST),
    offer(version="1.10.0", running="1.9.0", hint=hints.VERSION_NUMBERS),
)
BAD_OFFERS = (
    *(offer(key, without=key) for key in OFFER),
    offer("colour", colour="red"), offer("name", name="esp32-lamp"), offer("name", name=5),
    Offer({}, "size", text=json.dumps(OFFER)[:-1] + ', "size": 5}'),
    offer("", hints.DOWNGRADE, version="1.0.0"), offer("", hints.DOWNGRADE, version="0.9.9"),
    offer("", hints.DOWNGRADE, version="1.0.0-rc.1"),
    offer("", hints.DOWNGRADE, version="1.9.0", running="1.10.0"),
    offer("", hints.DOWNGRADE, version="1.0.0+new"),
    offer("version", version="1.1"), offer("version", version=2), offer("version", version="1.01.0"),
    offer("", hints.MIN_VERSION, min_version="1.0.1"),
    offer("", hints.MIN_VERSION, min_version="1.1.0"),
    offer("min_version", hints.MIN_VERSION, min_version="new"),
    offer("min_version", hints.MIN_VERSION, min_version=None),
    *(offer("size", hints.SIZE_LIMIT, size=size)
      for size in (0, -1, SLOT + 1, 2**32 + 5, 2**63 - 1, "918304", 1.5, True)),
    *(offer("sha256|sha-256|digest", hints.DIGEST_FORM, sha256=digest)
      for digest in
      (DIGEST[:-1], DIGEST + "0", DIGEST[:-1] + "g", "", 5, "0x" + DIGEST[2:-1])),
    *(offer("url|address", url=url)
      for url in ("ftp://updates.local/node.bin", "node.bin", "", 5, "http://" + "u" * 200)),
)
