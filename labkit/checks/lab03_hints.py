"""Hints of lab 03: one for each misconception that its checks recognise, in the order of the exercises.

The first ones are of the language and not of an exercise: what the compiler or a sanitizer reports.
"""

from __future__ import annotations

from labkit.checks.hints import Hint

# C++

DOES_NOT_COMPILE = Hint(
    "does-not-compile",
    "Read the compiler's first message; the others often follow from it.",
    "The compiler reads the file from the top, and says where it could not go on: the mistake is in that line, or at "
    "the end of the one before (a missing `;`, `)` or `}`). It names what it expected there.",
    "Run the cell of the file again: its card shows the first message in plain words, with the line. Mend that one, "
    "run the cell, and look at what is left.",
)
OUT_OF_BOUNDS = Hint(
    "out-of-bounds",
    "Which index, or how many bytes, did your code use there, and how many are there?",
    "C++ does not look whether an index lies inside an array, or a copy inside its memory: it reads and writes "
    "whatever is there. On a board that changes some other variable, and the fault shows much later. The sanitizer "
    "watches each access.",
    "The last index is the size minus one; an index that runs around needs `% Capacity`. Before you copy, compare "
    "the number of bytes with the room that is left.",
)
ROWS = Hint(
    "rows",
    "Does the third argument of `read_members` say how many rows `fields` has?",
    "`fields` is handed over as an address: `read_members` cannot see how many rows stand there and goes by the "
    "number that you give. One too many, and it reads what lies behind the table.",
    "Count the rows: two for set_led, three for a command, six for a manifest.",
)
DANGLING = Hint(
    "dangling",
    "To whom does the memory belong that you point at, and how long does it live?",
    "A `std::string_view`, a pointer and a reference hold no bytes: they say where some are. When the variable that "
    "owns those bytes is gone (a local variable at the end of its function, a temporary at the end of its line), "
    "they point at nothing.",
    "Return a view of what the caller handed in (`out`, `message`), or copy into something that the caller owns; "
    "never return a view or reference of a local variable.",
)
OVERFLOW = Hint(
    "overflow",
    "How large can this number become, and how many bits has its type?",
    "An `int` that grows beyond its 32 bits, or a shift by as many bits as the type has, is undefined in C++: "
    "anything may come of it. A number that doubles with each failure gets there after 31 of them.",
    "Calculate in `std::uint64_t`, and stop the exponent at a number of doublings that has passed any cap (31, say).",
)
DIVIDES_BY_ZERO = Hint(
    "divides-by-zero",
    "What stands behind the `/` or `%`, and can it be 0?",
    "A remainder is a division too. `% size_` is one by zero as long as nothing is in the buffer, and it would count "
    "items where places are meant.",
    "Places of an array run around at its own length: `% Capacity`, which is never 0.",
)
NULL_POINTER = Hint(
    "null-pointer",
    "Which pointer or reference in that line can be null?",
    "Whoever follows a null pointer reads at address 0, where nothing is: the program is ended. `nullptr` is no "
    "text: a view that is made of it looks for its end at address 0.",
    "An empty view, and an empty reason, is `{}`. Else make sure that the pointer points at something before it is "
    "used. A function that returns a reference to a local variable gives such a null reference as well.",
)

ENDLESS_LOOP = Hint(
    "endless-loop",
    "Which loop does not end, and what should end it?",
    "The call was not back in time. A loop ends when its condition becomes false, so something in its body must "
    "change what the condition looks at. `for (std::size_t i = n; i >= 0; --i)` never ends: an unsigned number is "
    "never below 0.",
    "Write down what the loop's variable is in the first, the second and the last turn. And never wait for time to "
    "pass: these functions get the time handed in.",
)
ENDS_PROGRAM = Hint(
    "ends-program",
    "Your code ended the whole program. What should happen instead?",
    "On a board there is nobody to start a program again: `exit`, `abort`, an `assert` that fails or an exception "
    "that nobody catches is a restart. A bad message must not have that power.",
    "Return what the header says for bad input: an empty message, a `Reason`, or `false`.",
)

# 3.1 write_telemetry

EXACT_BYTES = Hint(
    "exact-bytes",
    "Compare both messages character by character: keys, their order, spaces, brackets.",
    "Other programs were written for this message, so it is the same to the byte each time: the keys in the order of "
    "the contract, `, ` between members and `: ` behind a key, all in one line.",
    "`JsonWriter` puts the separators for you. Write the keys in the order of the example above, the two of "
    "`sensors` between `begin(\"sensors\")` and `end()`. Each `begin` has its `end()`: two of each here.",
)
EMPTY_VIEW = Hint(
    "empty-view",
    "The view is empty. Did the writer have all the room, and could it write every value?",
    "`JsonWriter::view()` is empty when something did not fit, or could not be written. The room is `capacity`: "
    "`sizeof out` is the size of an address, 8 bytes, since `out` is a pointer and not an array.",
    "`JsonWriter json(out, capacity);`, and at the end `return json.view();`.",
)
ONE_DIGIT = Hint(
    "one-digit",
    "Look at the digits behind the decimal point.",
    "The sensor measures tenths, and the message says tenths: exactly one digit, also for 22.0, never an exponent. "
    "`%f` writes six digits, `%g` drops a zero, and a cast to int cuts instead of rounding.",
    "`JsonWriter::decimal` does it, or the format `%.1f`.",
)
NUMBER_TYPES = Hint(
    "number-types",
    "Which type has this number in `Reading`, and into which one did you put it?",
    "A time stamp needs 64 bits: 32 of them end in the year 2038. `uptime` is unsigned: read as a signed number it "
    "becomes negative after 68 years of seconds, or at once in a test. A conversion that loses bits says nothing.",
    "Hand the members to `JsonWriter::integer` as they are; with `snprintf` use `PRId64` and `PRIu32` of <cinttypes>.",
)
NOT_A_NUMBER = Hint(
    "not-a-number",
    "What does your message say when the sensor gives no number?",
    "JSON knows neither NaN nor infinity: `nan` in a message makes it unreadable for everybody. A sensor whose wire "
    "broke gives such values. Comparisons with NaN are all false, so `value > limit` does not find it.",
    "`JsonWriter::decimal` refuses them, and then `view()` is empty. By hand: refuse unless `std::fabs(value) <= "
    "1e6F`.",
)
UNKNOWN_TIME = Hint(
    "unknown-time",
    "When was a reading measured whose time stamp is 0?",
    "`kUnknownTime` says that the board does not know the time yet. A message that says 1970 would be stored under "
    "1970, and look like a measurement.",
    "Return an empty view when `reading.timestamp == kUnknownTime`, before anything is written.",
)
HALF_MESSAGE = Hint(
    "half-message",
    "The memory was too small. What did your function return then?",
    "Half a JSON message is worse than none: the reader cannot even tell what is missing. `snprintf` cuts off what "
    "does not fit and returns how long the whole would have been; `JsonWriter::view()` is empty when something did "
    "not fit.",
    "Return `json.view()`, or compare the length that was needed with `capacity` and return `{}`.",
)
EXACT_FIT = Hint(
    "exact-fit",
    "The message is as long as the memory. Does it fit?",
    "A `std::string_view` knows its length and needs no zero byte at its end, so a message of `capacity` bytes fits. "
    "`snprintf` does write a zero byte, and takes one byte more for it.",
    "With `snprintf`, write into an array of your own that is one byte larger, then copy the message with "
    "`std::memcpy` if it is at most `capacity` bytes long.",
)
OUTSIDE_MEMORY = Hint(
    "outside-memory",
    "Where do the bytes lie that you returned?",
    "The caller hands in the memory (`out`, `capacity`), so that the board needs no heap and two messages can exist "
    "at the same time. A `static` array is overwritten by the next call, and a local one is gone when the function "
    "returns.",
    "Write into `out`, and return a `std::string_view` of it: `{out, length}`.",
)

# 3.2 parse_command, find_action, parse_set_led

READ_BEFORE_REFUSING = Hint(
    "read-before-refusing",
    "What does the acknowledgement of a refused command say about its id?",
    "Whoever sent the command waits for an answer with its id. So what can be read of id and name is filled in even "
    "when the command is refused for something else.",
    "Read both into `command` before the first `return` that refuses; remember in two `bool`s whether each could be "
    "read.",
)
LEFT_OVERS = Hint(
    "left-overs",
    "What was in `command` before your function ran?",
    "The caller may use the same object for each message. What this message does not say must not be answered with "
    "the id of the one before.",
    "Begin with `command = Command();`.",
)
REFUSE_FORM = Hint(
    "refuse-form",
    "Read again what is refused (above, and in command.hpp): which of it does your function let through?",
    "A node does what it is told, so it must be sure what it was told. A key that stands twice, an id that is a "
    "number, params that are a list: two readers could understand two things.",
    "`read_members` refuses a missing name and a key that stands twice. Then look yourself: is the id text of 1 to "
    "32 bytes (if there is one), is the name text of 1 to 24 bytes, are the params an object (if there are any)?",
)
REFUSES_TOO_MUCH = Hint(
    "refuses-too-much",
    "This command is fine. Which of your conditions refused it?",
    "Id and params may be missing, and keys that the node does not know are passed over: a newer manager may send "
    "more than an older node needs.",
    "Ask `kind() != Kind::kNothing` before you judge what may be missing, and give `OtherKeys::kIgnore` for the "
    "command itself.",
)
SAY_WHY = Hint(
    "say-why",
    "Somebody reads this reason on another screen. Does it tell them what to mend?",
    "A reason names the thing that is wrong: the key, or the byte at which the JSON breaks off, or the unknown name.",
    "`because(\"unknown command '\", name, \"'\")`, `because(\"brightness must be 0 to 255\")`; for JSON the byte "
    "that `parse_json` stopped at, with `append_number`.",
)
TOO_LONG = Hint(
    "too-long",
    "How long is this message, and how much does a node read?",
    "A node has memory for messages of up to `kCommandSize` bytes, and whoever sends more has to hear it. JSON that "
    "is fine may still be too long.",
    "Compare `message.size()` with `kCommandSize` before anything else, and return `because(kTooLong)`.",
)
ACTION_NAMES = Hint(
    "action-names",
    "Follow this name through your `if … else if …`, letter by letter: in which branch does it end?",
    "A name is a command only if it is the whole name: `set_led2`, `Set_led` and the empty text are unknown.",
    "Compare whole texts with `==`. When none is equal, return a reason with the name, and leave `action` as it is.",
)
WHOLE_NUMBER = Hint(
    "whole-number",
    "Which brightness values are whole numbers from 0 to 255?",
    "`\"128\"` is a text, `1.0` has a fraction, `true` is no number. And 256 in eight bits is 0: a lamp that should "
    "be as bright as can be would go dark.",
    "`JsonValue::to(std::int64_t&)` is true only for whole numbers. Compare in 64 bits, and convert to "
    "`std::uint8_t` at the very end.",
)
ON_OR_OFF = Hint(
    "on-or-off",
    "Which values of `state` does the header allow?",
    "`on` and `off`, as text. Whoever takes everything else as `off` switches lamps off by mistake.",
    "Read it into a `Text<3>`, and refuse when it cannot be read or is neither `on` nor `off`.",
)
STATE_REFUSED = Hint(
    "state-refused",
    "This state is fine. Which of your conditions refused it?",
    "`on` and `off` are both good. A `Text<2>` has no room for `off`: reading it fails. And a state is wrong only if "
    "it is neither the one nor the other.",
    "`Text<3> state;`, and then `!(state == \"on\" || state == \"off\")`, or `state != \"on\" && state != \"off\"`.",
)
KEPT_BRIGHTNESS = Hint(
    "kept-brightness",
    "The command says nothing about the brightness. Which one should the lamp have?",
    "A missing brightness means the one that `led` came with: “on” makes the lamp as bright as it was.",
    "Start with `std::int64_t brightness = led.brightness;` and overwrite it only if the key is there.",
)
UNKNOWN_PARAMS = Hint(
    "unknown-params",
    "What if somebody writes `brigthness`?",
    "In params an unknown key is refused: a typing mistake would otherwise be done half, and acknowledged as a whole.",
    "`read_members(params, fields, 2, OtherKeys::kRefuse)`.",
)
ALL_OR_NOTHING = Hint(
    "all-or-nothing",
    "The command was refused. What did it change?",
    "A command is done as a whole or not at all: `led` is written only when everything has been judged.",
    "Keep what you read in local variables, and assign `led.on` and `led.brightness` in the last lines, after the "
    "last refusal.",
)

# 3.3 Backoff

STATES = Hint(
    "states",
    "Find the state in the drawing above: which arrows leave it?",
    "Each call is an arrow. A call that has no arrow in the present state changes nothing: a failure that is "
    "reported twice counts once.",
    "Begin each function with the states in which it does nothing: `if (state_ != State::kTrying) return;`.",
)
ONCE = Hint(
    "may-try-once",
    "`may_try` said yes. What should it say when it is asked again?",
    "The main loop asks in every turn, thousands of times a second. After the first yes the attempt is under way.",
    "`may_try` changes the state to TRYING when it says yes.",
)
TIME_HANDED_IN = Hint(
    "time-handed-in",
    "Compare the moment with `due()`: what should have happened by then?",
    "Nothing happens by itself: time passes only through the calls. When the moment has come (at `due_`, not one "
    "millisecond later), `tick` moves WAITING to READY, and ON TRIAL to HOLDING.",
    "`if (now < due_) return;` and then the two changes. Let `may_try` call `tick(now)` first.",
)
CAPPED = Hint(
    "capped",
    "How long is the wait after this many failures?",
    "min(cap, base × 2ⁿ): doubled after each failure, until the cap. Without the cap a node that was offline for a "
    "day would come back after a week.",
    "Calculate base × 2ⁿ in 64 bits with `n` at most 31, and return the smaller one of it and the cap.",
)
TOO_MANY_TURNS = Hint(
    "too-many-turns",
    "How many turns does your loop make after four thousand million failures?",
    "A loop that doubles once for each failure is right and takes as many turns as there were failures. After a few "
    "the cap is passed, and nothing changes any more.",
    "Let the loop end as soon as the cap is reached, or do without one: shift by at most 31.",
)
FULL_JITTER = Hint(
    "full-jitter",
    "Look at many waits together: which values come, and how often?",
    "All nodes of a house lose the broker in the same moment. Each waits for a time between 0 and the ceiling, both "
    "included, all as likely: then they come back one after the other.",
    "`(random_.next() * choices) >> 32` with `choices = ceiling + 1` in 64 bits gives 0 … ceiling, each as likely.",
)
COUNTS_ON = Hint(
    "counts-on",
    "The session ended before it had held for `hold_ms`. How many failures are there now?",
    "A broker that accepts and throws out again at once is not well. Were the count set back at each connection, the "
    "node would knock again and again without pause.",
    "Set `failures_ = 0` in `tick`, when ON TRIAL becomes HOLDING, and nowhere else.",
)
COUNTED_ANEW = Hint(
    "counted-anew",
    "The session held for long enough. How many failures should be remembered?",
    "A session that has held was a good one: the next failure is the first again, with the shortest wait.",
    "In `tick`: when `due_` has come in ON TRIAL, go to HOLDING and set `failures_ = 0`.",
)

# 3.4 RingBuffer

RING_ORDER = Hint(
    "ring-order",
    "Draw the array, and where `first_` and the new item stand.",
    "Item `i`, counted from the oldest, stands at `(first_ + i) % Capacity`: behind the last place comes place 0 "
    "again.",
    "`push` writes at `(first_ + size_) % Capacity`, `at(i)` reads at `(first_ + i) % Capacity`, removing the oldest "
    "moves `first_` one place on, around the end.",
)
KEEP_NEWEST = Hint(
    "keep-newest",
    "The buffer is full and a new item comes. Which one has to go?",
    "The newest readings are worth most: the oldest makes room, and the new one is always taken.",
    "In `push`, when `size_ == Capacity`, remove the oldest first, then append as always.",
)
PUSH_ANSWER = Hint(
    "push-answer",
    "What does `push` answer when it had to push something out?",
    "True if there was room, false if the oldest item was pushed out: the node counts what is lost by it.",
    "Remember `const bool room = size_ < Capacity;` before you change anything, and return it.",
)
NUMBERING = Hint(
    "numbering",
    "Which number has the oldest item now?",
    "Items are numbered from 0 since the start, for ever. Each item that leaves, removed or pushed out, makes the "
    "next one the oldest: its number is one higher.",
    "Put everything that belongs to it into `remove_oldest`: `first_`, `size_` and `oldest_number_`. Use it in "
    "`push` and in `remove`.",
)
WRONG_NUMBER = Hint(
    "wrong-number",
    "Which item should this call remove, and is it still the oldest?",
    "While a reading is on its way, newer ones may push it out. The acknowledgement then names an item that is gone, "
    "and nothing else may be removed in its place: that would be a reading lost. An empty buffer has nothing to "
    "remove.",
    "`if (size_ == 0 || number != oldest_number_) return false;`",
)
NO_HEAP = Hint(
    "no-heap",
    "Where does the memory of your container come from?",
    "`std::vector`, `std::deque`, `std::string` and `new` take memory from the heap while the program runs. On a "
    "board that runs for years the heap falls to pieces, and one day a request fails. The buffer has its memory from "
    "the start.",
    "Use the array `items_` and the three numbers beside it.",
)
NODE_KEEPS = Hint(
    "node-keeps",
    "The buffer does well with numbers. What does the node do with it besides?",
    "The node pushes each reading, writes the time stamp into it through `at` as soon as the clock is known, sends "
    "the oldest, and removes it by its number when the broker has acknowledged it. What leaves the buffer earlier is "
    "lost, what stays is sent again, and a stamp that is written into a copy is lost too.",
    "`at` returns a reference to the item in `items_`, not to a copy. `items_[place] = item;` copies the whole item.",
)

# 3.5 status

STATUS_BYTES = Hint(
    "status-bytes",
    "Compare both messages character by character.",
    "Status, last will and acknowledgement are the same to the byte each time, in the form of the examples above: "
    "keys in that order, `, ` between members, `: ` behind a key.",
    "Use `JsonWriter` as in 3.1: `text` for text, `integer` for numbers, `boolean` for `ok`.",
)
LEFT_OUT = Hint(
    "left-out",
    "What does the acknowledgement say about an id that could not be read?",
    "What the node does not know it leaves out: `\"id\": \"\"` would be an answer to a command with an empty id. A "
    "reason stands there only when the command was refused.",
    "`if (!ack.id.empty()) json.text(\"id\", ack.id.view());`, likewise for the command and the reason.",
)
ESCAPES = Hint(
    "escapes",
    "The text has a quotation mark in it. Where does the JSON text end?",
    "An id comes from somebody else. A `\"`, a `\\` or a control character in it must be escaped, or the message "
    "ends in the middle, or says something that nobody said.",
    "`JsonWriter::text` escapes. Whoever puts JSON together by hand has to do it for every text.",
)
OK_OR_REASON = Hint(
    "ok-or-reason",
    "When was a command done, and when was it refused?",
    "An empty reason means that it was done. `ok` says the same as a JSON boolean, without quotation marks.",
    "`json.boolean(\"ok\", ack.reason.empty())`, and the reason behind it if there is one.",
)
WILL = Hint(
    "will",
    "The board lost its power. What do others read in its status?",
    "A dead board cannot say anything. It leaves its last will with the broker when it connects: the retained status "
    "`offline`, which replaces `online`.",
    "`write_offline` writes `{\"node_id\": \"node_01\", \"status\": \"offline\"}`; the node hands that to the broker "
    "as its will. It must never be empty.",
)

# 3.6 compare, check_manifest, check_image

VERSION_NUMBERS = Hint(
    "version-numbers",
    "Which is newer, 1.10.0 or 1.9.0?",
    "A version is three numbers, not a text: 10 comes after 9. The first number that differs decides, so 2.0.0 is "
    "newer than 1.9.9.",
    "Compare `major`; if equal `minor`; if equal `patch`. Do not subtract: unsigned numbers wrap around.",
)
PRE_RELEASE = Hint(
    "pre-release",
    "Which comes first, 1.0.0-beta or 1.0.0?",
    "A version with something behind the dash is a try before the finished one: 1.0.0-beta < 1.0.0. Two tries are "
    "compared part by part, numbers as numbers: beta.2 < beta.11.",
    "If one of the two `pre_release` texts is empty, that version comes last; if both are, they are equal; else "
    "`compare_pre_release` decides.",
)
DOWNGRADE = Hint(
    "downgrade",
    "The manifest offers this version. Would you install it?",
    "Only a newer version is installed. An older one brings back the holes that were mended since, and the same one "
    "again is a restart for nothing.",
    "Refuse when `compare(manifest.version, present) <= 0`.",
)
MIN_VERSION = Hint(
    "min-version",
    "Which firmware is meant by `min_version`?",
    "It is the oldest firmware that can take this step: compared with the one that runs now, not with the new one. "
    "It may be missing; if it is there, it must be a version.",
    "Parse it, and refuse when `compare(present, least) < 0`.",
)
SIZE_LIMIT = Hint(
    "size-limit",
    "Which sizes fit into the slot?",
    "1 to `slot_size` bytes, as a whole number; an image that fills the slot fits. A number that is put into 32 bits "
    "before it is compared may have lost what made it too large.",
    "Read it into a `std::int64_t`, refuse `size < 1 || size > running.slot_size`, convert afterwards.",
)
MANIFEST_FORM = Hint(
    "manifest-form",
    "Read again what is refused (above, and in manifest.hpp): which of it does your function let through?",
    "A manifest decides what a board runs for years. A missing key, one that stands twice, one that nobody knows, "
    "another product's name, an address that is none: all are refused before a byte is fetched.",
    "`read_members(params, fields, 6, OtherKeys::kRefuse)`, then the name, and at the end an address that begins "
    "with `http://` or `https://`.",
)
GOOD_MANIFEST = Hint(
    "good-manifest",
    "This manifest is fine. Which of your conditions refused it?",
    "`min_version` may be missing, the address may begin with `http://` or `https://`, the digest may have capital "
    "letters, and an image may fill the slot to the last byte.",
    "Give `false` as the third item of the field that may be missing, and judge it only if its `kind()` is not "
    "`kNothing`.",
)
DIGEST_FORM = Hint(
    "digest-form",
    "How many hexadecimal digits has a SHA-256, and may they be capital letters?",
    "64 digits for 32 bytes, large or small letters. A digest that is cut short would compare equal with too many "
    "images.",
    "Read it into a `Text<64>`, and give that to `parse_digest`, which refuses everything else.",
)
MANIFEST_FILLED = Hint(
    "manifest-filled",
    "The manifest is fine. What did your function put into `manifest`?",
    "The node fetches `manifest.url`, and compares size and SHA-256 of what came with what is in `manifest`: "
    "whatever is not filled in there is compared with nothing.",
    "Fill in `version_text`, `version`, `size`, `sha256` and `url`, each where you read it.",
)
IMAGE_SIZE = Hint(
    "image-size",
    "How many bytes came, and how many did the manifest promise?",
    "A line that breaks leaves an image that is too small, and a wrong file is often too large. Both are told by "
    "their size.",
    "Refuse when `received` is smaller or larger than `manifest.size`, each with a reason of its own.",
)
IMAGE_DIGEST = Hint(
    "image-digest",
    "In which bytes do the two digests differ?",
    "One changed bit of an image changes about half of the 32 bytes of its SHA-256, but you cannot know which: all "
    "32 are compared.",
    "`if (digest != manifest.sha256)`: `std::array` compares all of its bytes.",
)
