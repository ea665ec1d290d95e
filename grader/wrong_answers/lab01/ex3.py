# %% id=no-dollar-rule hint=dollar-topics
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=dollar-never-matches hint=dollar-topics
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and ("+" in wanted or "#" in wanted):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=parent-left-out hint=hash-includes-parent
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if position == len(levels):
            return False
        if level == "#":
            return True
        if level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=zip-stops-early hint=same-number-of-levels
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for level, given in zip(wanted, levels):
        if level == "#":
            return True
        if level not in ("+", given):
            return False
    return True

# %% id=plus-eats-all hint=plus-is-one-level
import re


def topic_matches(topic_filter, topic):
    wanted = topic_filter.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    pattern = re.escape(topic_filter).replace(r"\+", ".*").replace(r"/\#", "(/.*)?").replace(r"\#", ".*")
    return re.fullmatch(pattern, topic) is not None

# %% id=plus-needs-a-character hint=empty-levels
import re


def topic_matches(topic_filter, topic):
    wanted = topic_filter.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    pattern = re.escape(topic_filter).replace(r"\+", "[^/]+").replace(r"/\#", "(/.*)?").replace(r"\#", ".*")
    return re.fullmatch(pattern, topic) is not None

# %% id=special-characters hint=literal-characters
import re


def topic_matches(topic_filter, topic):
    wanted = topic_filter.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    pattern = topic_filter.replace("$", r"\$").replace("+", "[^/]*").replace("/#", "(/.*)?").replace("#", ".*")
    return re.fullmatch(pattern, topic) is not None

# %% id=malformed-is-false hint=malformed-filter
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        return False
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        return False
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=hash-anywhere hint=hash-is-last
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=wildcard-beside-letters hint=wildcard-is-a-level
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in topic_filter[:-1]:
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=compares-the-beginning hint=hash-is-the-rest
def topic_matches(topic_filter, topic):
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter or "#" in wanted[:-1]:
        raise ValueError("malformed")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError("malformed")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if topic_filter.endswith("/#") and "+" not in wanted:
        return topic.startswith(topic_filter[:-2])
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

# %% id=refuses-everything hint=same-number-of-levels most=0
def topic_matches(topic_filter, topic):
    raise ValueError(f"malformed: {topic_filter!r}")

# %% id=always-yes hint=literal-characters most=0
def topic_matches(topic_filter, topic):
    return True
