"""Hints of lab 08: one for each misconception that its checks recognise, in the order of the exercises."""

from __future__ import annotations

from labkit.checks.hints import Hint

# 8.1 parse_f2_topic

LAST_HYPHEN = Hint(
    "last-hyphen",
    "At which hyphen do you split `energy-meter-10`?",
    "A component's name may have hyphens of its own. Only the last one separates it from the id.",
    "`rpartition(\"-\")` splits at the last hyphen; so does a regular expression with a greedy `(.+)-`.",
)
NORMALISE_MAC = Hint(
    "normalise-mac",
    "Two spellings of one MAC address: are they two controllers?",
    "Hexadecimal digits come in either case. Kafka's key and the database compare texts, so one controller would "
    "become two.",
    "Keep `mac.lower()` in the address. Accept both cases when you check the digits.",
)
CONNECTOR_NUMBER = Hint(
    "connector-number",
    "Which type has `connector`, and which numbers may it be?",
    "The connector is a number from 1 to 99. In the database it is compared with a number, never with a text; 0, 100 "
    "and signs are no connector.",
    "Check that it is one or two of the digits 0 to 9, then `int(...)`, then that it is not 0.",
)
WHOLE_TEXT = Hint(
    "whole-text",
    "Does your pattern look at the whole text, or only at its beginning?",
    "`re.match` is content when the beginning fits, and `$` also stands before a line break at the end. `isdigit()` "
    "and `\\d` take digits of all scripts.",
    "Use `fullmatch`, and write the digits as `[0-9]`.",
)
CODE_ORDER = Hint(
    "code-order",
    "This topic has more than one fault. Which one is named first?",
    "The same fault must have the same name whoever looks at it, so the order is part of the contract: prefix, number "
    "of levels, MAC, mode, connector, component.",
    "Check one thing after the other, in the order of the docstring, and raise at the first that is wrong.",
)
CODE = Hint(
    "error-code",
    "Compare the code of your error with the one that was expected.",
    "Programs read the code: it says where a dead letter belongs, and dashboards count by it.",
    "`raise DecodeError(\"BAD_MAC\", \"what is wrong, for a person\")`, with the code of the part at fault.",
)

ID_IS_TEXT = Hint(
    "id-is-text",
    "Which type has `id`?",
    "The pin's position stays a text, as it came: the database writes positions as texts, and `012` is not `12`.",
    "Leave the digits as they are: no `int(...)` for the id. Only the connector becomes a number.",
)

# 8.2 Connector

KEY = Hint(
    "key-is-the-device",
    "What decides in which partition a record lands?",
    "Kafka keeps the order within a partition only. Records of one key share a partition, so the key is the "
    "controller: with none, or with one per topic, two readings of a device can overtake each other.",
    "The key is `f2-` and the MAC in lower case: `parse_f2_topic(topic).device_id`. If the topic cannot be read, None.",
)
AS_IT_CAME = Hint(
    "as-it-came",
    "Compare the record with the message: every byte, and the topic.",
    "The raw log is the only copy of what a device said. Decoding may be wrong and be repaired later; what was not "
    "kept cannot be decoded anew.",
    "Send the payload unchanged as the value, and the headers of the message along: `taken.headers`.",
)
UNREADABLE_GOES_ON = Hint(
    "unreadable-goes-on",
    "What becomes of a message whose topic cannot be read?",
    "The connector only moves messages. If it drops this one, nobody ever hears of it; if it raises, it stops all "
    "others.",
    "Catch DecodeError around the key, use None as the key, and send the record like any other.",
)
ACK_EARLY = Hint(
    "acknowledged-too-early",
    "When may the broker forget a message?",
    "The acknowledgement tells the broker that the message is safe. A producer's `send` only puts it into the memory "
    "of this process; Kafka has it when the delivery report says so. In between, a crash loses it.",
    "Set `taken.delivered` in the function that you give as `delivered=`, and acknowledge only what is delivered.",
)
NOT_ACKED = Hint(
    "never-acknowledged",
    "Kafka has the record. Who tells the broker?",
    "A message that is never acknowledged comes again with the next connection, and after some hundred of them the "
    "broker gives out no more.",
    "In `acknowledge`: as long as the oldest message that waits is delivered, take it out and `ack` it.",
)
TOO_LARGE = Hint(
    "too-large",
    "What becomes of a message that Kafka never takes?",
    "A record has a million bytes at most. Without an answer for that case the message is tried for ever, and all "
    "behind it wait.",
    "Give `send` also `too_large=`: a function without arguments that calls `self.put_aside(taken, key)`.",
)
COUNT_DELIVERED = Hint(
    "count-delivered",
    "Who looks at `stats[\"stored\"]`, and when does it grow?",
    "The cells below, and the house's watchdog, wait for it: it says how many records Kafka has.",
    "In the function that you give as `delivered=`: `self.stats[\"stored\"] += 1`.",
)
ACKED_AGAIN = Hint(
    "acknowledged-again",
    "What does the next call of `acknowledge` find in `waiting`?",
    "It is called again and again. A message that stays in the line is acknowledged each time; the second one may hit "
    "another message, since the broker uses its numbers again.",
    "Take an arrival out when you acknowledge it: `self.ack(self.waiting.popleft())`.",
)
STANDS_STILL = Hint(
    "stands-still",
    "When does your method return?",
    "One thread reads from the broker, talks to Kafka and calls your methods. As long as one of them waits, no "
    "delivery report can come: it waits for what it holds up itself.",
    "`acknowledge` returns as soon as the oldest message is not delivered yet: `while self.waiting and "
    "self.waiting[0].taken.delivered:`.",
)
CONNECTOR_OUTAGE = Hint(
    "kafka-away",
    "Kafka was away for a moment. What did your connector do with the messages of that time?",
    "They are still with the broker, unacknowledged, or in the producer's memory. Neither an error nor a full queue "
    "may end the connector.",
    "Let the outbox try again by itself, and acknowledge nothing until it reports the delivery.",
)
SESSION = Hint(
    "session-lost",
    "The connector was killed, and started again. Who has the messages meanwhile?",
    "The broker keeps a session for a client id that does not ask for a clean one, with all that this client has not "
    "acknowledged.",
    "Keep the `client_id` that you were given, and acknowledge nothing that is not delivered.",
)

# 8.3 load_parameters

BY_PIN = Hint(
    "by-pin",
    "Compare the keys of your dictionary with the expected ones.",
    "A message names connector, component and position. All values that its payload holds stand in one list, in the "
    "order of their DataPointId.",
    "`read_parameters(conn, mac)` returns it in that form.",
)
UNKNOWN_MAC = Hint(
    "unknown-controller",
    "What does your function return for a controller that the database does not know?",
    "That is no failure of the database: the answer is that there are no parameters. The processor makes a dead "
    "letter of it, with a code of its own.",
    "Return the empty dictionary. It may be remembered like any other answer.",
)
CACHE = Hint(
    "asked-again",
    "How often does the database hear of the same controller?",
    "A thousand messages a second would be a thousand equal questions a second. The answer changes when somebody "
    "edits a table, once a week.",
    "Keep a dictionary from MAC to parameters for each connection, and look into it first.",
)
UNKNOWN_REMEMBERED = Hint(
    "unknown-asked-again",
    "How often does the database hear of a controller that it does not know?",
    "\"No parameters\" is an answer, too. A device that nobody has entered publishes as often as any other, and would "
    "be a question for each of its messages.",
    "Ask whether the MAC is in the cache, `mac not in known`, not whether the answer is empty: `{}` counts as false.",
)
LISTEN_ONCE = Hint(
    "listens-again",
    "What does your function send to the database although the answer is in memory?",
    "`LISTEN` holds as long as the connection. Saying it again takes a journey to the server for each message: "
    "nearly as long as the question that the cache saves.",
    "Say `LISTEN` where a connection gets its cache: `if conn not in loaded:`. `conn.notifies(timeout=0)` sends "
    "nothing.",
)
NO_LIMIT = Hint(
    "no-limit",
    "Somebody publishes under a new MAC address each second. How large is your cache after a year?",
    "Whoever can publish can fill a memory without a limit, until the processor dies. What is thrown away is only "
    "asked for again.",
    "Before an answer is put in: `if len(known) >= MOST_CONTROLLERS:` make room; to clear all is good enough.",
)
NEW_CONNECTION = Hint(
    "new-connection",
    "What is in `loaded` for a connection that your function has never seen?",
    "Nothing: `loaded` begins empty, so `loaded[conn]` raises KeyError the first time. Somebody has to put the "
    "connection's own empty dictionary there.",
    "`if conn not in loaded:` say LISTEN, then `loaded[conn] = {}`; look into `loaded[conn]` after that.",
)
FIRST_QUESTION = Hint(
    "first-question",
    "What is in the cache for a controller that nobody has asked for yet?",
    "Nothing: a dictionary raises KeyError for a key that it does not have.",
    "`if mac not in known:` ask the database, and put the answer in; `return known[mac]` after that.",
)
STALE = Hint(
    "never-invalidated",
    "A row was changed in the database. Who tells your cache?",
    "The tables' triggers say `NOTIFY device_parameters` when a change is committed. A connection that has said "
    "`LISTEN device_parameters` hears it, as a notification that waits until somebody looks.",
    "Before you look into the cache: `if any(conn.notifies(timeout=0)): cache.clear()`. LISTEN comes before the first "
    "query, else a change in between is missed.",
)
ONE_CACHE = Hint(
    "cache-of-another-connection",
    "Where did these parameters come from: this database, or another one?",
    "A cache by MAC alone mixes databases, and outlives the connection whose notifications keep it right.",
    "Keep the cache by connection: `loaded: WeakKeyDictionary` maps a connection to its own dictionary.",
)
AUTOCOMMIT = Hint(
    "autocommit",
    "Does a transaction ever end on this connection?",
    "PostgreSQL delivers notifications between transactions only. A connection without autocommit is in one from its "
    "first query on, and would never hear of a change.",
    "`if not conn.autocommit: raise ValueError(...)` at the beginning.",
)

# 8.4 decode

FORMAT = Hint(
    "undo-the-format",
    "What are the bytes of this payload, before any number is read?",
    "The format says how bytes were written: as they are, as pairs of hexadecimal digits (with 0x, colons, spaces, "
    "white space around), or as base64. Offset and Length count bytes after that is undone.",
    "First undo the format, then cut `data[offset:offset + length]`, then go on.",
)
FIELD = Hint(
    "cut-the-field",
    "Which bytes of the payload belong to this value?",
    "The field begins at Offset. Its length is Length; if that is 0, the width of the type, or for a type without a "
    "width all the rest. Bytes behind it belong to other values.",
    "`length = point.Length or WIDTHS.get(name, 0)`, and `end = offset + length if length else None`.",
)
ORDER = Hint(
    "byte-order",
    "In which order do the bytes of this number come?",
    "AB, ABCD, … is big-endian, the default; LE turns all bytes round; CDAB swaps the words of a Modbus register, BADC "
    "the bytes in each word. The letters say which byte of the number comes first on the wire.",
    "`order.index(\"A\")` is the place of the most significant byte on the wire: take the places of A, B, C, … one "
    "after the other.",
)
SIGN = Hint(
    "sign",
    "Look at the highest bit of the field.",
    "INT is two's complement: with the highest bit set the number is negative. SMINT16 has a sign bit and the amount. "
    "UINT has no sign at all.",
    "`int.from_bytes(field, \"big\", signed=...)`: True for names that begin with INT. For SMINT16 look at bit 15 and "
    "take the other 15 bits.",
)
FLOATS = Hint(
    "float-width",
    "How many bytes has this float, and what do they mean?",
    "FLOAT16, FLOAT32 and FLOAT64 are IEEE 754 numbers of 2, 4 and 8 bytes. They share nothing but the idea: read "
    "with another width, the bits mean another number.",
    "`struct.unpack` with `\">e\"`, `\">f\"` or `\">d\"`, on the bytes in big-endian order.",
)
SCALE = Hint(
    "implied-point",
    "Where is the decimal point of an integer?",
    "An integer, BCD or DEC without a point has an implied one: the raw number is divided by 10 to the power of "
    "Decimals. WholeNumber never moves it.",
    "`raw / 10 ** point.Decimals`. Multiplying with 0.1 gives 21.500000000000004 for some numbers.",
)
ROUNDING = Hint(
    "ties-to-even",
    "Which of two neighbours is nearer? And if both are equally near?",
    "A number with a point of its own is rounded to Decimals. Exactly in the middle the even digit wins, so that a "
    "million roundings have no drift. Python's `round` does that on the exact binary value.",
    "`round(number, point.Decimals) + 0.0`; the addition makes 0.0 of -0.0.",
)
ZERO = Hint(
    "zero-without-sign",
    "Which sign has a zero here?",
    "A float knows -0.0, and prints it. A sensor at -0.04 °C with one decimal has 0.0: two ways to write one value "
    "look like two values to whoever compares texts.",
    "Add 0.0 after rounding: `-0.0 + 0.0` is `0.0`, and no other number changes.",
)
LIMIT_ROUNDED = Hint(
    "limit-after-rounding",
    "How many digits does the value have after it was rounded?",
    "99.96 has two whole digits, and with one decimal it is 100.0, which has three. What is stored is the rounded "
    "value, so that is what must be plausible.",
    "Round first, then compare the result with `10 ** point.WholeNumber`.",
)
LIMIT = Hint(
    "whole-digits",
    "How many digits does the value have before its point?",
    "WholeNumber is a check of plausibility, after scaling: 99.9 has two whole digits, 100.0 has three. 0 stands for "
    "no limit. It never changes a value.",
    "Compare the amount of the value with `10 ** point.WholeNumber`: equal is too much already.",
)
TEXTS = Hint(
    "text-affixes",
    "Compare the text, with what stands before and behind it.",
    "STRING loses NUL bytes at its end only; HEXSTR is two digits a byte in lower case. Both stand between Prepend and "
    "Append. A number never gets them: it must stay a number.",
    "`f\"{point.Prepend}{text}{point.Append}\"` for STRING and HEXSTR, nothing for the others.",
)
DIGITS = Hint(
    "packed-digits",
    "What does each half of the byte mean?",
    "In BCD every half of a byte is one decimal digit: 0x42 is forty-two, not sixty-six. A half above 9 is no digit.",
    "`field.hex()` shows the digits as a text: `isdecimal()` tells whether all are, `int` reads them.",
)
BITS = Hint(
    "bit-numbers",
    "Where is bit 0?",
    "Bit 0 is the lowest of the whole field, after its bytes are in big-endian order. Both ends of BITS belong to the "
    "number.",
    "Shift the number right by the lower end, and keep `high - low + 1` bits with `&`.",
)
DEC = Hint(
    "decimal-text",
    "Which texts are numbers here, and which does Python take beside them?",
    "DEC has a sign, digits and at most one point, with white space around. `float()` also takes `1e5`, `nan`, `inf` "
    "and `1_000`. Without a point the number has an implied one, with a point it is rounded.",
    "Match a regular expression first; then `float` if there is a point in the text, else `int` and scale.",
)
FIRST_FAULT = Hint(
    "first-fault-first",
    "This payload has more than one fault. Which one comes first in the table?",
    "The codes are checked in the order of the table, whoever decodes: a dead letter must not change its name with "
    "the program that wrote it.",
    "Keep the fault of the row, and raise it at its place: BAD_DECIMALS and BAD_OFFSET before the empty payload, the "
    "others after the format is undone.",
)
FAULT_CODE = Hint(
    "named-fault",
    "What should happen to this payload?",
    "Somebody has to find the device that sends it: the code says what is wrong. A value that is only nearly right "
    "is worse than none.",
    "Raise DecodeError with the code of the table, also where Python raises an error of its own (catch that), and "
    "where it would take the value without a word.",
)

# 8.5 Processor

MEASUREMENT = Hint(
    "measurement",
    "Compare the record that you sent with the expected one, field by field.",
    "The next stage reads these names, and its key is made of five of them. One message may hold several values: each "
    "becomes a record of its own.",
    "`component_type` and `unit` come from the parameter, the rest from the topic and the raw record.",
)
PIN_POSITION = Hint(
    "pin-position",
    "Two connectors have a `temperature-3` each. How many rows will there be?",
    "The table's key has no column for the connector. With the id alone as `pin_position` the two are one row, and "
    "the second reading is thrown away as a repeat of the first.",
    "`f\"{address.connector}:{address.id}\"`.",
)
ARRIVAL = Hint(
    "time-of-arrival",
    "Which moment does your measurement carry?",
    "The raw record says when the message arrived. It is a part of the key: a record that is decoded again must get "
    "the same time, or it becomes a second row.",
    "`raw.timestamp`, never the clock of the processor.",
)
SAME_KEY = Hint(
    "key-goes-on",
    "Which key has your record?",
    "The next stage, too, wants all records of a controller in one partition and in order.",
    "Give `record.key()` of the raw record to `send`, for measurements and dead letters.",
)
POISON = Hint(
    "poison",
    "What becomes of the records behind one that cannot be read?",
    "An error that leaves `handle` makes the stage do the batch again, and the same record fails again, for ever. One "
    "bad byte would stop the house.",
    "Catch DecodeError for each value, and make a dead letter of it; let all other errors through.",
)
OTHER_VALUES = Hint(
    "other-values",
    "One value of this payload cannot be read. What becomes of its other values?",
    "Two bytes of an energy meter may be missing, and the voltage stands in those that came. Each value is decoded by "
    "itself: a measurement or a dead letter, one for each parameter.",
    "Put the `try` into the loop over the parameters, append the dead letter to what was found, and go on.",
)
LEADING_ZEROS = Hint(
    "leading-zeros",
    "Under which position does the database know `humidity-04`?",
    "The topic has digits as somebody wrote them, the database has a number. `04` and `4` are one pin.",
    "Look for `address.id.lstrip(\"0\") or \"0\"`; the measurement keeps the id as it came.",
)
COUNTS = Hint(
    "counts",
    "What does `handle` return?",
    "The frame adds what `handle` returns to `stats`. A watchdog and the lab's plots read them: a processor that works "
    "and counts wrong looks broken, and the other way round.",
    "Count while you send: `received` is the length of the batch, each record that goes out is one of the others.",
)
OBSERVED = Hint(
    "way-of-each-row",
    "Who hears how long a measurement was on its way?",
    "`observe` makes the histogram of the whole way, from arrival at the connector to the row.",
    "`parse_measurement` gives the moment of arrival beside the row: `self.observe(time.time() - moment)` for each, "
    "when the rows are there.",
)
LETTER = Hint(
    "dead-letter",
    "What does somebody need who repairs this device next week?",
    "A dead letter has the code, the topic, the payload, and the DataPointId if the message got so far. A code of its "
    "own tells an unknown controller from an unknown pin.",
    "`dead_letter(error.code, error.reason, raw.topic, raw.payload, raw.timestamp, point=..., source=raw.source)`.",
)
COMMIT_EARLY = Hint(
    "committed-too-early",
    "What happens to these records if the process dies now?",
    "A committed offset says: done, never give it to us again. `send` only puts a record into this process's memory. "
    "Whoever commits before the delivery loses what is in it.",
    "Send everything, `wait_for_delivery()`, and only then `commit(records)`.",
)
NOT_COMMITTED = Hint(
    "never-committed",
    "Where does the group go on after a restart?",
    "Without a commit it begins anew each time, and all is decoded again and again.",
    "`self.commit(records)` at the end of `handle`, after the delivery.",
)
NOTHING_CAME = Hint(
    "nothing-came",
    "Look at `stats[\"error\"]` of the stage: what does it say?",
    "Errors in `handle` do not end the stage: it says them in `stats` and tries the batch again.",
    "Call `handle` by hand with one record in a cell of its own, or read the error and its line.",
)

# 8.6 Sink

BATCHES = Hint(
    "one-transaction-each",
    "How many transactions does a batch take?",
    "Each commit waits for the disk. A thousand rows in one transaction cost hardly more than one row.",
    "Collect the rows of a batch, and write them together: `COPY` into a temporary table, or `executemany`, in one "
    "`with conn.transaction()`.",
)
ROWS = Hint(
    "rows-as-they-came",
    "Compare the rows of the table with the records.",
    "Every column has its field. Numbers go to `iot_measurements`, texts to `iot_texts`, which has the same columns.",
    "`parse_measurement` gives the row in the order of the columns.",
)
ON_CONFLICT = Hint(
    "on-conflict",
    "The same record came again. What does the database say?",
    "Every stage before may repeat a record. Its key is in the table already, so a plain INSERT fails, and with it the "
    "whole batch, for ever.",
    "`INSERT ... ON CONFLICT DO NOTHING`.",
)
KEEPS_FIRST = Hint(
    "equal-components",
    "Which columns tell these two rows apart?",
    "A repeat is a record with the same five columns of the key. Two connectors may have equal components, two "
    "components one moment: those are different rows.",
    "Let the table's primary key decide. Do not sort repeats out by yourself.",
)
POISON_ROW = Hint(
    "poison-row",
    "What becomes of the rows beside one that cannot be stored?",
    "One bad row makes the whole transaction fail. It must not stop the others, and nothing may vanish without a "
    "word.",
    "Put what `parse_measurement` refuses aside at once. When the database refuses a batch with a DataError, divide it "
    "in halves until one row is left, and put that aside.",
)
DATABASE_AWAY = Hint(
    "database-away",
    "The database was away for a moment. Where were the rows?",
    "They are in Kafka, as long as their offsets are not committed. An error of the connection says nothing about the "
    "rows: it is no reason for a dead letter.",
    "Let `psycopg.OperationalError` leave `handle`: the stage connects anew and does the batch again. Commit after "
    "the transaction.",
)
