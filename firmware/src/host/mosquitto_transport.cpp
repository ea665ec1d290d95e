#include "mosquitto_transport.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace host {

namespace {

constexpr int kQos = 1;
constexpr int kKeepAlive_s = 15;

MosquittoTransport& self(void* context) { return *static_cast<MosquittoTransport*>(context); }

}  // namespace

MosquittoTransport::MosquittoTransport(const Broker& broker) : broker_(broker) {}

MosquittoTransport::~MosquittoTransport() { close(); }

void MosquittoTransport::close() {
  if (client_ != nullptr) mosquitto_destroy(client_);
  client_ = nullptr;
}

bool MosquittoTransport::connect(const node::Session& session) {
  // A new client for each connection: the library would send again by itself what was not acknowledged.
  close();
  client_ = mosquitto_new(std::string(session.client_id).c_str(), true, this);
  if (client_ == nullptr) throw std::runtime_error(std::string("libmosquitto: ") + std::strerror(errno));
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
  if (!broker_.username.empty()) {
    mosquitto_username_pw_set(client_, broker_.username.c_str(), broker_.password.c_str());
  }
  mosquitto_will_set(client_, std::string(session.will_topic).c_str(), static_cast<int>(session.will_payload.size()),
                     session.will_payload.data(), kQos, true);
  mosquitto_connect_callback_set(client_, [](mosquitto*, void* context, int code) {
    if (code == 0) {
      self(context).events_->on_connected();
    } else {
      self(context).problem_ = mosquitto_connack_string(code);
    }
  });
  mosquitto_publish_callback_set(client_, [](mosquitto*, void* context, int id) {
    self(context).events_->on_acknowledged(static_cast<std::uint16_t>(id));
  });
  mosquitto_message_callback_set(client_, [](mosquitto*, void* context, const mosquitto_message* message) {
    const auto size = static_cast<std::size_t>(message->payloadlen);
    const std::string_view payload(static_cast<const char*>(message->payload), size);
    self(context).events_->on_message(payload, size, message->retain);
  });
  problem_.clear();
  const int code = mosquitto_connect(client_, broker_.host.c_str(), broker_.port, kKeepAlive_s);
  if (code == MOSQ_ERR_SUCCESS) return true;
  problem_ = code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
  close();
  return false;
}

std::uint16_t MosquittoTransport::publish(std::string_view topic, std::string_view payload, bool retained) {
  int id = 0;
  const std::string name(topic);
  const int code = mosquitto_publish(client_, &id, name.c_str(), static_cast<int>(payload.size()), payload.data(), kQos,
                                     retained);
  return code == MOSQ_ERR_SUCCESS ? static_cast<std::uint16_t>(id) : std::uint16_t{0};
}

bool MosquittoTransport::subscribe(std::string_view topic) {
  return mosquitto_subscribe(client_, nullptr, std::string(topic).c_str(), kQos) == MOSQ_ERR_SUCCESS;
}

void MosquittoTransport::disconnect() {
  if (client_ != nullptr) mosquitto_disconnect(client_);
  close();
}

void MosquittoTransport::drop() { close(); }

void MosquittoTransport::poll() {
  if (client_ == nullptr) return;
  int code = mosquitto_loop_read(client_, 1);
  if (code == MOSQ_ERR_SUCCESS && mosquitto_want_write(client_)) code = mosquitto_loop_write(client_, 1);
  if (code == MOSQ_ERR_SUCCESS) code = mosquitto_loop_misc(client_);
  if (code == MOSQ_ERR_SUCCESS) return;
  if (problem_.empty()) problem_ = code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
  close();
  events_->on_disconnected();
}

int MosquittoTransport::socket() const { return client_ == nullptr ? -1 : mosquitto_socket(client_); }

bool MosquittoTransport::wants_to_write() const { return client_ != nullptr && mosquitto_want_write(client_); }

}  // namespace host
