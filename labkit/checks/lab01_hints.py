"""Hints of lab 01: one for each misconception that its checks recognise, in the order of the exercises."""

from __future__ import annotations

from labkit.checks.hints import Hint

# 1.1 connect

WAIT_FOR_CONNACK = Hint(
    "wait-for-connack",
    "When exactly is a client connected?",
    "`client.connect()` only sends CONNECT. The client is connected when the broker's CONNACK has come, and then "
    "paho calls `on_connect` in its network thread. Your function has to wait for that.",
    "Make a `threading.Event`, set it in `on_connect`, call `loop_start()`, and wait for the event with a "
    "timeout. When the wait fails, raise ConnectionError.",
)
RUN_THE_LOOP = Hint(
    "run-the-loop",
    "Who reads what the broker sends?",
    "paho reads the network in a thread that `loop_start()` starts. Without it no answer is ever seen, so no "
    "callback is called. If it is stopped again, the client is deaf from then on.",
    "Call `client.loop_start()` after `client.connect(…)` and before you wait, and leave it running when you "
    "return the client.",
)
LOOK_AT_THE_REASON = Hint(
    "look-at-the-reason",
    "`on_connect` is also called when the broker refuses. How can you tell?",
    "CONNACK carries a reason code: accepted, or why not. paho hands it to `on_connect` as `reason`. That the "
    "callback was called does not mean that the client was let in.",
    "Keep the reason in `on_connect` (in a queue or a list), and raise ConnectionError when `reason.is_failure`.",
)
NAME_THE_BROKER = Hint(
    "name-the-broker",
    "Could somebody who reads only the message find the broker?",
    "`[Errno 111] Connection refused` does not say whose connection. In a house with five services that is the "
    "first question. The message must name host and port.",
    '`except OSError as error: raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {error}")`.',
)
GIVE_THE_REASON = Hint(
    "give-the-reason",
    "Host and port are there. Why did it fail?",
    "The broker has said why it refuses: its reason code has a text, such as `Not authorized`. The operating "
    "system says why, too: the text of the OSError. Without it nobody knows whether to start the broker or to "
    "mend the password.",
    'Put `str(reason)`, or `str(error)` of the OSError, or "no answer" into the message.',
)
RIGHT_EXCEPTION = Hint(
    "right-exception",
    "Look at the type of the exception.",
    "Programs that use your function will write `except ConnectionError`. A TimeoutError, a plain OSError or a "
    "RuntimeError is not a ConnectionError, so they would not catch it.",
    "Catch what paho and your wait raise, and raise `ConnectionError(…)` in its place.",
)
WAIT_WITH_A_LIMIT = Hint(
    "wait-with-a-limit",
    "What if the answer never comes?",
    "A broker may accept the network connection and then say nothing: it is overloaded, or it is another program. "
    "A wait without a limit then waits for ever, and the one who called you, too.",
    "Give every wait a time: `event.wait(timeout=3)` returns False when the time is over.",
)
NO_SLEEP = Hint(
    "no-sleep",
    "How do you know that the time you sleep is the right one?",
    "A sleep is a guess. Too short on a slow day, and the client is not connected; too long on all other days. "
    "The callback tells you the exact moment.",
    "Replace the sleep by `event.wait(timeout=3)`, with `event.set()` in `on_connect`.",
)
LOG_IN = Hint(
    "log-in",
    "Look at the four attributes of `broker`. Are all of them used?",
    "A broker that asks for a password wants user name and password in CONNECT. They have to be set before "
    "`connect()`.",
    "Keep the given lines: `if broker.username: client.username_pw_set(broker.username, broker.password)`.",
)
STOP_THE_LOOP = Hint(
    "stop-the-loop",
    "Your function has raised. What is the network thread doing now?",
    "A network thread that was started goes on. It tries to connect again every few seconds, for a client that "
    "nobody holds any more.",
    "Before you raise: `client.disconnect()`, then `client.loop_stop()`.",
)
RETURN_THE_CLIENT = Hint(
    "return-the-client",
    "What does your function give back?",
    "The caller needs the client itself: with it one publishes and subscribes.",
    "End with `return client`.",
)
CALLBACK_API_2 = Hint(
    "callback-api-2",
    "Which version of the callback API did you ask for?",
    "paho-mqtt 2 knows two. VERSION1 is old and will be removed: its callbacks get a bare number, and it warns "
    "each time.",
    "`mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)`; `on_connect` then has five parameters.",
)

# 1.2 node_topic, parse_node_topic

BUILD_THE_TOPIC = Hint(
    "build-the-topic",
    "Compare the two topics, level by level.",
    "The levels are, in order: `iot`, `node`, the id, the kind. There is no slash at the beginning and none at "
    "the end.",
    '`f"iot/node/{node_id}/{kind}"`.',
)
ANY_TEXT_IS_AN_ID = Hint(
    "any-text-is-an-id",
    "Is there really something wrong with this id?",
    "MQTT allows any character in a level but four: the wildcards `+` and `#`, the slash, and NUL. Spaces, "
    "accents and full stops are fine. Refuse what is forbidden; do not list what is allowed.",
    '`any(character in node_id for character in "+#/\\0")` is the whole test, beside the empty id.',
)
FORBIDDEN_CHARACTERS = Hint(
    "forbidden-characters",
    "What would happen to a message for this id?",
    "A `/` in an id adds a level. A `+` or `#` makes a filter out of the topic, and a broker closes the "
    "connection of a client that publishes to it. NUL is forbidden everywhere in MQTT.",
    "Raise ValueError if any of the four characters `+`, `#`, `/`, `\\0` is in the id.",
)
EMPTY_ID = Hint(
    "empty-id",
    "What is `iot/node//status`?",
    "An empty level is legal in MQTT, so the broker does not complain: all nodes without an id would share one topic.",
    "`if not node_id: raise ValueError(…)`.",
)
KNOWN_KINDS = Hint(
    "known-kinds",
    "Which kinds exist in this house?",
    "There are three, in lower case. A typing error such as `telemetrie` would make a new topic, and nobody "
    "listens there.",
    "`if kind not in KINDS: raise ValueError(…)`.",
)
EXACT_SHAPE = Hint(
    "exact-shape",
    "Could `node_topic` have built this topic?",
    "A topic of a node has exactly four levels, and the first two are `iot` and `node`. One more or one fewer, "
    "another root, a slash at an end: all that is something else.",
    'Split at `/`, compare the number of levels with 4 and the first two with `["iot", "node"]`. Then hand '
    "the other two to `node_topic`, which refuses what is wrong with them.",
)
VALUE_ERROR = Hint(
    "value-error",
    "It fails, but with which exception?",
    "An IndexError or a KeyError says how your program stumbled. A ValueError says that the input was wrong, and "
    "that is what the caller catches.",
    "Look at the input before you take it apart, and raise ValueError yourself.",
)
ID_THEN_KIND = Hint(
    "id-then-kind",
    "Look at the shape of the result.",
    "The result is a tuple of two texts: first the id, then the kind.",
    "`return node_id, kind`.",
)

# 1.3 topic_matches

PLUS_IS_ONE_LEVEL = Hint(
    "plus-is-one-level",
    "How many levels does a `+` stand for?",
    "Exactly one, whatever is in it. It does not stand for two levels, and it does not stand for none.",
    "Split both at `/` and compare level by level: `+` fits any one level.",
)
EMPTY_LEVELS = Hint(
    "empty-levels",
    "How many levels has `/a`?",
    "Two: an empty one and `a`. An empty level is a level like any other: `+` matches it, and it must not be "
    "thrown away.",
    "`\"/a\".split(\"/\")` gives `['', 'a']`. Keep the empty text. In a regular expression `+` is `[^/]*`, not "
    "`[^/]+`.",
)
HASH_INCLUDES_PARENT = Hint(
    "hash-includes-parent",
    "`#` stands for all further levels, or …?",
    'Or none. `a/#` matches `a` itself: it reads "`a` and everything below it".',
    "When you walk along the filter and meet `#`, the answer is True, even if the topic has no level left.",
)
HASH_IS_THE_REST = Hint(
    "hash-is-the-rest",
    "How many levels does a `#` stand for?",
    "All that follow, however many. But what stands before it has to fit level by level: `a/#` does not match `ab`.",
    "Compare the levels one after the other. At a `#` return True.",
)
SAME_NUMBER_OF_LEVELS = Hint(
    "same-number-of-levels",
    "Count the levels of both.",
    "Without a `#`, filter and topic have equally many levels. `zip` stops at the end of the shorter one and says "
    "nothing about the rest.",
    "After the walk: `return len(wanted) == len(levels)`.",
)
LITERAL_CHARACTERS = Hint(
    "literal-characters",
    "Which characters are special in a filter?",
    "Only `+`, `#` and `/`. A full stop, a star, a bracket or a `?` stands for itself, and upper and lower case "
    "differ. `fnmatch` and regular expressions see that differently.",
    "Compare levels with `==`. With a regular expression, put each level through `re.escape`.",
)
DOLLAR_TOPICS = Hint(
    "dollar-topics",
    "With what does this topic begin?",
    "Topics that begin with `$` belong to the broker. A wildcard in the first level does not match them, so "
    "that a subscriber to `#` does not get them. `$SYS/#` does: its first level is no wildcard.",
    "Before anything else: if the topic starts with `$` and the first level of the filter is `+` or `#`, return False.",
)
MALFORMED_FILTER = Hint(
    "malformed-filter",
    "Would a broker accept this filter?",
    "A malformed filter is a mistake of whoever wrote it. `False` would hide it: the program would wait for "
    "messages for ever. So raise ValueError, whatever the topic is.",
    "Look at the filter before you compare: empty; a NUL; a `#` before the last level; a wildcard beside other "
    "characters.",
)
WILDCARD_IS_A_LEVEL = Hint(
    "wildcard-is-a-level",
    "What stands beside the wildcard?",
    "A wildcard is always a whole level. `kit+` and `a#` are malformed.",
    "For each level: if it contains `+` or `#` and is longer than one character, raise ValueError.",
)
HASH_IS_LAST = Hint(
    "hash-is-last",
    "Where may a `#` stand?",
    "Only at the end, since it stands for everything that follows. `a/#/b` is malformed.",
    "If `#` is one of `wanted[:-1]`, raise ValueError.",
)

# 1.4 publish_reading

JSON_NOT_REPR = Hint(
    "json-not-repr",
    "Look at the payload, at its quotation marks.",
    "`str()` of a dictionary is Python, not JSON: single quotes, `True`, `None`. Programs in other languages "
    "cannot read it.",
    "`json.dumps(reading).encode()`.",
)
TOPIC_OF_THE_NODE = Hint(
    "topic-of-the-node",
    "Where did the message go?",
    "The topic is made of the reading's `node_id` and the kind `telemetry`. You have a function that builds it.",
    '`node_topic(reading["node_id"], "telemetry")`.',
)
QOS_1 = Hint(
    "qos-1",
    "Which QoS did the message have?",
    "The default of `publish` is QoS 0: sent and forgotten. The broker acknowledges only QoS 1 and 2.",
    "`client.publish(topic, payload, qos=1, …)`.",
)
RETAIN_AS_ASKED = Hint(
    "retain-as-asked",
    "What does the broker keep, and what should it keep?",
    "The caller decides. Without `retain=True` nothing is kept: an old temperature would look like a new one.",
    "Hand the argument on: `client.publish(…, retain=retain)`.",
)
RETURNS_NONE = Hint(
    "returns-none",
    "What does the function give back?",
    "It returns None. When it returns, the broker has the reading: there is nothing else to say.",
    "Leave out the `return`.",
)
WAIT_FOR_PUBACK = Hint(
    "wait-for-puback",
    "Your function came back before the broker had answered. What does it know then?",
    "`client.publish` puts the message into a queue and returns. The broker has it only when PUBACK has come.",
    "`sent = client.publish(…)`, then `sent.wait_for_publish(3)`.",
)
CHECK_AFTER_WAITING = Hint(
    "check-after-waiting",
    "`wait_for_publish` came back. Is the message published?",
    "`wait_for_publish(3)` returns without an error when the 3 seconds are over. Nothing is known then.",
    "After the wait: `if not sent.is_published(): raise ConnectionError(…)`.",
)
NAME_THE_FAILURE = Hint(
    "name-the-failure",
    "Which exception comes when there is no connection?",
    "paho raises RuntimeError from `wait_for_publish`. The exercise promises ConnectionError, so that a caller "
    "has to know one kind of failure only. Swallowing it is worse: the caller would believe that the reading is "
    "safe.",
    "`try: … except RuntimeError: raise ConnectionError(…) from None`.",
)
NO_NAN = Hint(
    "no-nan",
    "Is `NaN` JSON?",
    "No. Python's `json.dumps` writes `NaN` and `Infinity` unless it is told not to, and other languages stop at "
    "it. The value may stand anywhere in the reading, deep inside too.",
    "`json.dumps(reading, allow_nan=False)` raises ValueError.",
)
NEEDS_A_NODE_ID = Hint(
    "needs-a-node-id",
    "Without an id there is no topic. Which exception says so?",
    "A KeyError says how your program stumbled. ValueError says that the reading is wrong.",
    '`if "node_id" not in reading: raise ValueError(…)`.',
)
REFUSE_BEFORE_PUBLISHING = Hint(
    "refuse-before-publishing",
    "It was refused, but something had been sent already.",
    "Whoever sees the ValueError believes that nothing has left the house.",
    "Make topic and payload first. Both may raise. Then publish.",
)

# 1.5 collect

PARSE_THE_PAYLOAD = Hint(
    "parse-the-payload",
    "What is the second item of each pair?",
    "It is the reading, a dictionary. `message.payload` is bytes, which have to be read as JSON first.",
    '`json.loads(message.payload.decode("utf-8"))`.',
)
TOPIC_AND_READING = Hint(
    "topic-and-reading",
    "Look at the shape of one item.",
    "Each item is a tuple: the topic as text, then the reading.",
    "`readings.append((message.topic, reading))`.",
)
STOP_AT_COUNT = Hint(
    "stop-at-count",
    "When is the work done?",
    "With the reading number `count` it is done: return at once, with exactly that many. What comes later is not "
    "yours.",
    "`while len(readings) < count:` around the waiting.",
)
SUBSCRIBE_LAST = Hint(
    "subscribe-last",
    "Which messages are missing?",
    "As soon as the broker has the subscription, messages come. If `on_message` is set after that, the first ones "
    "are lost.",
    "First `client.on_message = …`, then `client.subscribe(…)`.",
)
ONE_DEADLINE = Hint(
    "one-deadline",
    "From when on do you count the time?",
    "`get(timeout=timeout)` begins to count anew with each message. If one comes every second, it never ends. The "
    "time is meant for the whole call.",
    "`end = time.monotonic() + timeout` at the start, and `get(timeout=max(0, end - time.monotonic()))` each time.",
)
TIMEOUT_IS_A_RESULT = Hint(
    "timeout-is-a-result",
    "Is it an error that nobody has sent anything?",
    "No. The exercise says: when the time is over, return what there is, perhaps an empty list.",
    "Catch `queue.Empty`, leave the loop, and return the list.",
)
USE_THE_WHOLE_TIME = Hint(
    "use-the-whole-time",
    "It came back early. Why?",
    "There may be pauses between messages. As long as there is time left and `count` is not reached, go on waiting.",
    "Only `count` readings, or the end of the time, end the loop.",
)
SKIP_THE_BAD = Hint(
    "skip-the-bad",
    "One bad payload ended everything.",
    "Anybody may publish anything. A bad message is ordinary: skip it, go on with the next. `UnicodeDecodeError` "
    "and `JSONDecodeError` are both kinds of ValueError.",
    "Put `try: … except ValueError: skipped += 1` around the reading of one payload, inside the loop.",
)
CALLBACK_MUST_NOT_RAISE = Hint(
    "callback-must-not-raise",
    "In which thread did the exception happen?",
    "It happened in the network thread, in your `on_message`. It ended that thread, and nothing arrives any more.",
    "Let `on_message` only put the message into a queue. Read the payload in the main program, where you can "
    "catch errors.",
)
COUNT_THE_GOOD = Hint(
    "count-the-good",
    "Which messages count?",
    "`count` is the number of readings wanted. A malformed message is none, so it does not count.",
    "Compare `count` with the length of the list of readings, not with the number of messages.",
)
ONLY_OBJECTS = Hint(
    "only-objects",
    "Is `22.5` a reading?",
    'It is JSON, but not an object. A program that asks it for `sensors` would stop. So are `[1]`, `"text"` and '
    "`null`.",
    "After `json.loads`: `if not isinstance(reading, dict):` it is malformed.",
)
NAN_IS_NOT_JSON = Hint(
    "nan-is-not-json",
    "Look at the word `NaN` in the payload.",
    "JSON has no NaN. Python's `json.loads` reads it all the same, and calls `parse_constant` for it.",
    "Give `json.loads` a function as `parse_constant` that raises ValueError.",
)
DEEP_BRACKETS = Hint(
    "deep-brackets",
    "Which exception was it this time?",
    "A hundred thousand opening brackets are too deep for Python's parser: RecursionError, which is no "
    "ValueError. An attacker knows that, too.",
    "`except (ValueError, RecursionError):`.",
)
SAY_HOW_MANY = Hint(
    "say-how-many",
    "How will anybody notice that messages were skipped?",
    "Silence would hide a broken node for months. One line at the end, with the number, is enough.",
    'Count them, and at the end: `if skipped: log.warning("skipped %d malformed messages", skipped)`.',
)
CLOSE_WHAT_YOU_OPEN = Hint(
    "close-what-you-open",
    "Your function is done. Is its client?",
    "A client that is left behind keeps its connection and its thread. After a hundred calls there are a hundred.",
    "`try: … finally: client.disconnect(); client.loop_stop()`.",
)
AT_LEAST_ONE = Hint(
    "at-least-one",
    "What does it mean to collect zero readings?",
    "It is a mistake of the caller, and an early ValueError shows it.",
    "`if count < 1: raise ValueError(…)`, as the first line.",
)
NO_BROKER = Hint(
    "no-broker",
    "What should happen when there is no broker?",
    "`connect` raises a ConnectionError that says where and why. An empty list in its place would look like a "
    "quiet house.",
    "Let the ConnectionError of `connect` pass.",
)

# 1.6 presence

SAY_ONLINE = Hint(
    "say-online",
    "Who says that the node is there?",
    "The node itself, when it is connected: `online`, to its status topic.",
    'In the callback for CONNACK: `client.publish(status, "online", qos=1, retain=True)`.',
)
RETAIN_ONLINE = Hint(
    "retain-online",
    "Somebody looks at the status an hour later. What do they see?",
    "A message that is not retained is gone when it has been delivered. A status is a state: whoever comes later "
    "wants to know it.",
    "Publish `online` with `retain=True`.",
)
WILL_BEFORE_CONNECT = Hint(
    "will-before-connect",
    "Look at what CONNECT told the broker.",
    "The will is a part of the packet CONNECT. If it is set later, or not at all, the broker does not know it.",
    'Call `client.will_set(status, "offline", qos=1, retain=True)` before you connect.',
)
WILL_AS_PROMISED = Hint(
    "will-as-promised",
    "Compare topic and payload of your will with the exercise.",
    "The will goes to the same topic as `online`, and says `offline`. Then the topic always holds the latest state.",
    '`client.will_set(node_topic(node_id, "status"), "offline", qos=1, retain=True)`.',
)
RETAIN_THE_WILL = Hint(
    "retain-the-will",
    "The broker has published the will. What does a late subscriber see?",
    "It still sees the retained `online`, since the will was not retained. So a dead node looks alive.",
    "`client.will_set(…, retain=True)`.",
)
ONLINE_ON_EVERY_CONNECT = Hint(
    "online-on-every-connect",
    "The node is back, and its status still says `offline`. Who should have changed that?",
    "paho connects again by itself. Code that ran once after the first connect does not run again, but "
    "`on_connect` does, each time.",
    "Publish `online` in `on_connect`.",
)
COMES_BACK = Hint(
    "comes-back",
    "The broker can be reached again. Where is the node?",
    "paho's network thread connects again by itself, about a second after a break, as long as it runs and was not "
    "told otherwise.",
    "Leave `reconnect_on_failure` at its default, and do not stop the loop.",
)
KEEP_THE_SESSION = Hint(
    "keep-the-session",
    "Who keeps a command while the node is away?",
    "The broker does, in the client's session, if the session is persistent. By default it is clean: it ends with "
    "the connection, and so do the subscriptions and the waiting messages.",
    "`mqtt.Client(…, client_id=node_id, clean_session=False)`.",
)
CLIENT_ID_IS_NODE_ID = Hint(
    "client-id-is-node-id",
    "By which name does the broker know the node again?",
    "The session belongs to the client id. With a new name after each start the old session is never found again, "
    "and the commands in it are lost.",
    "`mqtt.Client(…, client_id=node_id, clean_session=False)`.",
)
SUBSCRIBE_AT_QOS_1 = Hint(
    "subscribe-at-qos-1",
    "With which QoS did you subscribe?",
    "A message is delivered with the lower of the two QoS. The default of `subscribe` is 0, and for QoS 0 brokers "
    "keep nothing while a client is away.",
    "`client.subscribe(command, qos=1)`.",
)
COMMANDS_TO_THE_QUEUE = Hint(
    "commands-to-the-queue",
    "Follow one command: where does its payload end?",
    "The client's user data is the queue. It is set when the client is made, before the first message can come, "
    "and each callback gets it as its second argument.",
    "`mqtt.Client(…, userdata=queue.SimpleQueue())`, and in `on_message(client, commands, message)`: "
    "`commands.put(message.payload)`.",
)
SAY_GOODBYE = Hint(
    "say-goodbye",
    "After DISCONNECT, does the broker publish the will?",
    "No: DISCONNECT means that the client leaves on purpose, and the broker throws the will away. The node has to "
    "say `offline` itself, before it disconnects. After that it is too late.",
    "A class that inherits from `mqtt.Client`, with a method `disconnect` that publishes `offline` and then "
    "returns `super().disconnect(…)`.",
)
VALID_NODE_ID = Hint(
    "valid-node-id",
    "Is this the id of a node?",
    "Your `node_topic` refuses it. Use it for both topics, before anything is sent.",
    'Begin with `status = node_topic(node_id, "status")`.',
)
