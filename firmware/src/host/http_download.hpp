#pragma once

#include <string>

#include "ota.hpp"

namespace host {

/// Fetches `http://host[:port]/path` over a socket (HTTP 1.0: the server closes behind the last byte).
class HttpDownload final : public node::Download {
 public:
  HttpDownload() = default;
  ~HttpDownload() override { close(); }
  HttpDownload(const HttpDownload&) = delete;
  HttpDownload& operator=(const HttpDownload&) = delete;

  bool open(std::string_view url) override;
  int read(std::uint8_t* out, std::size_t capacity) override;
  void close() override;

 private:
  bool connect(const std::string& host, const std::string& port);
  bool send(const std::string& request) const;
  bool read_head();

  int socket_ = -1;
  std::string head_;   // until its empty line has come
  bool head_read_ = false;
};

}  // namespace host
