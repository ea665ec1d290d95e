# %% id=recursive
def topic_matches(topic_filter, topic):
    wanted = topic_filter.split("/")
    for number, level in enumerate(wanted, start=1):
        if ("+" in level or "#" in level) and len(level) > 1:
            raise ValueError(f"wildcard inside a level: {level!r}")
        if level == "#" and number < len(wanted):
            raise ValueError("'#' before the end")
    if not topic_filter or "\0" in topic_filter:
        raise ValueError("no filter")

    def rest(wanted, levels):
        if wanted == ["#"]:
            return True
        if not wanted or not levels:
            return wanted == levels
        return wanted[0] in ("+", levels[0]) and rest(wanted[1:], levels[1:])

    if topic[:1] == "$" and wanted[0] in ("+", "#"):
        return False
    return rest(wanted, topic.split("/"))

# %% id=regular-expression
import re


def topic_matches(topic_filter, topic):
    if not topic_filter or not re.fullmatch(r"(?:[^+#/\0]*|\+)(?:/(?:[^+#/\0]*|\+))*(?:/#)?|#", topic_filter):
        raise ValueError(f"malformed: {topic_filter!r}")
    if topic.startswith("$") and topic_filter[0] in "+#":
        return False
    if topic_filter == "#":
        return True
    tail = ""
    if topic_filter.endswith("/#"):
        topic_filter, tail = topic_filter[:-2], "(?:/.*)?"
    levels = ["[^/]*" if level == "+" else re.escape(level) for level in topic_filter.split("/")]
    return bool(re.fullmatch("/".join(levels) + tail, topic, re.DOTALL))
