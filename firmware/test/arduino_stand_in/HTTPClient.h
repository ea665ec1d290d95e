#pragma once

#include "WiFi.h"

enum t_http_codes { HTTP_CODE_OK = 200 };

class HTTPClient {
 public:
  bool begin(WiFiClient& client, String url);
  void useHTTP10(bool on = true);
  int GET();
  int getSize();
  void end();
};
