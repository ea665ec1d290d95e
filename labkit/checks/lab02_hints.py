"""Hints of lab 02: one for each misconception that its checks recognise, in the order of the exercises."""

from __future__ import annotations

from labkit.checks.hints import Hint

# 2.1 to_line

SORTED_TAGS = Hint(
    "sorted-tags",
    "Look at the order of the tags.",
    "Tags are sorted by their name, whatever their order in the dict. The database finds a series faster that way, "
    "and two programs write the same point in the same way.",
    "`sorted(tags.items())` gives pairs of name and value, sorted by name. Fields keep the order of their dict.",
)
EMPTY_TAG = Hint(
    "empty-tag",
    "What becomes of a tag that has no value?",
    "`room=` with nothing behind it is not line protocol: the database refuses the whole line. A tag without a "
    "value is left out, and without any tag there is no comma behind the measurement either.",
    "Build the tags as texts `,name=value`, each with its comma in front, only for values that are neither None nor "
    "\"\", and join them with nothing between.",
)
LINE_END = Hint(
    "line-end",
    "Compare the two ends of the line, character by character.",
    "A line is: measurement and tags, one space, fields, one space, time stamp. There is no other space in it, and "
    "the line break between two lines is made by whoever joins them.",
    "`f\"{measurement}{tags} {fields} {time_ns}\"`, where `tags` is empty or begins with a comma.",
)
WHOLE_TIME = Hint(
    "whole-time",
    "Look at the last digits of the time stamp.",
    "A time in nanoseconds has 19 digits. A float keeps about 16, so the last ones are lost, and `1.7e+18` is not a "
    "time stamp at all.",
    "Put the int into the text as it is, and raise ValueError when `time_ns` is not an int (a bool is not a time "
    "either).",
)
INTEGER_SUFFIX = Hint(
    "integer-suffix",
    "How does the database know that a number is whole?",
    "Without a suffix every number is a float. An integer has an `i` behind it: `3600i`. The type of a field is "
    "fixed by its first value, so this matters for ever.",
    "Choose by the type of the value: `isinstance(value, int)` gets `i`, `isinstance(value, float)` gets nothing. "
    "Ask for bool before int.",
)
BOOL_IS_INT = Hint(
    "bool-is-int",
    "What does `isinstance(True, int)` say?",
    "In Python a bool is an int too. A test for int that comes first takes True for a number.",
    "Test for `bool` before `int`, and write `true` or `false`, in lower case, without quotes.",
)
FLOAT_DIGITS = Hint(
    "float-digits",
    "Compare the digits of the number.",
    "A measured value is stored as it is. Rounding belongs to whoever shows it. `repr` writes a float so that "
    "reading it back gives exactly the same number.",
    "`repr(value)` for a float, no format like `:.2f`.",
)
TEXT_FIELD = Hint(
    "text-field",
    "Look at the text value: what is around it, and what is inside it?",
    "A text in a field stands in double quotes. Inside, a double quote would end it and a backslash would escape "
    "the next character, so both get a backslash in front. Commas, spaces and equals signs need nothing there.",
    "First replace every backslash by two, then every `\"` by `\\\"`, then put `\"` around. In the other order the "
    "new backslashes are doubled too.",
)
ESCAPE_NAMES = Hint(
    "escape-names",
    "Which characters separate the parts of a line? What if a room's name has one of them?",
    "In tag names, tag values and field names a comma, an equals sign and a space get a backslash in front. Without "
    "it, `living room` ends the tags in the middle of a name.",
    "Write one small function that puts a backslash before each character of a given set, and use it for all names "
    "and tag values.",
)
ESCAPE_BY_PLACE = Hint(
    "escape-by-place",
    "The measurement has its own list of special characters.",
    "In a measurement only comma and space are special. An equals sign there is an ordinary letter; a backslash "
    "before it would become part of the name.",
    "Give your escape function the set of characters as an argument: `, ` for the measurement, `,= ` for tags and "
    "field names.",
)
FIELD_ORDER = Hint(
    "field-order",
    "Look at the order of the fields.",
    "The exercise asks for fields in the order of their dict, so that the text is exact. Only tags are sorted.",
    "Walk over `fields.items()` as it is.",
)
NONE_FIELD = Hint(
    "none-field",
    "What becomes of a field whose value is None?",
    "None means that nothing was measured. Line protocol has no word for that: the field is left out of the line.",
    "Skip the values that are None before you write the fields, and count what is left.",
)
CANNOT_CARRY = Hint(
    "cannot-carry",
    "Some values have no place in a line. What should the caller hear about them?",
    "NaN, infinity, an integer of more than 64 bits, a list, or no field at all: the database would refuse the "
    "line, together with its whole batch. It is better to say so here, where the cause is known.",
    "Let the function for values end in `raise ValueError(...)`, and reach its other branches only for values that "
    "are fine: `math.isfinite`, and `-2**63 <= value < 2**63`. Join the fields, and raise when the result is empty.",
)
LINE_BREAK = Hint(
    "line-break",
    "What does a line break inside a room's name do to the line?",
    "A line break ends the point, and the rest is read as another one: whoever chooses the name can write points of "
    "their own. A backslash at the end of a tag value escapes the space behind it. Neither can be escaped.",
    "In your escape function: raise ValueError when the text is empty, has `\\n` or `\\r` in it, or ends with a "
    "backslash.",
)

# 2.2 write_batch

ONE_REQUEST = Hint(
    "one-request-each",
    "How many requests did your function send for these lines?",
    "Each request costs time, however short it is. `batch_size` lines travel in one request, joined by line breaks.",
    "Cut the list with `lines[first : first + batch_size]` for `first` in `range(0, len(lines), batch_size)`, and "
    "give each slice to `write`.",
)
POINTS_ACCEPTED = Hint(
    "points-accepted",
    "What number do you return?",
    "The number of points that the database accepted, not the number of batches, and not only those of the last batch.",
    "Add `len(batch)` after each batch that was written, and return the sum.",
)
NO_RETRY = Hint(
    "no-retry",
    "The server said that it is busy. What did your function do next?",
    "429, any 5xx, and no answer at all may pass by themselves: the same batch is sent again. Giving up at once "
    "turns a hiccup into lost data.",
    "Put `write` into a loop of five tries. Catch `ApiException` (look at `.status`) and urllib3's `HTTPError` "
    "(nobody listens, the connection broke). Return when a write succeeds.",
)
NO_BACKOFF = Hint(
    "no-backoff",
    "Look at the pauses between your tries.",
    "A server that is overloaded is not helped by a client that asks again at once. Each pause is about twice the "
    "one before, and a random part keeps many clients apart.",
    "Before try number n (n = 1, 2, 3, …) wait about `0.1 * 2 ** (n - 1) * random.uniform(0.75, 1.25)` seconds.",
)
RETRY_AFTER = Hint(
    "retry-after",
    "The server said how long to wait. Where does it say so?",
    "The header `Retry-After` holds seconds. Who comes back earlier is refused again, and may be locked out.",
    "`error.retry_after` of an `ApiException` is the header's text, or None. Use `float(...)` of it in place of "
    "your own pause.",
)
GIVES_UP_LATE = Hint(
    "five-tries",
    "How often does your function try before it says that it failed?",
    "Five tries in all. Without an end, the caller waits for ever and never learns why; with fewer, a short outage "
    "already fails.",
    "`for attempt in range(5)`, and after the loop `raise ConnectionError(...)` with `influx.url` and the last "
    "reason. No pause after the last try.",
)
RETRIES_THE_HOPELESS = Hint(
    "retries-the-hopeless",
    "Will this failure go away when the same batch is sent again?",
    "400 and 422 say that a line is at fault, 401 and 403 that the token is wrong. Sending the same again only "
    "costs time.",
    "In the `except` for `ApiException`: if the status is neither 429 nor 500 or more, do not go on with the loop.",
)
WHICH_LINE = Hint(
    "which-line",
    "Which line was it? Would you find it with this message, among 5,000?",
    "The message needs the number of the line in the whole list, counted from 1, and the line itself. The server "
    "names neither the number, nor (with 422) the line.",
    "Writing a point twice is harmless. So send the refused batch again in halves, or line by line: the first that "
    "is refused alone is the one. Its number is the batch's first position plus its place in the batch plus 1.",
)
WRONG_KIND = Hint(
    "wrong-kind",
    "Which exception did the caller get, and what can it do with it?",
    "`ConnectionError`: try later. `ValueError`: a line is at fault. `PermissionError`: the token. The caller "
    "decides by the type, so these three must be told apart.",
    "Catch `ApiException` and raise by its status: 401 and 403 `PermissionError`, 400 and 422 `ValueError`; after "
    "five tries `ConnectionError`.",
)

# 2.3 latest

MANY_SERIES = Hint(
    "many-series",
    "The room has more than one node. Whose value did you return?",
    "`last()` works on each table by itself, and each series is a table. You get the newest value of each node, and "
    "they have different times.",
    "Put all rows into one table with `group()`, sort by `_time`, and take the `last()`. Or compare `get_time()` of "
    "the records in Python.",
)
SHORT_RANGE = Hint(
    "short-range",
    "How far back does your query look?",
    "The newest reading may be old: the node's battery died last winter. The exercise says: however old.",
    "`range(start: 0)` begins in 1970.",
)
ONLY_TEMPERATURE = Hint(
    "only-temperature",
    "Is it a temperature that you found?",
    "A bucket has many measurements, and a point has many fields; in Flux each field is a series of its own.",
    "Filter by `r._measurement == \"iot_telemetry\"` and `r._field == \"temperature\"`.",
)
NO_ROOM = Hint(
    "no-room",
    "What do you get from the database when nothing matches?",
    "A query without rows is no error: it gives an empty list of tables.",
    "`return … if tables else None`, before you take the first record of the first table.",
)
INJECTION_QUOTE = Hint(
    "injection-quote",
    "What does the text of your query look like with this room in it? Print it.",
    "The quote in the name ends the text in the query, and the rest of the name becomes part of the program. A name "
    "with one quote breaks it; a clever one reads every room.",
    "Do not paste. Write `r.room == asked` in the query, and give `params={\"asked\": room}` to `query`. (Or write "
    "a function that makes a Flux text: a backslash before each backslash and each double quote.)",
)
INJECTION_DOLLAR = Hint(
    "injection-dollar",
    "What does Flux do with `${…}` inside quotes?",
    "It evaluates it: `\"${r.room}\"` is the room of each row, so the comparison is always true. Escaping quotes "
    "does not help against this.",
    "Use `params`. If you escape by hand: a backslash before each `$` as well, and do the backslashes first.",
)

# 2.4 daily_mean

FRAME_SHAPE = Hint(
    "frame-shape",
    "What did you return, a table with one row for each day and one column for each room?",
    "`query_data_frame` gives one row for each value. `pivot` turns rooms into columns; without `group()` before "
    "it, it works on each series by itself and the client returns a list of tables.",
    "`group() |> pivot(rowKey: [\"_time\"], columnKey: [\"room\"], valueColumn: \"_value\")`, then "
    "`set_index(\"_time\")`.",
)
ROOM_COLUMNS = Hint(
    "room-columns",
    "Compare the names of the columns.",
    "The columns are the rooms with readings in these days, sorted. `result`, `table` and the like come from the "
    "query and are dropped. A room whose readings are all older, or only of another kind, has no column.",
    "`table.drop(columns=[\"result\", \"table\"])`, and `sort_index(axis=\"columns\")`. Choose measurement, field "
    "and time before you pivot.",
)
AWARE_INDEX = Hint(
    "aware-index",
    "Does the index know its time zone?",
    "A time without a zone is a guess: the same table means other days in Lisbon and in Tokyo. The index says UTC.",
    "`pd.date_range(first, periods=days, freq=\"D\")` with an aware `first` is aware; `datetime.now(UTC)` is aware.",
)
WINDOW_END = Hint(
    "window-end",
    "To which day does this mean belong? Look at the first row of the index.",
    "`aggregateWindow` gives a row the time of the *end* of its window: the mean of the 15th says the 16th.",
    "`aggregateWindow(every: 1d, fn: mean, timeSrc: \"_start\")`.",
)
PARTIAL_DAYS = Hint(
    "partial-days",
    "Where do your days begin and end?",
    "`range(start: -7d)` begins at this time of day, a week ago, and ends now: the first and the last day are "
    "pieces. The exercise asks for complete days: from midnight UTC to the last midnight.",
    "`end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)`, `begin = end - "
    "timedelta(days=days)`, and `range(start: begin, stop: end)` with `params`.",
)
GAPS = Hint(
    "gaps",
    "Count the rows. Is every day there, also one on which nothing was measured?",
    "A missing day must be seen: a row of NaN. A day on which *no* room has readings makes no row in the query at "
    "all, so the query alone cannot be trusted with it.",
    "`table.reindex(pd.date_range(begin, periods=days, freq=\"D\"))` makes every day, with NaN where there is "
    "nothing. Do not fill them.",
)
FILLED_GAPS = Hint(
    "filled-gaps",
    "What was measured on that day?",
    "Nothing was measured, and the table claims a number. Zero degrees, or yesterday's value, is a wrong value that "
    "nobody can tell from a right one.",
    "Leave out `fill`, `fillna`, `ffill` and `interpolate`: NaN says what is known.",
)
MEAN_OF_MEANS = Hint(
    "mean-of-means",
    "One node sent twenty readings that day, the other one. What does each count?",
    "The mean of two nodes' means gives both nodes the same weight. The exercise asks for the mean of all readings "
    "of the room.",
    "Put a room's readings into one table *before* the windows: `group(columns: [\"room\"]) |> aggregateWindow(…)`.",
)

NOTHING_THERE = Hint(
    "nothing-there",
    "What does the client give you for a query without rows?",
    "`query_data_frame` then returns an empty table, without the columns that you want to drop or to use as an "
    "index. The days are there even so.",
    "If `table.empty`: return `pd.DataFrame(index=...)` with all the days and no column.",
)
LESS_THAN_ONE = Hint(
    "less-than-one",
    "What are the last 0 days?",
    "A question without sense gets an exception that says so, not an empty table or an error from the database.",
    "`if days < 1: raise ValueError(...)` as the first statement.",
)

# 2.5 Collector

START_CONFIRMED = Hint(
    "start-confirmed",
    "When does `start()` return, and when is the subscription there?",
    "`connect` and `subscribe` only send a packet. A reading that is published before the broker's SUBACK never "
    "reaches the collector. And if no broker answers, somebody must hear about it.",
    "Set a `threading.Event` in `on_subscribe` and wait for it in `start()`, at most 5 s; raise ConnectionError "
    "when it does not come.",
)
BY_SIZE = Hint(
    "batch-by-size",
    "A full batch waits. For what?",
    "A batch leaves as soon as it is full *or* its oldest message is old enough, whichever comes first.",
    "`condition.wait_for(lambda: len(waiting) >= batch_size or stopping, timeout=max_age)`: the arrival of a "
    "message must wake it.",
)
BY_AGE = Hint(
    "batch-by-age",
    "Three readings came, and no more. When are they written?",
    "At night few readings come. Without a limit on age, a batch that never fills is never written.",
    "Wait for a full batch with a timeout of `max_age`, and then write what is there.",
)
WRITES_EACH = Hint(
    "writes-each",
    "How many write requests did your collector send for these readings?",
    "One request for each reading is what the batches are there to avoid: take up to `batch_size` lines, and write "
    "them together.",
    "Let `on_message` only append to a list. Your own thread takes a slice of up to `batch_size` and calls "
    "`write_batch` once.",
)
ACK_EARLY = Hint(
    "acknowledged-too-early",
    "The database was down, and messages were acknowledged. Where were those readings at that moment?",
    "Only in the memory of your process. paho acknowledges by itself as soon as `on_message` returns, unless the "
    "client has `manual_ack=True`; and with it, `client.ack` must come after `write_batch` has returned.",
    "Keep `message.mid` and `message.qos` beside each line. After `write_batch` returned: `client.ack(mid, qos)` "
    "for each message of the batch.",
)
NOT_ACKED = Hint(
    "never-acknowledged",
    "The database has the readings. Does the broker know?",
    "A message that is not acknowledged fills the in-flight window; when it is full, the broker sends nothing more, "
    "and after a restart everything comes again.",
    "Subscribe with `qos=1`: with QoS 0 there is nothing to acknowledge. After a batch is stored, call "
    "`client.ack(mid, qos)` for every message of it, also for poison messages.",
)
ACK_ORDER = Hint(
    "acknowledge-in-order",
    "In which order do your acknowledgements go out?",
    "MQTT demands the order of arrival, and some brokers close the connection otherwise. A poison message that is "
    "acknowledged at once overtakes those that wait for the database.",
    "Put poison messages into the same list, with `None` in place of the line, and acknowledge the whole batch in "
    "its order.",
)
SURVIVE_OUTAGE = Hint(
    "survive-the-outage",
    "The database came back. What was your thread doing?",
    "`write_batch` raises ConnectionError after five tries. In a thread an exception that nobody catches ends the "
    "thread, without a word in the notebook. And a batch that was taken out of the list before it was written is "
    "gone.",
    "Catch ConnectionError around `write_batch`, leave the batch in the list, and go round the loop again. Take "
    "messages out of the list only after they are stored.",
)
SESSION = Hint(
    "persistent-session",
    "Readings were published while the collector was away. Why did the broker not keep them?",
    "It keeps them for a client that it will know again: a fixed client id, `clean_session=False`, and a "
    "subscription with QoS 1.",
    "The constructor makes the client rightly; subscribe with `qos=1`, and do not unsubscribe in `stop()`.",
)
POISON = Hint(
    "poison",
    "One message was no reading. What became of those behind it?",
    "An exception in `on_message` ends paho's thread: from then on nothing arrives, and nothing says so.",
    "`try:` around `json.loads` and `line_of`; on any exception the message gets `None` in place of its line, and "
    "is counted as rejected when its turn comes.",
)
POISON_BATCH = Hint(
    "poison-takes-batch",
    "The database refused one line. What became of the others of that batch?",
    "`write_batch` raises ValueError for the whole call. Trying the same batch again never ends; throwing it away "
    "loses good readings.",
    "On ValueError write the lines of this batch one by one, and count those that raise ValueError again as "
    "rejected. A repeated write is harmless.",
)
STORED_TWICE = Hint(
    "time-of-arrival",
    "One reading, sent twice, became two points. What is different about them?",
    "The key of a point is measurement, tags and time stamp. With the time of arrival in it, a repeated message is "
    "a new point.",
    "Use the line of `line_of` as it is: it has the time of the reading.",
)
STATS = Hint(
    "stats",
    "Compare the numbers in `stats` with what was sent.",
    "`received` counts every message that arrived, `stored` those whose line the database has, `rejected` the "
    "poison. In the end received = stored + rejected.",
    "Count `received` in `on_message`, and the other two after the batch is stored.",
)
FLUSH = Hint(
    "stop-writes",
    "`stop()` was called while readings were waiting. Where are they now?",
    "What waits when the collector stops is written and acknowledged first. (If it cannot be written, it is not "
    "acknowledged, and the broker keeps it.)",
    "Set a flag, wake your thread, `join()` it, and disconnect after that. The thread leaves its loop when the flag "
    "is set *and* nothing waits.",
)

# 2.6 downsample_task

TASK_OPTION = Hint(
    "task-option",
    "How does the database know when to run it?",
    "A task begins with `option task = {name: \"…\", every: 1h}`. The value of `every` is a duration, so it has no "
    "quotes.",
    "In an f-string the braces of Flux are doubled: `option task = {{name: \"…\", every: {every}}}`.",
)
NO_TO = Hint(
    "no-to",
    "The query computed means. Where did they go?",
    "A task shows nothing to anybody: what is not written with `to` is gone.",
    "End the pipeline with `|> to(bucket: \"…\")`, with the target.",
)
WHOLE_HISTORY = Hint(
    "since-the-last-run",
    "Which time does each run read?",
    "A task that reads everything each hour gets slower every day. It reads the time since its last run: the last "
    "`every`, up to now.",
    "`range(start: -task.every)`.",
)
NUMBERS_ONLY = Hint(
    "numbers-only",
    "Which fields does your task average?",
    "`mean` fails on a text field, and then the whole run fails. A mean of `uptime` is a number without meaning.",
    "`filter(fn: (r) => r._field == \"temperature\" or r._field == \"humidity\")` before `aggregateWindow`.",
)
KEEP_SERIES = Hint(
    "keep-series",
    "Whose mean is it? Look at the tags of the points in the target.",
    "`group()` puts all nodes into one table, and then there is one mean for the whole house. Leave the tables as "
    "`filter` gives them: one for each series.",
    "No `group` and no `drop` in the pipeline: from, range, filter, aggregateWindow, to.",
)
WINDOW_MEAN = Hint(
    "window-mean",
    "Compare the values and times in the target with the readings in the source.",
    "`aggregateWindow(every: …, fn: mean)` makes one mean for each window, with the time of its end. Windows have "
    "the length `every`, the same as the timetable.",
    "`aggregateWindow(every: task.every, fn: mean, createEmpty: false)`.",
)
SAME_BUCKET = Hint(
    "same-bucket",
    "What happens when source and target are one bucket?",
    "The means go back among the readings, and the next run averages them too. Nobody can take them out again.",
    "Compare the two names at the beginning and raise ValueError.",
)
