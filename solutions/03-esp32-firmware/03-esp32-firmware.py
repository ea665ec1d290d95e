# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03: ESP32 firmware
#
# **90 minutes** · before this: labs 01 and 02; a little C helps · runs on: an MQTT broker and a C++ compiler · adds
# to your house: the part `node`, in C++
#
# Who sends the readings of labs 01 and 02? A board with a processor, some memory, a radio and a sensor. Its program is
# its **firmware**. In this lab you write it: much of it is given, and what matters is yours.
#
# | | at the end you can | exercises |
# |---|---|---|
# | A | write JSON into a fixed piece of memory, with nothing lost and nothing beyond its end | 3.1, 3.5 |
# | B | read a message that may be anything, and refuse with a reason | 3.2 |
# | C | build a state machine that gets its time and its chance from outside, so that a test can ask it anything | 3.3 |
# | D | store and forward: keep readings while the network is away, and send them in order | 3.4 |
# | E | decide whether a firmware may be replaced by another | 3.6 |

# %% [markdown]
# ## What will stand at the end
#
# ![Six files that you write, between the sensor and the broker. Readings go through ring_buffer.hpp and telemetry.cpp to the MQTT broker. Commands come back through command.cpp to lamp and flash memory, by way of manifest.cpp for updates. status.cpp answers, backoff.cpp decides when to connect. Below them: ports to an ESP32, or to this computer in its place.](images/what-will-stand.svg)
#
# You need no board for this lab. Your files will run here as a **virtual board**: the same C++, with this computer in
# place of the hardware. First the finished thing: the next cell starts a broker and a simulated board, and shows one
# live reading.

# %%
import json
import queue

import paho.mqtt.client as mqtt

from labkit import board_view, check, hint, house_plan, simulated_board, start

services = start("mqtt")
broker = services.mqtt
finished = simulated_board(broker, 1, interval=1.0)

readings, statuses = queue.SimpleQueue(), queue.SimpleQueue()
listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
listener.username_pw_set(broker.username or None, broker.password or None)
for kind, place in {"telemetry": readings, "status": statuses}.items():
    put = lambda client, userdata, message, place=place: place.put(json.loads(message.payload))
    listener.message_callback_add(f"iot/node/+/{kind}", put)
both = [("iot/node/01/#", 1), ("iot/node/02/#", 1)]  # the finished board, and later yours
listener.on_connect = lambda *arguments: listener.subscribe(both)
listener.connect(broker.host, broker.port)
listener.loop_start()

print(broker)
readings.get(timeout=10)

# %% [markdown]
# And here it is as a picture, live for five minutes:

# %%
board_view(finished)

# %% [markdown]
# A board does not only talk, it also obeys. `tell` sends a command, and waits for the answer with the same `id`:

# %%
import uuid


def tell(node, command, **params):
    """Send a command to a node, and return its answer."""
    request = {"id": uuid.uuid4().hex[:8], "command": command, "params": params}
    listener.publish(f"iot/node/{node}/command", json.dumps(request), qos=1)
    while True:
        answer = statuses.get(timeout=10).get("ack", {})
        if answer.get("id") == request["id"]:
            return answer


print(tell("01", "set_led", state="on", brightness=128))
print(tell("01", "set_led", state="on", brightness=300))

# %% [markdown]
# The lamp in the picture above is on, at half of its brightness. The second command was refused, with a reason, and
# changed nothing.

# %% [markdown]
# ## 1. C++ for a small board
#
# *Objective A*
#
# An ESP32 has about 300,000 bytes of memory for your program, runs for years, and nobody is there to restart it. So:
#
# - **The program is compiled** before it runs, and every value has a type of known size: `std::uint32_t` is a whole
#   number of 32 bits without a sign, `std::int16_t` one of 16 bits with a sign, `float` a number with a fraction.
# - **No heap while it runs.** The heap is where Python's objects live. It gets holes with the years, until a piece
#   of the wanted size is nowhere. So a function here does not make memory: its caller hands it some.
#
# ![An array out of 224 bytes belongs to the caller. The function writes a message into its first bytes. A string_view, an address and a length, points at them and owns nothing.](images/memory-view.svg)
#
# - **A view owns nothing.** `std::string_view` is an address and a length: it looks at bytes of somebody else.
# - **A reference is another name.** `const Reading& reading` is the caller's own reading, not a copy; `const`
#   promises not to change it. Without `const` a function gives something back in this way.
#
# A cell that starts with `%%cpp` and a file name is C++. With a `main` it is a program: it is compiled and run.

# %% [markdown]
# **Predict.** `head` is a view of the first four bytes of `memory`. Then the memory is changed. What will the second
# line say?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-1", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
%%cpp views.cpp
#include <iostream>
#include <string_view>

int main() {
  char memory[16] = "temperature";         // 16 bytes: they are here
  const std::string_view all(memory, 11);  // looks at 11 of them
  const std::string_view head = all.substr(0, 4);
  std::cout << head << ", " << head.size() << " bytes\n";

  memory[0] = 'T';
  std::cout << head << "\n";
}

# %% [markdown]
# <details><summary>What happened</summary>
#
# It says **Temp**. No byte was ever copied: `substr` made another view of the same memory. That is fast, and a trap:
# never return a view of a variable of your own function; when the function is over, that memory is gone.
# </details>
#
# `JsonWriter` works in this way: it writes into memory of the caller. Each call adds one member. When something does
# not fit, `view()` is empty: half a message never leaves the board.

# %%
%%cpp writer.cpp
#include <iostream>

#include "json_writer.hpp"

int main() {
  char memory[64];
  node::JsonWriter json(memory, sizeof memory);
  json.begin().text("room", "bath").begin("sensors").decimal("humidity", 61.27F).end().end();
  std::cout << json.view() << "\n";

  node::JsonWriter small(memory, 20);
  small.begin().text("room", "bath").decimal("humidity", 61.27F).end();
  std::cout << "in 20 bytes: '" << small.view() << "', ok: " << small.ok() << "\n";
}

# %% [markdown]
# Notice `decimal`: one digit after the point, as a cheap sensor deserves. The `F` makes `61.27` a `float`.

# %% [markdown]
# ### Exercise 3.1: `write_telemetry` (3 points)
#
# **Write** the function that makes a reading into the telemetry message of the house. Its cell is the file
# `telemetry.cpp` of your firmware. One line, with the members in this order:
#
# ```json
# {"node_id": "node_01", "timestamp": 1704844800, "sensors": {"temperature": 22.5, "humidity": 45.2}, "wifi_rssi": -65, "uptime": 3600}
# ```
#
# - *Output*: a view of the message in `out`, which has `capacity` bytes.
# - *Failure*: an empty view (`return {};`) if the time stamp is `kUnknownTime`. If a value is not a number or beyond
#   ±1,000,000, or if the message does not fit, `JsonWriter` makes it empty for you.
#
# ```c++
# // C++ card. The reading has: timestamp, temperature, humidity, uptime, wifi_rssi
# if (reading.uptime == 0) return {};       // leave with an empty view
# json.begin("sensors").decimal("humidity", reading.humidity).end();  // an object inside
# json.integer("uptime", reading.uptime);   // also: text, boolean
# return json.view();                       // when each begin has had its end
# //
# // and, or, not, True are &&, ||, !, true; each statement ends with a semicolon
# ```
#
# Write your lines in place of each `#error`, then run the cell: it says whether the file compiles, and which line is
# wrong if it does not. *View → Show Line Numbers* shows the numbers.

# %% nbgrader={"grade": false, "grade_id": "ex-03-1", "locked": false, "schema_version": 3, "solution": true}
%%cpp telemetry.cpp
#include "telemetry.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_telemetry(std::string_view node_id, const Reading& reading, char* out,
                                 std::size_t capacity) {
  // ### BEGIN SOLUTION
  if (reading.timestamp == kUnknownTime) return {};
  // ### END SOLUTION
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).integer("timestamp", reading.timestamp);
  // ### BEGIN SOLUTION
  json.begin("sensors")
      .decimal("temperature", reading.temperature)
      .decimal("humidity", reading.humidity)
      .end();
  json.integer("wifi_rssi", reading.wifi_rssi).integer("uptime", reading.uptime).end();
  return json.view();
  // ### END SOLUTION
}

}  // namespace node

# %% [markdown]
# Before you trust it, test it. A cell `%%cpp test_….cpp` is a program of **test cases**, a beginning to which you may
# add your own. The first one takes up to half a minute, as doctest itself is compiled; later ones a second or two.

# %%
%%cpp test_telemetry.cpp
#include "telemetry.hpp"

#include <doctest/doctest.h>

TEST_CASE("a reading is one line of JSON") {
  const node::Reading reading{1704844800, 22.5F, 45.2F, 3600, -65};
  char memory[node::kTelemetrySize];
  const auto message = node::write_telemetry("node_01", reading, memory, sizeof memory);
  CHECK(message.substr(0, 22) == "{\"node_id\": \"node_01\",");
  CHECK(message.size() == 133);
}

TEST_CASE("what does not fit is not sent") {
  const node::Reading reading{1704844800, 22.5F, 45.2F, 3600, -65};
  char memory[40];
  CHECK(node::write_telemetry("node_01", reading, memory, sizeof memory).empty());
}

# %% nbgrader={"grade": true, "grade_id": "check-03-1", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("03.1")

# %% [markdown]
# Stuck? `hint("03.1")` in a cell of your own shows the next level of the hint.

# %% [markdown]
# ## 2. Trust no message
#
# *Objective B*
#
# Anybody who may publish can send your node anything: no JSON, a number in quotes, a brightness of 300, the same key
# twice. A board that crashes on a message crashes again after each restart, if the message is retained. So a command
# is taken apart in steps, and each step may refuse:
#
# ![A message goes through parse_command, find_action and parse_set_led to the lamp. Each of the three may refuse with a reason. The answer goes back to the sender, with the id of the command.](images/command-path.svg)
#
# A function here returns *why not*: a `Reason`, which is empty when all is well. What it found goes into a variable
# of the caller. The kit's reader works like this, too: `value.to(number)` says whether the value is a whole number,
# and only then puts it into `number`.

# %% [markdown]
# **Predict.** Which of the five values below does `to(number)` take as a whole number?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-2", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
%%cpp reader.cpp
#include <iostream>

#include "json_reader.hpp"

int main() {
  const char* text = R"({"a": 128, "b": 128.0, "c": "128", "d": 300, "e": 1e2})";
  node::JsonValue root;
  std::size_t stopped_at = 0;
  if (!node::parse_json(text, root, stopped_at)) return 1;
  node::JsonMembers members(root);
  while (members.next()) {
    std::int64_t number = -1;
    const bool taken = members.value().to(number);
    std::cout << members.key() << ": " << members.value().raw() << " taken: " << taken
              << ", number: " << number << "\n";
  }
}

# %% [markdown]
# <details><summary>What happened</summary>
#
# **128 and 300.** A number with a point or an exponent is none that a brightness can be, and text is text. And 300
# *is* a whole number: whether it is a brightness is for you to say.
# </details>
#
# ### Exercise 3.2: `set_led` (4 points)
#
# **Write** what is missing in three functions of `command.cpp`: four places with `#error`. To check one function
# before the others are written, delete their `#error` too. Read `parse_set_interval` first, which is given: a table
# says which keys there are and where their values go, `read_members` refuses what does not fit it, then each value is
# judged, and only then something is changed.
#
# **`parse_set_led(params, led)`** reads `{"state": "on", "brightness": 128}`. The table is given. Judge both values,
# then set `led.on` and `led.brightness`. When you refuse, `led` stays as it was.
#
# - `state` is the text `on` or `off`; otherwise `state must be on or off`.
# - `brightness` is a whole number from 0 to 255; otherwise `brightness must be 0 to 255`. It may be missing: the lamp
#   keeps the one that `led` came with.
#
# ```c++
# // C++ card. A text, and a number that may be missing, in a command for a horn
# Text<4> tone;                                 // room for 4 bytes
# if (!tone_value.to(tone) || !(tone == "high" || tone == "low")) {
#   return because("tone must be high or low");
# }
# std::int64_t volume = horn.volume;            // what holds if nothing is said
# const bool given = volume_value.kind() != JsonValue::Kind::kNothing;  // is the key there?
# if (given && !volume_value.to(volume)) return because("volume must be a number");
# horn.volume = static_cast<std::uint8_t>(volume);  // 64 bits into 8
# ```
#
# **`parse_command(message, command)`** takes a message apart into `command.id`, `command.command` and
# `command.params`.
#
# - *First place.* The caller may use one `command` for many messages: make it new (`command = Command();`). Then
#   refuse a `message.size()` above `kCommandSize`: `because(kTooLong)`.
# - *Second place.* Also a refused command is answered, with its `id` and its name: so read both before you refuse for
#   anything. The `id` is read; read `name` into `command.command` in the same way. Then refuse, in this order, with
#   `reason` if it is not empty; `id must be text of 1 to 32 bytes`; `command must be text of 1 to 24 bytes`, if there
#   is none or it is empty; `params must be a JSON object`, if there are any (`has_params`) and they are none
#   (`is_object()`).
#
# **`find_action(name, action)`** knows five names. The last one, `restart` (`Action::kRestart`), is missing: go on
# with `} else if (…) {` in place of the `#error`. Any other name is refused. A reason has up to three pieces:
# `because("unknown command '", name, "'")`.

# %% nbgrader={"grade": false, "grade_id": "ex-03-2", "locked": false, "schema_version": 3, "solution": true}
%%cpp command.cpp
#include "command.hpp"

namespace node {

Reason parse_nothing(const JsonValue& params) {
  return read_members(params, nullptr, 0, OtherKeys::kRefuse);
}

Reason parse_set_interval(const JsonValue& params, std::uint32_t least, std::uint32_t most,
                          std::uint32_t& seconds) {
  JsonValue value;
  const JsonField fields[] = {{"seconds", &value, true}};
  const Reason reason = read_members(params, fields, 1, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  std::int64_t number = 0;
  if (!value.to(number) || number < least || number > most) {
    Reason out_of_range = because("seconds must be a whole number from ");
    append_number(out_of_range, least);
    out_of_range.append(" to ");
    append_number(out_of_range, most);
    return out_of_range;
  }
  seconds = static_cast<std::uint32_t>(number);
  return {};
}

Reason parse_set_led(const JsonValue& params, LedCommand& led) {
  JsonValue state_value;
  JsonValue brightness_value;
  const JsonField fields[] = {{"state", &state_value, true},
                              {"brightness", &brightness_value, false}};
  const Reason reason = read_members(params, fields, 2, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;

  // ### BEGIN SOLUTION
  Text<3> state;
  if (!state_value.to(state) || !(state == "on" || state == "off")) {
    return because("state must be on or off");
  }
  std::int64_t brightness = led.brightness;
  const bool given = brightness_value.kind() != JsonValue::Kind::kNothing;
  if (given && (!brightness_value.to(brightness) || brightness < 0 || brightness > 255)) {
    return because("brightness must be 0 to 255");
  }
  led.on = state == "on";
  led.brightness = static_cast<std::uint8_t>(brightness);
  // ### END SOLUTION
  return {};
}

Reason parse_command(std::string_view message, Command& command) {
  // ### BEGIN SOLUTION
  command = Command();
  if (message.size() > kCommandSize) return because(kTooLong);
  // ### END SOLUTION
  JsonValue root;
  std::size_t stopped_at = 0;
  if (!parse_json(message, root, stopped_at)) {
    Reason reason = because("malformed JSON at byte ");
    append_number(reason, stopped_at);
    return reason;
  }
  if (!root.is_object()) return because("a command must be a JSON object");

  JsonValue id;
  JsonValue name;
  const JsonField fields[] = {
      {"id", &id, false}, {"command", &name, true}, {"params", &command.params, false}};
  const Reason reason = read_members(root, fields, 3, OtherKeys::kIgnore);
  // Both first: the acknowledgement names what could be read, whatever is wrong with the rest.
  const bool has_id = id.kind() != JsonValue::Kind::kNothing;
  const bool has_params = command.params.kind() != JsonValue::Kind::kNothing;
  const bool id_read = !has_id || (id.to(command.id) && !command.id.empty());
  // ### BEGIN SOLUTION
  const bool name_read = name.to(command.command) && !command.command.empty();
  if (!reason.empty()) return reason;
  if (!id_read) return because("id must be text of 1 to 32 bytes");
  if (!name_read) return because("command must be text of 1 to 24 bytes");
  if (has_params && !command.params.is_object()) return because("params must be a JSON object");
  // ### END SOLUTION
  return {};
}

Reason find_action(std::string_view name, Action& action) {
  if (name == "set_led") {
    action = Action::kSetLed;
  } else if (name == "set_interval") {
    action = Action::kSetInterval;
  } else if (name == "update_firmware") {
    action = Action::kUpdateFirmware;
  } else if (name == "rollback_firmware") {
    action = Action::kRollbackFirmware;
  // ### BEGIN SOLUTION
  } else if (name == "restart") {
    action = Action::kRestart;
  } else {
    return because("unknown command '", name, "'");
  // ### END SOLUTION
  }
  return {};
}

}  // namespace node

# %%
%%cpp test_command.cpp
#include "command.hpp"

#include <doctest/doctest.h>

TEST_CASE("what is refused changes nothing") {
  node::JsonValue params;
  std::size_t stopped_at = 0;
  REQUIRE(node::parse_json(R"({"state": "off", "brightness": 256})", params, stopped_at));
  node::LedCommand led{true, 40};
  CHECK(node::parse_set_led(params, led) == "brightness must be 0 to 255");
  CHECK(led.on);
  CHECK(led.brightness == 40);
}

TEST_CASE("nothing of an earlier command is left") {
  node::Command command;
  command.id.assign("c-16");
  CHECK(node::parse_command(R"({"command": "restart"})", command).empty());
  CHECK(command.id.empty());
  CHECK(command.command == "restart");
}

# %% nbgrader={"grade": true, "grade_id": "check-03-2", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.2")

# %% [markdown]
# ## 3. Try again, but when?
#
# *Objective C*
#
# A broker restarts. Two hundred nodes lose their connections in the same second. If each tries again after 1, 2, 4, 8
# … seconds, all two hundred knock at the same moments. The cure is **full jitter**: wait for a random time between 0
# and the limit.
#
# ![Five states. READY goes to TRYING by may_try, TRYING to ON TRIAL by connected, ON TRIAL to HOLDING after hold_ms. failed leads from TRYING, ON TRIAL and HOLDING to WAITING. When the delay is over, WAITING goes to READY. The delay is a random time from 0 to the smaller of cap and base times two to the number of failures.](images/state-machine.svg)
#
# A **state machine** is in one of a few named states, and events lead from one to the next. Note ON TRIAL: a broker
# that lets you in and throws you out a second later is not well. Only a session that has *held* for a while makes the
# count of failures begin anew.
#
# This machine has no clock and no dice of its own. **Both are handed in**: each call says what time it is, and chance
# comes from a `Random&` that the caller chose. A test then lives through a day in a millisecond.

# %% [markdown]
# **Predict.** The broker of 200 nodes is away for 40 seconds. On the left each node waits for exactly 1, 2, 4, 8 …
# seconds, on the right for a random part of it. How many knock at once, at most, on each side?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-3", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
import random

import pandas as pd
import plotly.express as px


def knocks(jitter):
    """When 200 nodes try to connect in the first 40 seconds, to the nearest 0.1 s."""
    for _ in range(200):
        now, failures = 0.0, 0
        while now < 40:
            limit = min(60.0, 1.0 * 2**failures)
            now += random.uniform(0, limit) if jitter else limit
            failures += 1
            yield round(now, 1)


ways = ("exact", "full jitter")
attempts = [(way, second) for way in ways for second in knocks(way == "full jitter")]
crowd = pd.DataFrame(attempts, columns=["wait", "second"]).value_counts().reset_index(name="at once")
print(crowd.groupby("wait")["at once"].max())
plot = px.bar(crowd, x="second", y="at once", facet_col="wait", category_orders={"wait": ways},
              range_x=[0, 40], range_y=[0, 210], title="200 nodes knock at the door")
plot.update_traces(width=0.25, marker_line_width=0).show()

# %% [markdown]
# <details><summary>What happened</summary>
#
# All **200** at once on the left, again and again. With jitter it is a few dozen in the first second, where the limit
# is short, and a handful later.
# </details>
#
# One trap is left. What is 1,000 × 2ⁿ after many failures? (`1'000` is 1000; the mark is for the eye.)

# %%
%%cpp doubling.cpp
#include <cstdint>
#include <iostream>

int main() {
  for (std::uint32_t failures : {1U, 22U, 23U, 30U}) {
    const std::uint32_t base_ms = 1'000;
    const std::uint32_t narrow = base_ms << failures;  // << n: times two, n times
    const std::uint64_t wide = static_cast<std::uint64_t>(base_ms) << failures;
    std::cout << failures << " failures: " << narrow << " in 32 bits, " << wide << " in 64\n";
  }
}

# %% [markdown]
# In 32 bits the doubling has fallen off the upper end. After 30 failures the wait is **0**: the node that was away
# for longest knocks without a pause. And a shift by 64 or more is not defined at all in C++: anything may happen.

# %% [markdown]
# ### Exercise 3.3: `Backoff` (4 points)
#
# **Write** `ceiling_ms` and the arrows of the drawing in `backoff.cpp`. One arrow is given, `connected` from TRYING to
# ON TRIAL: look at it first. In a state from which no such arrow leads, an event changes nothing.
#
# | function | arrow | also |
# |---|---|---|
# | `tick(now)` | WAITING → READY, and ON TRIAL → HOLDING, once `now` has reached `due_` | HOLDING sets `failures_` to 0 |
# | `may_try(now)` | READY → TRYING | does `tick(now)` first; `true` if it was READY, else `false` |
# | `failed(now)` | TRYING, ON TRIAL, HOLDING → WAITING | does `tick(now)` first; `due_` is `now` plus the wait; counts the failure |
#
# `ceiling_ms(failures)` is the longest wait: `limits_.base_ms` × 2 to the power of `failures`, but never more than
# `limits_.cap_ms`. For every `failures`, also 4,000,000,000. `failed` waits for 0 to `ceiling_ms(failures_)`
# milliseconds, both included, each as likely as the others.
#
# ```c++
# // C++ card. Members: state_, failures_, due_, limits_ (base_ms, cap_ms, hold_ms), random_
# // States: State::kReady, kTrying, kOnTrial, kHolding, kWaiting
# if (state_ == State::kTrying || state_ == State::kHolding) return;
# const std::uint64_t wide = static_cast<std::uint64_t>(limits_.base_ms) << n;  // n: 0 to 31
# return static_cast<std::uint32_t>(wide);      // once it is small enough
# const std::uint64_t wait = (random_.next() * choices) >> 32U;  // 0 to choices - 1
# ```
#
# For example:
#
# ```c++
# backoff.failed(5'000);        // the first failure; base_ms is 1'000, and chance says 500
# backoff.may_try(5'499);       // false
# backoff.may_try(5'500);       // true
# backoff.may_try(5'500);       // false: it is under way
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-03-3", "locked": false, "schema_version": 3, "solution": true}
%%cpp backoff.cpp
#include "backoff.hpp"

#include <limits>

namespace node {

std::uint32_t Backoff::ceiling_ms(std::uint32_t failures) const {
  // ### BEGIN SOLUTION
  // In 64 bits, and never shifted further than they reach: after 31 doublings any cap is passed.
  const std::uint32_t doublings = failures < 31U ? failures : 31U;
  const std::uint64_t grown = static_cast<std::uint64_t>(limits_.base_ms) << doublings;
  return grown < limits_.cap_ms ? static_cast<std::uint32_t>(grown) : limits_.cap_ms;
  // ### END SOLUTION
}

bool Backoff::may_try(std::uint64_t now) {
  // ### BEGIN SOLUTION
  tick(now);
  if (state_ != State::kReady) return false;
  state_ = State::kTrying;
  return true;
  // ### END SOLUTION
}

void Backoff::connected(std::uint64_t now) {
  if (state_ != State::kTrying) return;
  state_ = State::kOnTrial;
  due_ = now + limits_.hold_ms;
}

void Backoff::failed(std::uint64_t now) {
  // ### BEGIN SOLUTION
  tick(now);
  if (state_ == State::kReady || state_ == State::kWaiting) return;
  // ### END SOLUTION
  // Each of 0 … ceiling is as likely as the others: 32 random bits × choices, the upper half.
  const std::uint64_t choices = static_cast<std::uint64_t>(ceiling_ms(failures_)) + 1U;
  // ### BEGIN SOLUTION
  due_ = now + ((random_.next() * choices) >> 32U);
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  state_ = State::kWaiting;
  // ### END SOLUTION
}

void Backoff::tick(std::uint64_t now) {
  // ### BEGIN SOLUTION
  if (now < due_) return;
  if (state_ == State::kWaiting) state_ = State::kReady;
  if (state_ == State::kOnTrial) {
    state_ = State::kHolding;
    failures_ = 0;
  }
  // ### END SOLUTION
}

std::uint64_t Backoff::due() const {
  if (state_ == State::kReady) return 0;
  const bool timed = state_ == State::kWaiting || state_ == State::kOnTrial;
  return timed ? due_ : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace node

# %%
%%cpp test_backoff.cpp
#include "backoff.hpp"

#include <doctest/doctest.h>

// Dice that always show the middle.
class Middle : public node::Random {
 public:
  std::uint32_t next() override { return 0x8000'0000; }
};

TEST_CASE("after a failure it waits, and then tries once") {
  Middle dice;
  node::Backoff backoff({1'000, 60'000, 10'000}, dice);
  CHECK(backoff.may_try(5'000));
  backoff.failed(5'000);
  const std::uint64_t due = backoff.due();
  CHECK(due > 5'000);
  CHECK(due <= 6'000);
  CHECK_FALSE(backoff.may_try(due - 1));
  CHECK(backoff.may_try(due));
  CHECK_FALSE(backoff.may_try(due));
}

# %% nbgrader={"grade": true, "grade_id": "check-03-3", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.3")

# %% [markdown]
# ## 4. Store and forward
#
# *Objective D*
#
# While the network is away, the sensor goes on. Readings wait in a **ring buffer**: an array of fixed size whose end
# is joined to its beginning. Nothing is ever moved: two numbers say where the oldest reading lies and how many there
# are.
#
# ![A ring of eight cells, numbered 0 to 7 outside. Cells 6, 7, 0, 1 and 2 hold the readings 14 to 18. first_ is 6, size_ is 5. push writes to cell (6 + 5) modulo 8, which is 3. When the ring is full, the oldest reading goes first.](images/ring-buffer.svg)
#
# When it is full, the *oldest* reading makes room: of an hour without network the newest minutes are worth most.
#
# Each reading has a **number**. A message is on its way, the buffer is full, and a new reading pushes out the one
# that was just sent. Then the acknowledgement comes. "Remove the oldest" would now remove another one, which was
# never sent! So whoever removes says which number it means.
#
# And arithmetic on places is where C++ bites. Python says `IndexError`. C++ says nothing: a write beyond the end of
# an array changes whatever lies there.

# %% [markdown]
# **Predict.** The loop below writes to five cells of an array of four. On a board, what would happen to `lamp`?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-4", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
%%cpp one_too_far.cpp
#include <iostream>

int main() {
  int lamp = 7;
  int cells[4] = {0, 0, 0, 0};
  for (int i = 0; i <= 4; ++i) {
    cells[i] = i;
  }
  std::cout << "lamp is " << lamp << "\n";
}

# %% [markdown]
# <details><summary>What happened</summary>
#
# On a board nobody knows: perhaps `lamp` becomes 4, perhaps the program dies an hour later at another place. Here
# your programs are compiled with **sanitizers**: each access is watched, and the first bad one stops the program and
# is told with its line. They cost too much for a board, which is why one tests on the computer.
# </details>

# %% [markdown]
# ### Exercise 3.4: `RingBuffer` (4 points)
#
# **Write** three functions of the class in `ring_buffer.hpp`. It is a **template**: `RingBuffer<Reading, 720>` is the
# class for 720 readings, and `RingBuffer<int, 3>` for three numbers. Its four variables stand at its end; `at` is
# given, and shows how a place runs around.
#
# - `remove_oldest()`: the oldest item goes. Which of the variables change?
# - `push(item)`: appends an item. `true` if there was room. If the buffer is full, the oldest one makes room, and the
#   answer is `false`.
# - `remove(number)`: removes the oldest item if it has this number, `true`. Otherwise nothing happens, `false`; also
#   if the buffer is empty.
#
# Items are numbered from 0 in the order in which they were pushed; `oldest_number_` is the number of the oldest, or
# of the next one if the buffer is empty.
#
# ```c++
# RingBuffer<int, 3> buffer;
# buffer.push(10); buffer.push(11); buffer.push(12);   // true, true, true
# buffer.push(13);                                     // false: 10 is gone
# buffer.oldest();                                     // 11
# buffer.remove(0);                                    // false: number 0 was pushed out
# buffer.remove(1);                                    // true: 11 is gone
# ```
#
# The check also runs your buffer inside a whole node, whose broker goes away for five seconds. It takes ten seconds;
# the first time up to a minute, since the whole node is compiled. Read on meanwhile.

# %% nbgrader={"grade": false, "grade_id": "ex-03-4", "locked": false, "schema_version": 3, "solution": true}
%%cpp ring_buffer.hpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace node {

/// A queue of fixed size that keeps the newest `Capacity` items: when it is full, a new item takes
/// the place of the oldest.
///
/// Every item has a number, counted from 0 since the start. Whoever sends an item away remembers
/// its number and says with it what may be removed: by then the item may have been pushed out, and
/// another one be the oldest.
template <typename Item, std::size_t Capacity>
class RingBuffer {
  static_assert(Capacity > 0, "a buffer holds something");

 public:
  /// Appends an item. The answer is false if that pushed out the oldest one.
  bool push(const Item& item) {
    // ### BEGIN SOLUTION
    const bool room = size_ < Capacity;
    if (!room) remove_oldest();
    items_[(first_ + size_) % Capacity] = item;
    ++size_;
    return room;
    // ### END SOLUTION
  }

  /// Removes the oldest item if it still has this number; otherwise nothing happens, and the
  /// answer is false.
  bool remove(std::uint32_t number) {
    // ### BEGIN SOLUTION
    if (empty() || number != oldest_number_) return false;
    remove_oldest();
    return true;
    // ### END SOLUTION
  }

  /// Item `index`, counted from the oldest one, which is 0.
  Item& at(std::size_t index) {
    return items_[(first_ + index) % Capacity];
  }

  /// The oldest item; only while the buffer is not empty.
  const Item& oldest() const { return items_[first_]; }

  /// The number of the oldest item.
  std::uint32_t oldest_number() const { return oldest_number_; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  static constexpr std::size_t capacity() { return Capacity; }

 private:
  void remove_oldest() {
    // ### BEGIN SOLUTION
    first_ = (first_ + 1) % Capacity;
    --size_;
    ++oldest_number_;
    // ### END SOLUTION
  }

  std::array<Item, Capacity> items_{};  // the cells
  std::size_t first_ = 0;               // cell of the oldest item
  std::size_t size_ = 0;                // items in the buffer
  std::uint32_t oldest_number_ = 0;
};

}  // namespace node

# %%
%%cpp test_ring_buffer.cpp
#include "ring_buffer.hpp"

#include <doctest/doctest.h>

TEST_CASE("a full buffer keeps the newest") {
  node::RingBuffer<int, 3> buffer;
  for (int item : {10, 11, 12}) CHECK(buffer.push(item));
  CHECK_FALSE(buffer.push(13));
  CHECK(buffer.size() == 3);
  CHECK(buffer.oldest() == 11);
  CHECK(buffer.at(2) == 13);
}

TEST_CASE("what was pushed out takes no other with it") {
  node::RingBuffer<int, 3> buffer;
  for (int item : {10, 11, 12, 13}) buffer.push(item);
  CHECK_FALSE(buffer.remove(0));
  CHECK(buffer.remove(1));
  CHECK(buffer.oldest() == 12);
}

# %% nbgrader={"grade": true, "grade_id": "check-03-4", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("03.4")

# %% [markdown]
# ## 5. Who says that a node is away?
#
# *Objective A*
#
# Not the node: its power is gone. It leaves a **last will** with the broker when it connects (lab 01), and the broker
# publishes it when the connection breaks.
#
# ![On top a node connects to the broker, leaves its will "offline" and publishes its status "online", retained. A program that asks gets "online". Below, the node has lost its power. The broker hears nothing more and publishes the will. A program that asks gets "offline", also one that comes later.](images/last-will.svg)
#
# Both messages are retained, on one topic: so the broker always keeps exactly one, the newest. The answers to
# commands go to the same topic, not retained: an answer is for the one who asked.
#
# An answer holds text of others: the name of a command that somebody made up. Quotation marks in it would end your
# text too early. `JsonWriter::text` puts a backslash before them: it **escapes** them.

# %%
%%cpp escapes.cpp
#include <iostream>

#include "json_writer.hpp"

int main() {
  char memory[96];
  node::JsonWriter json(memory, sizeof memory);
  json.begin().text("reason", "unknown command 'say \"hi\"\n'").end();
  std::cout << json.view() << "\n";
}

# %% [markdown]
# **Predict.** A node is switched off in order: it disconnects from the broker. Does the broker publish its will?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-5", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# **No.** A will is for a connection that *breaks*. A client that says goodbye takes its will back. So a node that is
# switched off publishes `offline` by itself, before it disconnects: your `write_offline`.
# </details>
#
# ### Exercise 3.5: the status messages (2 points)
#
# **Write** two functions of `status.cpp`; `write_online` is given. Each writes into `out` and returns a view, as in
# 3.1; empty if it does not fit.
#
# - `write_offline`: `{"node_id": "node_01", "status": "offline"}`
# - `write_acknowledgement`: `{"node_id": "node_01", "ack": {"id": "c-17", "command": "set_led", "ok": true}}`, or
#   with `"ok": false, "reason": "brightness must be 0 to 255"`. An empty `id` or `command` is left out.
#
# ```c++
# // C++ card. The acknowledgement has: id, command, reason (empty if it was done)
# if (!name.empty()) json.text("name", name.view());  // a Text is looked at by its view
# json.boolean("ok", count == 0);                     // true or false, not in quotes
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-03-5", "locked": false, "schema_version": 3, "solution": true}
%%cpp status.cpp
#include "status.hpp"

#include "json_writer.hpp"

namespace node {

std::string_view write_online(std::string_view node_id, const Status& status, char* out,
                              std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "online");
  json.integer("uptime", status.uptime).integer("wifi_rssi", status.wifi_rssi);
  json.text("firmware", status.firmware).end();
  return json.view();
}

std::string_view write_offline(std::string_view node_id, char* out, std::size_t capacity) {
  // ### BEGIN SOLUTION
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).text("status", "offline").end();
  return json.view();
  // ### END SOLUTION
}

std::string_view write_acknowledgement(std::string_view node_id, const Acknowledgement& ack,
                                       char* out, std::size_t capacity) {
  JsonWriter json(out, capacity);
  json.begin().text("node_id", node_id).begin("ack");
  // ### BEGIN SOLUTION
  if (!ack.id.empty()) json.text("id", ack.id.view());
  if (!ack.command.empty()) json.text("command", ack.command.view());
  json.boolean("ok", ack.reason.empty());
  if (!ack.reason.empty()) json.text("reason", ack.reason.view());
  // ### END SOLUTION
  json.end().end();
  return json.view();
}

}  // namespace node

# %%
%%cpp test_status.cpp
#include "status.hpp"

#include <doctest/doctest.h>

TEST_CASE("a refusal has its reason, and no id if there was none") {
  node::Acknowledgement ack;
  ack.command.assign("dance");
  ack.reason = node::because("unknown command 'dance'");
  char memory[node::kStatusSize];
  CHECK(node::write_acknowledgement("node_01", ack, memory, sizeof memory) ==
        R"({"node_id": "node_01", "ack": {"command": "dance", "ok": false, )"
        R"("reason": "unknown command 'dance'"}})");
}

# %% nbgrader={"grade": true, "grade_id": "check-03-5", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("03.5")

# %% [markdown]
# ## 6. Update over the air
#
# *Objective E*
#
# The board hangs behind a cupboard, and its firmware has a hole. It fetches a new one **over the air** (OTA). What
# comes is a command with a **manifest**: name, version, size and digest of the image, and where to fetch it.
#
# ![A manifest comes as a command. check_manifest asks: name, newer, allowed from the running version, size, digest, address; a refusal fetches nothing. Then the image is downloaded, and check_image compares size and SHA-256. Only then it goes into slot B, which runs next. Slot A runs now, and stays until the new firmware has proved itself.](images/update.svg)
#
# A wrong image makes a board a brick. So ask the cheap questions first, before a byte is fetched:
#
# - Is it for this product? Is it **newer**? An older one would bring its old holes back: a *downgrade* is refused.
# - Does it fit? Is it complete, bit by bit? **SHA-256** makes 32 bytes out of a file of any length. Change one bit of
#   it, and the 32 bytes look altogether different.
#
# Versions follow *semantic versioning*: `major.minor.patch`, and for a trial `2.0.0-rc.1`, a **pre-release**.

# %% [markdown]
# **Predict.** As *text*, which comes first: `1.10.0` or `1.9.0`? And which is newer: `2.0.0` or `2.0.0-rc.1`?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-03-6", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
%%cpp versions.cpp
#include <iostream>
#include <string_view>

#include "version.hpp"

int main() {
  const std::string_view left = "1.10.0", right = "1.9.0";
  std::cout << "as text, 1.10.0 comes " << (left < right ? "first" : "last") << "\n";

  node::Version trial;
  if (!node::parse_version("2.0.0-rc.1", trial)) return 1;
  std::cout << "major " << trial.major << ", pre-release " << trial.pre_release.view() << "\n";
  std::cout << "a leading zero is a version: " << node::parse_version("1.02.0", trial) << "\n";
  std::cout << "rc.2 against rc.11: " << node::compare_pre_release("rc.2", "rc.11") << "\n";
}

# %% [markdown]
# <details><summary>What happened</summary>
#
# As text `1.10.0` comes first, since `1` comes before `9`; as a version it is the newer one. And the finished `2.0.0`
# is newer than every `2.0.0-…`. A negative answer means that the left one comes first.
# </details>
#
# ### Exercise 3.6: may this be installed? (3 points)
#
# **Write** what is missing in three functions of `manifest.cpp`: five places.
#
# **`compare(left, right)`** is negative if `left` comes first, positive if `right` does, 0 if neither. `major`, which
# is given, then `minor`, then `patch`. Then a release, whose `pre_release` is empty, comes *after* its pre-releases.
# The last line, which is given, compares two pre-releases.
#
# **`check_manifest(params, running, manifest)`** judges the manifest. `manifest.version` is the offered version,
# `present` the one that runs, and `least` the oldest one that can take this step. In this order:
#
# | | refused if | with the reason |
# |---|---|---|
# | given | `name` is not `running.name` | `name must be esp32-node` |
# | given | `running.version` is no version | `the running version cannot be read` |
# | given | `version` is no version | `version must be like 1.2.3` |
# | **you** | it is not newer than `present` | `version must be newer than 1.0.0` |
# | given | `min_version` is there and is no version | `min_version must be like 1.2.3` |
# | **you** | `present` is older than `least` | `this step needs at least version 1.1.0` |
# | **you** | `size` is no whole number from 1 to `running.slot_size` | `size must be 1 to 1966080` |
# | given | `sha256` is not what `parse_digest` takes | `sha256 must be 64 hexadecimal digits` |
# | given | `url` is not what `is_web_address` takes | `url must be a web address of at most 191 bytes` |
#
# A good size goes into `manifest.size`, which has 32 bits: judge it before you put it there.
#
# **`check_image(manifest, received, digest)`** judges what came in, `received` bytes: `the image is smaller than its
# manifest says`, or `larger`, or `the image's SHA-256 is not that of its manifest`.
#
# ```c++
# // C++ card
# if (left.minor != right.minor) return left.minor < right.minor ? -1 : 1;  // if ? then : else
# return because("version must be newer than ", running.version);  // or least_text.view()
# std::int64_t number = 0;                      // a whole number: value.to(number)
# Reason wrong = because("size must be 1 to ");
# append_number(wrong, running.slot_size);      // a number in a reason
# if (digest != manifest.sha256) return because("…");  // all 32 bytes
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-03-6", "locked": false, "schema_version": 3, "solution": true}
%%cpp manifest.cpp
#include "manifest.hpp"

namespace node {

namespace {

bool is_web_address(std::string_view url) {
  return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://";
}

}  // namespace

int compare(const Version& left, const Version& right) {
  if (left.major != right.major) return left.major < right.major ? -1 : 1;
  // ### BEGIN SOLUTION
  if (left.minor != right.minor) return left.minor < right.minor ? -1 : 1;
  if (left.patch != right.patch) return left.patch < right.patch ? -1 : 1;
  const bool left_final = left.pre_release.empty();
  const bool right_final = right.pre_release.empty();
  if (left_final && right_final) return 0;
  if (left_final || right_final) return left_final ? 1 : -1;  // the finished one comes last
  // ### END SOLUTION
  return compare_pre_release(left.pre_release.view(), right.pre_release.view());
}

Reason check_manifest(const JsonValue& params, const RunningFirmware& running, Manifest& manifest) {
  JsonValue name_value;
  JsonValue version_value;
  JsonValue size_value;
  JsonValue digest_value;
  JsonValue url_value;
  JsonValue least_value;
  const JsonField fields[] = {{"name", &name_value, true},     {"version", &version_value, true},
                              {"size", &size_value, true},     {"sha256", &digest_value, true},
                              {"url", &url_value, true},       {"min_version", &least_value, false}};
  const Reason reason = read_members(params, fields, 6, OtherKeys::kRefuse);
  if (!reason.empty()) return reason;
  Name name;
  if (!name_value.to(name) || !(name == running.name)) {
    return because("name must be ", running.name);
  }
  Version present;
  if (!parse_version(running.version, present)) {
    return because("the running version cannot be read");
  }
  if (!version_value.to(manifest.version_text) ||
      !parse_version(manifest.version_text.view(), manifest.version)) {
    return because("version must be like 1.2.3");
  }
  // ### BEGIN SOLUTION
  if (compare(manifest.version, present) <= 0) {
    return because("version must be newer than ", running.version);
  }
  // ### END SOLUTION
  if (least_value.kind() != JsonValue::Kind::kNothing) {
    Text<63> least_text;
    Version least;
    if (!least_value.to(least_text) || !parse_version(least_text.view(), least)) {
      return because("min_version must be like 1.2.3");
    }
    // ### BEGIN SOLUTION
    if (compare(present, least) < 0) {
      return because("this step needs at least version ", least_text.view());
    }
    // ### END SOLUTION
  }
  // ### BEGIN SOLUTION
  std::int64_t size = 0;
  if (!size_value.to(size) || size < 1 || size > running.slot_size) {
    Reason wrong_size = because("size must be 1 to ");
    append_number(wrong_size, running.slot_size);
    return wrong_size;
  }
  manifest.size = static_cast<std::uint32_t>(size);
  // ### END SOLUTION
  Text<64> digest;
  if (!digest_value.to(digest) || !parse_digest(digest.view(), manifest.sha256)) {
    return because("sha256 must be 64 hexadecimal digits");
  }
  if (!url_value.to(manifest.url) || !is_web_address(manifest.url.view())) {
    return because("url must be a web address of at most 191 bytes");
  }
  return {};
}

Reason check_image(const Manifest& manifest, std::uint32_t received, const Digest& digest) {
  // ### BEGIN SOLUTION
  if (received < manifest.size) return because("the image is smaller than its manifest says");
  if (received > manifest.size) return because("the image is larger than its manifest says");
  if (digest != manifest.sha256) {
    return because("the image's SHA-256 is not that of its manifest");
  }
  // ### END SOLUTION
  return {};
}

}  // namespace node

# %%
%%cpp test_manifest.cpp
#include "manifest.hpp"

#include <doctest/doctest.h>

int order(const char* left, const char* right) {
  node::Version a, b;
  CHECK(node::parse_version(left, a));
  CHECK(node::parse_version(right, b));
  return node::compare(a, b);
}

TEST_CASE("versions are numbers, not text") {
  CHECK(order("1.9.0", "1.10.0") < 0);
  CHECK(order("2.0.0", "1.99.99") > 0);
}

TEST_CASE("an image that is cut off is not installed") {
  node::Manifest manifest;
  manifest.size = 1'000;
  CHECK(node::check_image(manifest, 999, {}) == "the image is smaller than its manifest says");
}

# %% nbgrader={"grade": true, "grade_id": "check-03-6", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("03.6")

# %% [markdown]
# ## Your board
#
# All six files together are a firmware. The next cell compiles it with your files, and runs it as a virtual DOIT
# DevKit V1. Its buffer has 24 places here, so that you can see it fill. `cable` lies between board and broker: you
# will pull it.

# %%
from labkit import Gate, board

finished.stop()
cable = Gate(broker)
mine, arrived = None, []
try:
    mine = board(cable.endpoint, "02", interval=1, capacity=24)
    print(mine)
except Exception as problem:  # a file is not written yet or wrong, or this computer lacks something
    print(problem)

# %%
board_view(mine) if mine else None

# %% [markdown]
# The board is ON TRIAL for its first ten seconds, then HOLDING. Switch the Wi-Fi off with the button (in code:
# `mine.wifi(False)`), watch the state machine and the ring, and switch it on again. Without a network the machine
# stays in READY: the node does not even try. Then send commands; the lamp follows. A command that you make up is
# refused, with *your* reason:

# %%
if mine:
    print(tell("02", "set_led", state="on", brightness=255))
    print(tell("02", "set_led", state="blue"))
    print(tell("02", "dance"))

# %% [markdown]
# ## Break it
#
# ### The broker goes away
#
# The cable is pulled for five seconds, while the board measures once a second. **Before you run it:** what will the
# plot look like? What arrives, and in which order, when the cable is back?
#
# The cell counts by the readings themselves: `uptime` goes up by one from each reading to the next, so a gap would be
# a lost reading.

# %%
import time

if mine:
    cable.close()
    time.sleep(5)
    away = mine.state
    cable.open()
    print(f"while it was away: {away['connection']}, {away['buffered']} readings in the buffer")
    while not arrived or arrived[-1]["uptime"] <= away["uptime"]:
        reading = readings.get(timeout=30)
        if reading["node_id"] == "node_02":  # not one of the simulated board
            arrived.append(reading)
    uptimes = [reading["uptime"] for reading in arrived]
    lost = set(range(uptimes[0], uptimes[-1] + 1)) - set(uptimes)
    doubled = len(uptimes) - len(set(uptimes))
    print(f"{len(uptimes)} readings arrived. In order: {sorted(uptimes) == uptimes}")
    print(f"lost: {len(lost)}, doubled: {doubled}")

# %%
import pandas as pd
import plotly.express as px

if mine:
    events = pd.DataFrame(mine.events())
    events = events[events.t > events.t.max() - 20]
    px.line(events, x="t", y=["measured", "acknowledged"], line_shape="hv",
            labels={"t": "seconds since the board started", "value": "readings", "variable": ""},
            title="Store and forward: the gap between the lines is the buffer").show()

# %% [markdown]
# <details><summary>What happened, and why</summary>
#
# *Measured* goes on as if nothing had happened. *Acknowledged* stands still for as long as the cable is out, and then
# some time more: the board does not know when the broker is back, it tries when its wait is over. Then it catches up
# within a moment, oldest first.
#
# A doubled reading *may* come: the broker had it, but its acknowledgement was cut off. The node cannot know, so it
# sends it again, the same to the byte. Your collector of lab 02 stores it once.
# </details>
#
# ### The power goes away
#
# `kill` is the power cut: no goodbye. What does the broker say about the node, and who told it?

# %%
if mine:
    while not statuses.empty():
        statuses.get()
    mine.kill()
    print(statuses.get(timeout=30))

# %% [markdown]
# <details><summary>What happened, and what is lost</summary>
#
# The last will: your `write_offline`, left with the broker when the node connected. The readings that were in the
# ring buffer are gone: it lives in memory. That is a decision, not an accident; the next section says why.
# </details>

# %% [markdown]
# ## In real life
#
# Flash memory wears out, a thin cable resets the chip, a board does not know the time, and a digest is no signature.
#
# <details><summary>If you want to know more</summary>
#
# - **Flash wears out.** A cell of flash memory survives about 100,000 writes. One write each ten seconds to the same
#   place is 11 days. So the buffer is in RAM; a node that must survive a power cut writes seldom, in large pieces, to
#   changing places.
# - **Brown-out.** When the radio starts to send, it draws half an ampere for a moment. With a thin cable the voltage
#   drops, and the chip resets itself, again and again. `uptime` in the status shows it.
# - **Time before NTP.** A board has no battery for its clock: after a start it is 1970, until it has asked the
#   network. This node keeps readings without a time stamp until it knows the time, and then works it out from the
#   uptime.
# - **Watchdog.** A timer in the chip that restarts the board unless the program winds it up every few seconds. Code
#   that waits in a loop starves it. That is a second reason why `Backoff` never waits: it says *not yet*.
# - **Certificates.** With TLS the node must know whom to trust. A certificate runs out, and a clock that says 1970
#   finds every certificate not yet valid. Lab 10 goes into this.
# - **A digest is no signature.** SHA-256 shows that the image arrived as its manifest says. Whoever can send the
#   manifest can also send the digest. Products sign their images, and the boot loader checks the signature.
# </details>

# %% [markdown]
# ## On a real board
#
# The same six files run on an ESP32. This is for later, and for those who have one.
#
# <details><summary>How to build them for a board, flash it, and what to do if it does not work</summary>
#
# **Not run here.** No board hangs on the machine that tests this course, and it does not reach PlatformIO's package
# registry. The steps follow PlatformIO's documentation; the sources are the ones that the virtual board runs. Expect
# to look at something once.
#
# ### What you need
#
# | part | note |
# |---|---|
# | DOIT ESP32 DevKit V1 | has a blue LED on GPIO2; other ESP32 boards often have none there |
# | DHT22 (AM2302) | temperature and humidity, one reading each two seconds at most |
# | resistor of 4.7 to 10 kΩ | from the sensor's data line to 3.3 V; many sensors on a small board have it already |
# | three wires, a USB cable | a cable that carries data: some only charge |
#
# | DHT22 | board |
# |---|---|
# | VCC | 3V3 |
# | DATA | GPIO4, and the resistor to 3V3 |
# | GND | GND |
#
# Connect the sensor before the USB cable. 5 V on a pin of the ESP32 destroys it.
#
# ### Install PlatformIO
#
# ```console
# pip install platformio
# pio --version
# ```
#
# Into a virtual environment of its own, if you like. At the first build it fetches the compiler for the ESP32 and the
# libraries, about 1 GB.
#
# On Linux your account must be allowed to use the serial port: add yourself to the group `dialout`, install
# PlatformIO's udev rules, and log in again. On Windows and macOS you may need the driver of the board's USB chip, a
# CP2102 or a CH340.
#
# ### Build with your files
#
# Your six files lie in `house/node/` of the course's folder: each `%%cpp` cell that ran has put its text there. In
# `firmware/platformio.ini` change the line `custom_part = ../stack/parts/node` to `custom_part = ../house/node`.
# Node, network and broker come from variables; nothing of it stands in a source file.
#
# ```console
# cd firmware
# export NODE_ID=01 NODE_WIFI_SSID="…" NODE_WIFI_PASSWORD="…"
# export NODE_MQTT_HOST=192.168.1.10 NODE_MQTT_USERNAME= NODE_MQTT_PASSWORD=
# pio run -e esp32dev
# ```
#
# The course's own broker listens on `127.0.0.1`, where no board can reach it. Take a Mosquitto on a computer of your
# network, with a user and a password; lab 10 secures it.
#
# ### Flash it, and listen
#
# ```console
# pio run -e esp32dev -t upload
# pio device monitor
# ```
#
# `upload` builds if it must, finds the serial port, and writes the image. If it waits at `Connecting...`, hold the
# button *BOOT* of the board until it goes on. The monitor runs at 115,200 baud, as `monitor_speed` in
# `platformio.ini` says; leave it with Ctrl-C.
#
# Then the board is a node like any other: its readings are on `iot/node/01/telemetry`, and `tell("01", "set_led",
# state="on")` switches the blue LED.
#
# ### If it does not work
#
# | what you see | what it may be |
# |---|---|
# | `Failed to connect to ESP32` | hold *BOOT*; try another cable |
# | `Brownout detector was triggered`, again and again | the cable or the USB port gives too little current |
# | connects to nothing | the ESP32 speaks Wi-Fi at 2.4 GHz only; name and password are case-sensitive |
# | `status` is `online`, and no reading comes | the sensor: wiring, the resistor, two seconds between readings |
# | no time stamp, so no reading | the board asks a time server in the Internet: does it get out? |
#
# ### Then by radio
#
# The first image goes over USB. The next ones may go over the air: put the image from
# `.pio/build/esp32dev/firmware.bin` on a web server in your network, and send the command `update_firmware` with its
# manifest. Your `check_manifest` and `check_image` decide.
#
# ```python
# import hashlib, pathlib
#
# image = pathlib.Path("firmware/.pio/build/esp32dev/firmware.bin").read_bytes()
# tell("01", "update_firmware", name="esp32-node", version="1.1.0", size=len(image),
#      sha256=hashlib.sha256(image).hexdigest(), url="http://192.168.1.10:8000/firmware.bin")
# ```
#
# `-DNODE_FIRMWARE_VERSION` in `platformio.ini` is the version that the image says it is: raise it before you build. A
# new firmware that does not hold a session with the broker for ten seconds is rolled back by the boot loader.
#
# ### Where this comes from
#
# PlatformIO's pages on the
# [board](https://docs.platformio.org/en/latest/boards/espressif32/esp32doit-devkit-v1.html), on
# [installing](https://docs.platformio.org/en/latest/core/installation/index.html), on [udev
# rules](https://docs.platformio.org/en/latest/core/installation/udev-rules.html) and on [pio
# run](https://docs.platformio.org/en/latest/core/userguide/cmd_run.html); the pins from
# `firmware/src/board/pins.hpp`.
# </details>

# %% [markdown]
# ## Reflection
#
# You are asked to put 50 of these nodes into a greenhouse with bad Wi-Fi: outages of up to three hours, every few
# days. A reading each 30 seconds, power cuts about twice a year. One or two sentences for each of these: how large is
# the buffer, and does it fit into the memory? Which backoff limits, and how long until all nodes are back after an
# outage? What is lost in a power cut, and what would you change if that were not acceptable? How do you roll out a new
# firmware so that a mistake does not cost you 50 nodes? Give numbers where you can.
#
# A person reads this answer.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-03", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# Three hours are 360 readings at one each 30 seconds; with 24 bytes a reading that is less than 9 kB, so 720 places
# (17 kB of about 300 kB) hold twice the longest outage. When it is longer, the oldest go, which is what one wants.
# Backoff: base 1 s, cap 60 s, full jitter. After three hours each node waits for 30 s on average and 60 s at most, so
# all are back after about a minute, and the broker sees about one connection a second. Each then sends 360 readings
# one after the other, a few seconds of work. A power cut loses the buffer: nothing if the network was there, at most
# the readings of the outage otherwise. If this were not acceptable: write 60 readings at a time (half an hour) to a
# ring in flash, 48 writes a day spread over many sectors, which lasts for decades; half an hour is then the most that
# can be lost. Rollout: one node by the desk, then two in the greenhouse for a day, then the rest in groups, each only
# if all before it are online with the new version. An image that does not reach the broker is rolled back by the boot
# loader.
#
# === BEGIN MARK SCHEME ===
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | buffer and memory | missing | a size | follows from 360 readings, with bytes |
# | backoff | fixed pause | exponential with jitter | with the time until all are back, and the load on the broker |
# | power cut | "nothing is lost" | the buffer is in RAM | with a repair and its cost (flash wear, batches) |
# | rollout | all at once | in steps | with a condition to go on, and rollback |
#
# 7 or 8: very good. 4 to 6: sufficient. Fewer: talk with the student.
# === END MARK SCHEME ===

# %% [markdown]
# ## Recap
#
# A firmware of six files, none of which knows a board, a broker or a clock. It writes JSON without a heap, refuses
# what it cannot read, comes back after an outage without a stampede, loses no reading that fits into its buffer, says
# goodbye by proxy, and replaces itself with care. You have tested it as a board never could be tested: under
# sanitizers, with time handed in.
#
# ## Glossary
#
# | term | meaning |
# |---|---|
# | firmware | the program that is built into a device |
# | heap, stack | memory that is asked for and given back; memory of a function while it runs |
# | `std::string_view` | an address and a length: a look at text that somebody else owns |
# | reference | another name for an object of the caller |
# | header | a file with declarations: what there is, without how it works |
# | template | a class or function with a type or number left open |
# | undefined behaviour | what C++ promises nothing about: an access beyond an array, for example |
# | sanitizer | what the compiler puts into a program to find that |
# | port, policy | an interface to the world; a decision without a world |
# | state machine | a thing in one of a few states, led on by events |
# | full jitter | waiting for a random time between 0 and the limit |
# | ring buffer | an array whose end is joined to its beginning |
# | store and forward | keep what cannot be sent, and send it later, in order |
# | last will | what a broker publishes when a client vanishes |
# | OTA | update over the air |
# | manifest | what is said about an image before it is fetched |
# | digest | a short fingerprint of a file |
# | downgrade | going back to an older version |
#
# ## Where to read on
#
# - The chip: [ESP32 in Arduino](https://docs.espressif.com/projects/arduino-esp32/en/latest/), and its
#   [updates](https://docs.espressif.com/projects/esp-idf/en/stable/esp32/api-reference/system/ota.html).
# - The build: [PlatformIO](https://docs.platformio.org/en/latest/boards/espressif32/esp32doit-devkit-v1.html).
# - The language: [cppreference](https://en.cppreference.com/w/cpp/string/basic_string_view); the tests:
#   [doctest](https://github.com/doctest/doctest/blob/master/doc/markdown/tutorial.md).
# - Why jitter: [Exponential backoff and
#   jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
# - Versions: [semver.org](https://semver.org/).
# - The whole node around your files: `firmware/lib/node/node.cpp` of this course.
#
# **Next.** In lab 04 twenty of these nodes are a fleet: you send them commands, and roll out an update that stops
# itself. Lab 10 gives them certificates.
#
# **Stretch.** A node that is away for a day overruns its buffer of 720 readings, and keeps only the last hour. Change
# `push` so that a full buffer is *thinned*: every second reading goes, and the newest come in. What does the plot of
# lab 02 show then? What becomes of the numbers?

# %% [markdown]
# ## Reset and report
#
# This cell stops what the lab has started, and shows which rooms of the house are yours now.

# %%
if mine:
    mine.stop()
cable.close_down()
listener.disconnect()
listener.loop_stop()
services.stop()
house_plan()
