#include "node.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <string>

#include "fakes.hpp"

using fakes::Bench;
using fakes::FakeMqtt;
using Strings = std::vector<std::string>;

namespace {

std::string reading(std::int64_t timestamp, int uptime) {
  return R"({"node_id": "node_01", "timestamp": )" + std::to_string(timestamp) +
         R"(, "sensors": {"temperature": 22.5, "humidity": 45.2}, "wifi_rssi": -65, "uptime": )" +
         std::to_string(uptime) + "}";
}

std::string acknowledged(const std::string& rest) { return R"({"node_id": "node_01", "ack": {)" + rest + "}}"; }

/// What came on the status topic after everything that was there before.
Strings answers(Bench& bench, const std::string& command, std::uint64_t milliseconds = 100) {
  const std::size_t before = bench.mqtt.payloads("/status").size();
  bench.mqtt.deliver(command);
  bench.run(milliseconds);
  Strings all = bench.mqtt.payloads("/status");
  return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
}

}  // namespace

TEST_CASE("a node connects with its last will, listens, and says that it is there") {
  Bench bench;
  bench.run(100);
  CHECK(bench.mqtt.client_id == "node_01");
  CHECK(bench.mqtt.will_topic == "iot/node/01/status");
  CHECK(bench.mqtt.will_payload == R"({"node_id": "node_01", "status": "offline"})");
  CHECK(bench.mqtt.subscribed == "iot/node/01/command");
  REQUIRE_FALSE(bench.mqtt.sent.empty());
  CHECK(bench.mqtt.sent[0].topic == "iot/node/01/status");
  CHECK(bench.mqtt.sent[0].retained);
  CHECK(bench.mqtt.sent[0].payload ==
        R"({"node_id": "node_01", "status": "online", "uptime": 0, "wifi_rssi": -65, "firmware": "1.0.0"})");
}

TEST_CASE("a node is announced when the broker has its status, which comes behind the subscription") {
  Bench bench;
  bench.mqtt.acknowledges = false;
  bench.run(100);
  CHECK(bench.mqtt.subscribed == "iot/node/01/command");
  CHECK(bench.node().online());
  CHECK_FALSE(bench.node().announced());
  bench.mqtt.acknowledge(bench.mqtt.sent[0].id);
  bench.run(10);
  CHECK(bench.node().announced());
  bench.mqtt.lose();
  bench.mqtt.answer = FakeMqtt::Answer::kSilence;
  bench.run(10);
  CHECK_FALSE(bench.node().announced());
}

TEST_CASE("readings are sent on the beat, one each interval, not retained") {
  Bench bench(5);
  bench.run(12'000);
  CHECK(bench.mqtt.payloads("/telemetry") ==
        Strings{reading(1'704'844'800, 0), reading(1'704'844'805, 5), reading(1'704'844'810, 10)});
  for (const FakeMqtt::Sent& one : bench.mqtt.sent) {
    if (one.topic == "iot/node/01/telemetry") CHECK_FALSE(one.retained);
  }
}

TEST_CASE("the status is renewed every minute") {
  Bench bench(3'600);
  bench.run(181'000, 100);
  CHECK(bench.mqtt.payloads("/status").size() == 4);
}

TEST_CASE("a turn that comes late leaves out what it missed and keeps the beat") {
  Bench bench;
  bench.run(1'500);
  bench.clock.now_ms += 3'600;  // at 5.1 s
  bench.run(1'200);
  CHECK(bench.mqtt.payloads("/telemetry") == Strings{reading(1'704'844'800, 0), reading(1'704'844'801, 1),
                                                     reading(1'704'844'805, 5), reading(1'704'844'806, 6)});
}

TEST_CASE("one message is on its way at a time") {
  Bench bench;
  bench.mqtt.acknowledges = false;
  bench.run(5'000);
  REQUIRE(bench.mqtt.sent.size() == 1);
  bench.mqtt.acknowledge(bench.mqtt.sent[0].id);
  bench.run(1'000);
  CHECK(bench.mqtt.sent.size() == 2);
  CHECK(bench.mqtt.sent[1].payload == reading(1'704'844'800, 0));
}

TEST_CASE("a reading stays until the broker has it, and is repeated to the byte") {
  Bench bench(3);
  bench.run(100);
  bench.mqtt.acknowledges = false;
  bench.run(3'000);
  const std::string first = bench.mqtt.payloads("/telemetry").back();
  CHECK(bench.node().buffered() == 1);
  bench.mqtt.lose();
  bench.mqtt.acknowledges = true;
  bench.sensor.next.temperature = -1.0F;
  bench.run(1'000);
  CHECK(bench.mqtt.payloads("/telemetry").back() == first);
  CHECK(bench.node().buffered() == 0);
  CHECK(bench.node().counters().repeated == 1);
}

TEST_CASE("an acknowledgement of an earlier session or of another message removes nothing") {
  Bench bench(3'600);
  bench.mqtt.acknowledges = false;
  bench.run(100);
  bench.mqtt.acknowledge(bench.mqtt.sent.back().id);  // the status
  bench.run(100);
  REQUIRE(bench.node().buffered() == 1);
  bench.mqtt.acknowledge(static_cast<std::uint16_t>(bench.mqtt.sent.back().id + 5));
  bench.run(100);
  CHECK(bench.node().buffered() == 1);
  const std::uint16_t old_id = bench.mqtt.sent.back().id;
  bench.mqtt.lose();
  bench.mqtt.answer = FakeMqtt::Answer::kSilence;
  bench.run(100);
  bench.mqtt.acknowledge(old_id);
  bench.run(100);
  CHECK(bench.node().buffered() == 1);
}

TEST_CASE("what was measured while the broker was away arrives in order, all of it, once") {
  Bench bench;
  bench.run(5'000);
  bench.mqtt.answer = FakeMqtt::Answer::kUnreachable;
  bench.mqtt.lose();
  bench.run(60'000, 100);
  bench.mqtt.answer = FakeMqtt::Answer::kAccept;
  bench.run(70'000, 100);
  const Strings sent = bench.mqtt.payloads("/telemetry");
  Strings expected;
  for (int i = 0; i < static_cast<int>(bench.node().counters().measured); ++i) {
    expected.push_back(reading(1'704'844'800 + i, i));
  }
  CHECK(expected.size() == 136);
  CHECK(sent == expected);
}

TEST_CASE("a full buffer keeps the newest readings") {
  Bench bench;
  bench.mqtt.answer = FakeMqtt::Answer::kUnreachable;
  bench.run((NODE_BUFFERED_READINGS + 9) * 1'000ULL + 10, 500);
  CHECK(bench.node().counters().lost == 10);
  bench.mqtt.answer = FakeMqtt::Answer::kAccept;
  bench.run(100'000, 100);
  const Strings sent = bench.mqtt.payloads("/telemetry");
  REQUIRE_FALSE(sent.empty());
  const std::uint32_t lost = bench.node().counters().lost;
  CHECK(sent.front() == reading(1'704'844'800 + lost, static_cast<int>(lost)));
  CHECK(sent.size() + lost == bench.node().counters().measured);
}

TEST_CASE("a reading that is pushed out while it is on its way takes no other with it, and is not lost") {
  Bench bench;
  bench.mqtt.answer = FakeMqtt::Answer::kUnreachable;
  bench.run(NODE_BUFFERED_READINGS * 1'000ULL + 100, 100);
  bench.mqtt.answer = FakeMqtt::Answer::kAccept;
  while (bench.mqtt.payloads("/telemetry").empty()) bench.run(10);
  bench.mqtt.acknowledges = false;
  const std::uint32_t lost = bench.node().counters().lost;
  const std::size_t before = bench.mqtt.sent.size();
  while (bench.mqtt.sent.size() == before) bench.run(10);
  const std::uint16_t id = bench.mqtt.sent.back().id;
  while (bench.node().buffered() < NODE_BUFFERED_READINGS || bench.node().counters().lost == lost) bench.run(10);
  bench.mqtt.acknowledges = true;
  bench.mqtt.acknowledge(id);
  bench.run(10);
  CHECK(bench.node().buffered() == NODE_BUFFERED_READINGS);
  CHECK(bench.node().counters().lost == lost);
  bench.run(30'500);
  const Strings sent = bench.mqtt.payloads("/telemetry");
  const node::Counters& counters = bench.node().counters();
  CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == counters.acknowledged);
  CHECK(counters.acknowledged + counters.lost + bench.node().buffered() == counters.measured);
}

TEST_CASE("a reading that cannot be written does not stop those behind it") {
  Bench bench;
  bench.clock.boot_time = -1;  // at uptime 1 it is 1970, which stands for an unknown time
  bench.run(3'500);
  CHECK(bench.mqtt.payloads("/telemetry") == Strings{reading(-1, 0), reading(1, 2), reading(2, 3)});
  CHECK(bench.node().counters().lost == 1);
}

TEST_CASE("a broker that does not acknowledge is left after ten seconds") {
  Bench bench(3'600);
  bench.mqtt.acknowledges = false;
  bench.run(9'900);
  CHECK(bench.mqtt.drops == 0);
  bench.run(300);
  CHECK(bench.mqtt.drops == 1);
  CHECK(bench.mqtt.attempts == 2);
}

TEST_CASE("a broker that does not answer the connection is left after ten seconds") {
  Bench bench(3'600);
  bench.mqtt.answer = FakeMqtt::Answer::kSilence;
  bench.run(9'900);
  CHECK(bench.mqtt.attempts == 1);
  bench.run(300);
  CHECK(bench.mqtt.drops == 1);
  CHECK(bench.mqtt.attempts == 2);
}

TEST_CASE("attempts become rarer while nobody answers") {
  Bench bench(3'600);
  bench.mqtt.answer = FakeMqtt::Answer::kRefuse;
  bench.random.value = UINT32_MAX;
  bench.run(600'000, 100);
  // 1 + 2 + 4 + 8 + 16 + 32 s, then one a minute.
  CHECK(bench.mqtt.attempts >= 14);
  CHECK(bench.mqtt.attempts <= 16);
}

TEST_CASE("a subscription that cannot be sent costs the connection, not the node") {
  Bench bench(3'600);
  bench.mqtt.subscribes = false;
  bench.run(100);
  CHECK(bench.mqtt.drops >= 1);
  CHECK_FALSE(bench.node().online());
  bench.mqtt.subscribes = true;
  bench.run(5'000);
  CHECK(bench.node().online());
}

TEST_CASE("without a network the node measures and does not try to connect") {
  Bench bench;
  bench.run(2'500);
  bench.network.up = false;
  bench.run(10'000);
  CHECK(bench.mqtt.drops == 1);
  CHECK(bench.mqtt.attempts == 1);
  CHECK(bench.node().buffered() == 10);
  bench.network.up = true;
  bench.run(3'000);
  CHECK(bench.node().buffered() == 0);
  CHECK(bench.mqtt.payloads("/telemetry").size() == 16);
}

TEST_CASE("readings from before the clock was set are sent once it is, with their own time") {
  Bench bench(2);
  bench.clock.boot_time = 0;
  bench.run(5'000);
  CHECK(bench.mqtt.payloads("/telemetry").empty());
  CHECK(bench.mqtt.payloads("/status").size() == 1);
  bench.clock.boot_time = 1'704'844'800;
  bench.run(500);
  CHECK(bench.mqtt.payloads("/telemetry") ==
        Strings{reading(1'704'844'800, 0), reading(1'704'844'802, 2), reading(1'704'844'804, 4)});
}

TEST_CASE("a buffer that fills before the clock is set still keeps the newest") {
  Bench bench;
  bench.clock.boot_time = 0;
  bench.run((NODE_BUFFERED_READINGS + 4) * 1'000ULL + 10, 500);
  bench.clock.boot_time = 1'704'844'800;
  bench.run(20'000);
  const Strings sent = bench.mqtt.payloads("/telemetry");
  REQUIRE_FALSE(sent.empty());
  CHECK(sent.front() == reading(1'704'844'805, 5));
  CHECK(sent.size() + 5 == bench.node().counters().measured);
}

TEST_CASE("a sensor that fails leaves out a reading and is counted") {
  Bench bench;
  bench.run(500);
  bench.sensor.answers = false;
  bench.run(1'000);
  bench.sensor.answers = true;
  bench.sensor.next.temperature = std::numeric_limits<float>::quiet_NaN();
  bench.run(1'000);
  bench.sensor.next.temperature = 2e6F;
  bench.run(1'000);
  bench.sensor.next.temperature = 22.5F;
  bench.run(1'000);
  CHECK(bench.node().counters().sensor_failures == 3);
  CHECK(bench.mqtt.payloads("/telemetry") == Strings{reading(1'704'844'800, 0), reading(1'704'844'804, 4)});
}

TEST_CASE("a message that the transport cannot take now is sent later") {
  Bench bench;
  bench.mqtt.full = true;
  bench.run(3'500);
  CHECK(bench.mqtt.sent.empty());
  bench.mqtt.full = false;
  bench.run(400);
  CHECK(bench.mqtt.payloads("/telemetry").size() == 4);
}

TEST_CASE("set_led lights the lamp and is acknowledged, not retained") {
  Bench bench(3'600);
  bench.run(100);
  CHECK(bench.led.state == -1);
  CHECK(answers(bench, R"({"id":"c-17","command":"set_led","params":{"state":"on","brightness":128}})") ==
        Strings{acknowledged(R"("id": "c-17", "command": "set_led", "ok": true)")});
  CHECK(bench.led.state == 128);
  CHECK_FALSE(bench.mqtt.sent.back().retained);
  CHECK(answers(bench, R"({"id":"c-18","command":"set_led","params":{"state":"on","brightness":300}})") ==
        Strings{acknowledged(R"("id": "c-18", "command": "set_led", "ok": false, "reason": "brightness must be 0 to 255")")});
  CHECK(bench.led.state == 128);
  answers(bench, R"({"command":"set_led","params":{"state":"off"}})");
  answers(bench, R"({"command":"set_led","params":{"state":"on"}})");
  CHECK(bench.led.state == 128);
}

TEST_CASE("what the node does not know or cannot read is refused with a reason") {
  Bench bench(3'600);
  bench.run(100);
  CHECK(answers(bench, R"({"id":"1","command":"dance"})") ==
        Strings{acknowledged(R"("id": "1", "command": "dance", "ok": false, "reason": "unknown command 'dance'")")});
  CHECK(answers(bench, "{") == Strings{acknowledged(R"("ok": false, "reason": "malformed JSON at byte 1")")});
  CHECK(answers(bench, std::string(2'000, ' ')) ==
        Strings{acknowledged(R"("ok": false, "reason": "message is longer than 1024 bytes")")});
  bench.mqtt.deliver_part("{\"id\":", 5'000);
  bench.run(100);
  CHECK(bench.mqtt.payloads("/status").back() == acknowledged(R"("ok": false, "reason": "message is longer than 1024 bytes")"));
}

TEST_CASE("a retained command is refused: it would come again with each connection") {
  Bench bench(3'600);
  bench.run(100);
  bench.mqtt.deliver(R"({"id":"1","command":"set_led","params":{"state":"on"}})", true);
  bench.run(100);
  CHECK(bench.led.state == -1);
  CHECK(bench.mqtt.payloads("/status").back() ==
        acknowledged(R"("id": "1", "command": "set_led", "ok": false, "reason": "a command must not be retained")"));
}

TEST_CASE("a command that comes twice is done once and answered twice") {
  Bench bench(3'600);
  bench.run(100);
  const std::string command = R"({"id":"r-1","command":"set_led","params":{"state":"on","brightness":1}})";
  answers(bench, command);
  bench.led.state = 77;
  CHECK(answers(bench, command) == Strings{acknowledged(R"("id": "r-1", "command": "set_led", "ok": true)")});
  CHECK(bench.led.state == 77);
}

TEST_CASE("an answer that was on its way when the connection broke is given again") {
  Bench bench(3'600);
  bench.run(100);
  bench.mqtt.acknowledges = false;
  const Strings first = answers(bench, R"({"id":"1","command":"dance"})");
  REQUIRE(first.size() == 1);
  bench.mqtt.lose();
  bench.mqtt.acknowledges = true;
  bench.run(1'000);
  CHECK(bench.mqtt.payloads("/status").at(2) == first[0]);
}

TEST_CASE("set_interval changes the beat") {
  Bench bench(3'600);
  bench.run(1'000);
  CHECK(answers(bench, R"({"id":"1","command":"set_interval","params":{"seconds":2}})").size() == 1);
  bench.run(10'000);
  CHECK(bench.mqtt.payloads("/telemetry").size() == 6);
  CHECK(answers(bench, R"({"id":"2","command":"set_interval","params":{"seconds":0}})") ==
        Strings{acknowledged(
            R"("id": "2", "command": "set_interval", "ok": false, "reason": "seconds must be a whole number from 1 to 3600")")});
}

TEST_CASE("restart answers, says goodbye, ends the session and starts the board anew") {
  Bench bench(3'600);
  bench.run(100);
  const Strings said = answers(bench, R"({"id":"1","command":"restart"})");
  CHECK(said == Strings{acknowledged(R"("id": "1", "command": "restart", "ok": true)"),
                        R"({"node_id": "node_01", "status": "offline"})"});
  CHECK(bench.mqtt.sent.back().retained);
  CHECK(bench.mqtt.disconnects == 1);
  CHECK(bench.system.restarts == 1);
}

TEST_CASE("a node that is stopped sends what it has and says goodbye") {
  Bench bench;
  bench.run(100);
  bench.mqtt.acknowledges = false;
  bench.run(3'000);
  bench.node().stop();
  bench.run(100);
  CHECK_FALSE(bench.node().stopped());
  bench.mqtt.acknowledge(bench.mqtt.sent.back().id);
  bench.mqtt.acknowledges = true;
  bench.run(200);
  CHECK(bench.node().stopped());
  CHECK(bench.node().buffered() == 0);
  CHECK(bench.mqtt.sent.back().payload == R"({"node_id": "node_01", "status": "offline"})");
  CHECK(bench.mqtt.disconnects == 1);
  CHECK(bench.system.restarts == 0);
}

TEST_CASE("a stop does not wait longer than three seconds, and not at all without a session") {
  Bench silent;
  silent.mqtt.acknowledges = false;
  silent.run(100);
  silent.node().stop();
  silent.run(2'900);
  CHECK_FALSE(silent.node().stopped());
  silent.run(200);
  CHECK(silent.node().stopped());
  Bench alone;
  alone.mqtt.answer = FakeMqtt::Answer::kUnreachable;
  alone.run(100);
  alone.node().stop();
  alone.run(10);
  CHECK(alone.node().stopped());
}

namespace {

std::string update_command(const std::string& id, const std::string& version, const std::vector<std::uint8_t>& image) {
  node::Sha256 sha256;
  sha256.update(image.data(), image.size());
  std::string digest;
  for (const std::uint8_t byte : sha256.finish()) {
    digest += "0123456789abcdef"[byte >> 4U];
    digest += "0123456789abcdef"[byte & 15U];
  }
  return R"({"id":")" + id + R"(","command":"update_firmware","params":{"name":"esp32-node","version":")" + version +
         R"(","size":)" + std::to_string(image.size()) + R"(,"sha256":")" + digest + R"(","url":"http://h/x"}})";
}

}  // namespace

TEST_CASE("an update is acknowledged when it is installed, and then the board restarts") {
  Bench bench(3'600);
  bench.run(100);
  bench.download.file.assign(3'000, 7);
  bench.download.piece = 100;
  const std::string command = update_command("u-1", "1.1.0", bench.download.file);
  CHECK(answers(bench, command, 50).empty());
  CHECK(answers(bench, command, 50).empty());  // the same once more: it is under way
  bench.run(1'000);
  CHECK(bench.mqtt.payloads("/status").at(1) == acknowledged(R"("id": "u-1", "command": "update_firmware", "ok": true)"));
  CHECK(bench.slot.next_version == "1.1.0");
  CHECK(bench.system.restarts == 1);
}

TEST_CASE("an update that fails is refused, and the node goes on") {
  Bench bench(3'600);
  bench.run(100);
  bench.download.file.assign(3'000, 7);
  CHECK(answers(bench, update_command("u-1", "0.9.0", bench.download.file)).at(0).find("version must be newer than 1.0.0") !=
        std::string::npos);
  const std::string command = update_command("u-2", "1.1.0", bench.download.file);
  bench.download.file[5] = 8;
  CHECK(answers(bench, command).at(0).find("SHA-256") != std::string::npos);
  CHECK(bench.system.restarts == 0);
  CHECK(bench.slot.next_version.empty());
}

TEST_CASE("rollback starts the earlier firmware, if there is one") {
  Bench bench(3'600);
  bench.run(100);
  CHECK(answers(bench, R"({"id":"1","command":"rollback_firmware"})") ==
        Strings{acknowledged(
            R"("id": "1", "command": "rollback_firmware", "ok": false, "reason": "there is no earlier firmware")")});
  bench.slot.has_previous = true;
  answers(bench, R"({"id":"2","command":"rollback_firmware","params":{}})");
  CHECK(bench.system.restarts == 1);
}

TEST_CASE("a firmware is confirmed once, when a session has held") {
  Bench bench(3'600);
  bench.run(9'000);
  CHECK(bench.slot.confirmed == 0);
  bench.run(2'000);
  bench.mqtt.lose();
  bench.run(30'000);
  CHECK(bench.slot.confirmed == 1);
}

TEST_CASE("a host that sleeps until the node is due misses nothing") {
  Bench bench(5);
  int turns = 0;
  while (bench.clock.now_ms < 63'000) {
    bench.node().poll();
    ++turns;
    const std::uint64_t due = bench.node().due();
    bench.clock.now_ms = std::max(bench.clock.now_ms + 1, std::min(due, bench.clock.now_ms + 1'000));
  }
  CHECK(bench.mqtt.payloads("/telemetry").size() == 13);
  CHECK(turns < 200);
}
