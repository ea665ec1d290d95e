#include "http_download.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace host {

namespace {
constexpr std::size_t kLongestHead = 16'384;
constexpr std::string_view kScheme = "http://";
constexpr int kPatience_s = 2;
}  // namespace

bool HttpDownload::connect(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    socket_ = ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    // A server that says nothing must not hold up the other boards of the process; it bounds connect(), too.
    const timeval patience{kPatience_s, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (socket_ >= 0 && ::connect(socket_, address->ai_addr, address->ai_addrlen) == 0) return true;
    close();
  }
  return false;
}

bool HttpDownload::send(const std::string& request) const {
  std::size_t sent = 0;
  while (sent < request.size()) {
    const ssize_t count = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool HttpDownload::open(std::string_view url) {
  close();
  if (url.substr(0, kScheme.size()) != kScheme) return false;
  url.remove_prefix(kScheme.size());
  const std::string_view authority = url.substr(0, url.find('/'));
  const std::string path = authority.size() < url.size() ? std::string(url.substr(authority.size())) : "/";
  const std::size_t colon = authority.find(':');
  const std::string host(authority.substr(0, colon));
  const std::string port = colon == std::string_view::npos ? "80" : std::string(authority.substr(colon + 1));
  if (host.empty() || path.find_first_of(" \r\n") != std::string::npos) return false;
  return connect(host, port) && send("GET " + path + " HTTP/1.0\r\nHost: " + std::string(authority) + "\r\n\r\n") &&
         read_head();
}

// The head is short and comes at once: waiting for it does not hold up the other boards of the process for long. A
// server that sends it byte by byte would; this is a simulation's download, not the board's.
bool HttpDownload::read_head() {
  while (head_.find("\r\n\r\n") == std::string::npos) {
    char piece[1024];
    const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
    if (count <= 0 || head_.size() > kLongestHead) return false;
    head_.append(piece, static_cast<std::size_t>(count));
  }
  const bool found = head_.compare(0, 7, "HTTP/1.") == 0 && head_.compare(8, 5, " 200 ") == 0;
  head_.erase(0, head_.find("\r\n\r\n") + 4);  // what is left is the beginning of the file
  head_read_ = true;
  return found;
}

int HttpDownload::read(std::uint8_t* out, std::size_t capacity) {
  if (socket_ < 0 || !head_read_) return kFailed;
  if (!head_.empty()) {
    const std::size_t count = std::min(capacity, head_.size());
    std::copy_n(head_.begin(), count, out);
    head_.erase(0, count);
    return static_cast<int>(count);
  }
  const ssize_t count = ::recv(socket_, out, capacity, MSG_DONTWAIT);
  if (count > 0) return static_cast<int>(count);
  if (count == 0) return kEnd;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : kFailed;
}

void HttpDownload::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  head_.clear();
  head_read_ = false;
}

}  // namespace host
