# %% id=regular-expression
import re

KINDS = ("telemetry", "command", "status")
PATTERN = re.compile(r"iot/node/([^+#/\0]+)/(telemetry|command|status)")


def node_topic(node_id, kind):
    topic = f"iot/node/{node_id}/{kind}"
    if not PATTERN.fullmatch(topic):
        raise ValueError(f"no topic of a node: {topic!r}")
    return topic


def parse_node_topic(topic):
    found = PATTERN.fullmatch(topic)
    if not found:
        raise ValueError(f"no topic of a node: {topic!r}")
    return found.groups()

# %% id=match-statement
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or set(node_id) & set("+#/\0") or kind not in KINDS:
        raise ValueError(f"cannot be: {node_id!r}, {kind!r}")
    return "/".join(["iot", "node", node_id, kind])


def parse_node_topic(topic):
    match topic.split("/"):
        case ["iot", "node", node_id, kind] if node_topic(node_id, kind):
            return node_id, kind
        case _:
            raise ValueError(f"not a node's: {topic!r}")
