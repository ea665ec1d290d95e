#include "node.hpp"

#include <algorithm>

#include "json_writer.hpp"

namespace node {

namespace {

constexpr std::uint64_t kStatusEvery_ms = 60'000;
constexpr std::uint64_t kConnectPatience_ms = 10'000;
// MQTT 3.1.1 lets a client repeat a message only after a new connection: a broker that does not answer is left.
constexpr std::uint64_t kAcknowledgementPatience_ms = 10'000;
constexpr std::uint64_t kFarewellPatience_ms = 3'000;

std::uint32_t seconds(std::uint64_t milliseconds) { return static_cast<std::uint32_t>(milliseconds / 1'000U); }

}  // namespace

Node::Node(const Ports& ports, const Settings& settings)
    : ports_(ports),
      settings_(settings),
      backoff_(settings.backoff, ports.random),
      updater_(ports.download, ports.slot),
      telemetry_topic_(settings.id.topic("telemetry")),
      status_topic_(settings.id.topic("status")),
      command_topic_(settings.id.topic("command")) {
  will_.assign(write_offline(settings_.id.name(), message_, sizeof message_));
  ports_.mqtt.listen(*this);
  ports_.led.set(false, led_.brightness);
  // After a power cut all boards of a house start in the same moment; each measures at a moment of its own.
  const std::uint64_t interval_ms = settings_.interval_s * std::uint64_t{1'000};
  reading_due_ = ports_.clock.uptime_ms() + ((ports_.random.next() * interval_ms) >> 32U);
}

void Node::poll() {
  if (stopped_) return;
  const std::uint64_t now = ports_.clock.uptime_ms();
  if (leaving_ == Leaving::kNo) measure(now);
  follow_clock();
  connect(now);
  ports_.mqtt.poll();
  send(now);
  update(now);
  if (leaving_ != Leaving::kNo) finish_leaving(now);
}

std::uint64_t Node::due() const {
  if (leaving_ != Leaving::kNo) return in_flight_.cargo == Cargo::kNothing ? 0 : leave_by_;
  std::uint64_t due = std::min({reading_due_, backoff_.due(), updater_.due()});
  if (backoff_.state() == Backoff::State::kTrying) due = std::min(due, attempt_ends_);
  if (!online_) return due;
  if (in_flight_.cargo != Cargo::kNothing) return std::min(due, in_flight_.give_up_at);
  const bool idle = answers_.empty() && readings_.size() == unstamped_;
  return idle ? std::min(due, status_due_) : 0;
}

// ---------------------------------------------------------------------------------------------- readings

void Node::measure(std::uint64_t now) {
  if (now < reading_due_) return;
  // A turn that comes late measures late, but counts from the beat: the distances stay even. Beats that were missed
  // altogether are left out, since nobody can measure the past.
  const std::uint64_t interval_ms = settings_.interval_s * std::uint64_t{1'000};
  const std::uint64_t beat = reading_due_ + (now - reading_due_) / interval_ms * interval_ms;
  reading_due_ = beat + interval_ms;

  Sample sample;
  if (!ports_.sensor.read(sample) || !JsonWriter::can_write(sample.temperature) ||
      !JsonWriter::can_write(sample.humidity)) {
    ++counters_.sensor_failures;
    return;
  }
  Reading reading;
  reading.temperature = sample.temperature;
  reading.humidity = sample.humidity;
  reading.wifi_rssi = static_cast<std::int16_t>(ports_.network.rssi());
  reading.uptime = seconds(beat);
  ++counters_.measured;
  if (!readings_.push(reading)) ++counters_.lost;
  unstamped_ = std::min(unstamped_ + 1, readings_.size());
}

void Node::follow_clock() {
  std::int64_t unix_now = 0;
  if (unstamped_ == 0 || !ports_.clock.unix_seconds(unix_now)) return;
  const std::uint32_t uptime_now = seconds(ports_.clock.uptime_ms());
  for (; unstamped_ > 0; --unstamped_) {
    stamper_.stamp(readings_.at(readings_.size() - unstamped_), unix_now, uptime_now);
  }
}

// ---------------------------------------------------------------------------------------------- connection

void Node::connect(std::uint64_t now) {
  backoff_.tick(now);
  const bool trying = backoff_.state() == Backoff::State::kTrying;
  if (!ports_.network.is_up() || (trying && now >= attempt_ends_)) {
    if (online_ || trying) {
      ports_.mqtt.drop();
      connection_lost(now);
    }
    return;
  }
  if (backoff_.state() == Backoff::State::kHolding && !confirmed_) {
    ports_.slot.confirm();
    confirmed_ = true;
  }
  if (leaving_ != Leaving::kNo || !backoff_.may_try(now)) return;
  attempt_ends_ = now + kConnectPatience_ms;
  const Session session{settings_.id.name(), status_topic_.view(), will_.view()};
  if (!ports_.mqtt.connect(session)) connection_lost(now);
}

void Node::connection_lost(std::uint64_t now) {
  online_ = announced_ = false;
  in_flight_ = InFlight();
  backoff_.failed(now);
}

void Node::on_connected() {
  const std::uint64_t now = ports_.clock.uptime_ms();
  if (!ports_.mqtt.subscribe(command_topic_.view())) {
    attempt_ends_ = now;  // A connection must not be dropped from its own event; the next turn does it.
    return;
  }
  backoff_.connected(now);
  online_ = true;
  status_due_ = now;
}

void Node::on_disconnected() { connection_lost(ports_.clock.uptime_ms()); }

// ---------------------------------------------------------------------------------------------- sending

Node::Cargo Node::next_cargo(std::uint64_t now) const {
  if (!answers_.empty()) return Cargo::kAcknowledgement;
  if (leaving_ == Leaving::kNo && now >= status_due_) return Cargo::kStatus;
  if (readings_.size() > unstamped_) return Cargo::kReading;
  if (leaving_ != Leaving::kNo && !farewell_done_) return Cargo::kFarewell;
  return Cargo::kNothing;
}

std::string_view Node::write(Cargo cargo, std::uint64_t now) {
  switch (cargo) {
    case Cargo::kAcknowledgement:
      return write_acknowledgement(settings_.id.name(), answers_.oldest(), message_, sizeof message_);
    case Cargo::kStatus:
      return write_online(settings_.id.name(), {seconds(now), ports_.network.rssi(), settings_.firmware}, message_,
                          sizeof message_);
    case Cargo::kReading:
      return write_telemetry(settings_.id.name(), readings_.oldest(), message_, sizeof message_);
    case Cargo::kFarewell: return will_.view();
    case Cargo::kNothing: break;
  }
  return {};
}

void Node::send(std::uint64_t now) {
  if (!online_) return;
  if (in_flight_.cargo != Cargo::kNothing) {
    if (now < in_flight_.give_up_at) return;
    ports_.mqtt.drop();
    connection_lost(now);
    return;
  }
  const Cargo cargo = next_cargo(now);
  if (cargo == Cargo::kNothing) return;
  const std::string_view message = write(cargo, now);
  if (message.empty()) {
    // A reading that cannot be written (a clock that says 1970) must not stop all behind it.
    if (cargo == Cargo::kReading && readings_.remove(readings_.oldest_number())) ++counters_.lost;
    return;
  }
  const bool retained = cargo == Cargo::kStatus || cargo == Cargo::kFarewell;
  const Topic& topic = cargo == Cargo::kReading ? telemetry_topic_ : status_topic_;
  const std::uint16_t packet_id = ports_.mqtt.publish(topic.view(), message, retained);
  if (packet_id == 0) return;  // no room at the moment: the next turn tries again
  in_flight_.cargo = cargo;
  in_flight_.packet_id = packet_id;
  in_flight_.give_up_at = now + kAcknowledgementPatience_ms;
  if (cargo == Cargo::kStatus) status_due_ = now + kStatusEvery_ms;
  if (cargo == Cargo::kAcknowledgement) in_flight_.number = answers_.oldest_number();
  if (cargo == Cargo::kReading) {
    in_flight_.number = readings_.oldest_number();
    if (in_flight_.number == last_sent_reading_) ++counters_.repeated;
    last_sent_reading_ = in_flight_.number;
  }
}

void Node::on_acknowledged(std::uint16_t packet_id) {
  if (in_flight_.cargo == Cargo::kNothing || packet_id != in_flight_.packet_id) return;
  switch (in_flight_.cargo) {
    case Cargo::kAcknowledgement: answers_.remove(in_flight_.number); break;
    case Cargo::kReading:
      ++counters_.acknowledged;
      // It may have been pushed out while it was on its way, and counted as lost. It was not.
      if (!readings_.remove(in_flight_.number)) --counters_.lost;
      break;
    case Cargo::kFarewell: farewell_done_ = true; break;
    case Cargo::kStatus: announced_ = true; break;
    case Cargo::kNothing: break;
  }
  in_flight_ = InFlight();
}

// ---------------------------------------------------------------------------------------------- commands

void Node::on_message(std::string_view payload, std::size_t full_size, bool retained) {
  Command command;
  Acknowledgement answer;
  bool answer_now = true;
  if (full_size > payload.size() || payload.size() > kCommandSize) {
    answer.reason = because(kTooLong);
  } else {
    answer.reason = parse_command(payload, command);
    answer.id = command.id;
    answer.command = command.command;
    const auto same = [&command](const Acknowledgement& earlier) {
      return !command.id.empty() && earlier.id == command.id.view() && earlier.command == command.command.view();
    };
    if (!answer.reason.empty()) {
      // refused already
    } else if (retained) {
      // It would be carried out again after each new connection.
      answer.reason = because("a command must not be retained");
    } else if (same(last_answer_)) {
      answer = last_answer_;
    } else if (updater_.busy() && same(update_answer_)) {
      answer_now = false;
    } else {
      answer_now = execute(command, answer.reason);
      if (answer_now) last_answer_ = answer;
    }
  }
  if (answer_now) answers_.push(answer);
}

// Carries a command out, or says why not. The answer is false if the acknowledgement has to wait.
bool Node::execute(const Command& command, Reason& reason) {
  Action action = Action::kRestart;
  if (leaving_ != Leaving::kNo) {
    reason = because("the node is about to restart");
  } else {
    reason = find_action(command.command.view(), action);
  }
  if (!reason.empty()) return true;
  switch (action) {
    case Action::kSetLed: reason = set_led(command.params); break;
    case Action::kSetInterval: reason = set_interval(command.params); break;
    case Action::kUpdateFirmware:
      reason = start_update(command.params);
      if (!reason.empty()) break;
      update_answer_.id = command.id;
      update_answer_.command = command.command;
      return false;
    case Action::kRollbackFirmware:
      reason = parse_nothing(command.params);
      if (reason.empty() && updater_.busy()) reason = because("an update is under way");
      if (reason.empty() && !ports_.slot.rollback()) reason = because("there is no earlier firmware");
      if (reason.empty()) leave(Leaving::kRestart);
      break;
    case Action::kRestart:
      reason = parse_nothing(command.params);
      if (reason.empty()) leave(Leaving::kRestart);
      break;
  }
  return true;
}

Reason Node::set_led(const JsonValue& params) {
  Reason reason = parse_set_led(params, led_);
  if (reason.empty()) ports_.led.set(led_.on, led_.brightness);
  return reason;
}

Reason Node::set_interval(const JsonValue& params) {
  Reason reason = parse_set_interval(params, settings_.least_interval_s, kMostInterval_s, settings_.interval_s);
  if (reason.empty()) reading_due_ = ports_.clock.uptime_ms() + settings_.interval_s * std::uint64_t{1'000};
  return reason;
}

Reason Node::start_update(const JsonValue& params) {
  Manifest manifest;
  const RunningFirmware running{kProduct, settings_.firmware, ports_.slot.capacity()};
  if (Reason reason = check_manifest(params, running, manifest); !reason.empty()) return reason;
  return updater_.start(manifest, ports_.clock.uptime_ms());
}

void Node::update(std::uint64_t now) {
  const Updater::Step step = updater_.poll(now, update_answer_.reason);
  if (step != Updater::Step::kInstalled && step != Updater::Step::kFailed) return;
  last_answer_ = update_answer_;
  answers_.push(update_answer_);
  update_answer_ = Acknowledgement();
  if (step == Updater::Step::kInstalled) leave(Leaving::kRestart);
}

// ---------------------------------------------------------------------------------------------- leaving

void Node::leave(Leaving why) {
  // A stop from outside counts more than a restart that is under way.
  if (leaving_ == Leaving::kNo) leave_by_ = ports_.clock.uptime_ms() + kFarewellPatience_ms;
  if (leaving_ != Leaving::kStop) leaving_ = why;
}

void Node::finish_leaving(std::uint64_t now) {
  if (online_ && !farewell_done_ && now < leave_by_) return;
  if (online_) {
    ports_.mqtt.disconnect();
  } else {
    ports_.mqtt.drop();
  }
  online_ = announced_ = false;
  stopped_ = true;
  if (leaving_ == Leaving::kRestart) ports_.system.restart();
}

}  // namespace node
