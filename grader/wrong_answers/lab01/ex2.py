# %% id=no-checks hint=forbidden-characters
def node_topic(node_id, kind):
    if not node_id:
        raise ValueError("empty")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    _, _, node_id, kind = topic.split("/")
    return node_id, kind

# %% id=empty-id-accepted hint=empty-id
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError("wrong")
    node_topic(levels[2], levels[3])
    return levels[2], levels[3]

# %% id=any-kind hint=known-kinds
def node_topic(node_id, kind):
    if not node_id or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError("wrong")
    node_topic(levels[2], levels[3])
    return levels[2], levels[3]

# %% id=letters-and-digits-only hint=any-text-is-an-id
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if kind not in KINDS or not node_id.replace("_", "").isalnum():
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError("wrong")
    node_topic(levels[2], levels[3])
    return levels[2], levels[3]

# %% id=last-two-levels hint=exact-shape
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) < 4:
        raise ValueError("too short")
    node_topic(levels[-2], levels[-1])
    return levels[-2], levels[-1]

# %% id=list-instead-of-tuple hint=id-then-kind
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError("wrong")
    node_topic(levels[2], levels[3])
    return levels[2:]

# %% id=index-error hint=value-error
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    node_id, kind = levels[2], levels[3]
    if node_topic(node_id, kind) != topic:
        raise ValueError("wrong")
    return node_id, kind

# %% id=leading-slash hint=build-the-topic
KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"/iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError("wrong")
    node_topic(levels[2], levels[3])
    return levels[2], levels[3]

# %% id=dollar-in-the-pattern hint=known-kinds
import re

KINDS = ("telemetry", "command", "status")


def node_topic(node_id, kind):
    if not node_id or kind not in KINDS or any(character in "+#/\0" for character in node_id):
        raise ValueError("wrong")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic):
    found = re.match(r"iot/node/([^/]+)/(telemetry|command|status)$", topic)
    if not found:
        raise ValueError("wrong")
    node_topic(found[1], found[2])
    return found[1], found[2]

# %% id=refuses-everything hint=any-text-is-an-id most=0
def node_topic(node_id, kind):
    raise ValueError(f"not an id of a node: {node_id!r}")


def parse_node_topic(topic):
    raise ValueError(f"not a topic of a node: {topic!r}")
