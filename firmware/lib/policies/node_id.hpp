#pragma once

#include <string_view>

#include "text.hpp"

namespace node {

using Topic = Text<63>;
using Name = Text<31>;

/// Who a node is: on the wire `01` and `node_01` name the same node. The topic has the id as it was given, the payload
/// always has the long form (seed 001: topic `iot/node/01/telemetry`, payload `"node_id": "node_01"`).
class NodeId {
 public:
  /// Takes an id of 1 to 24 letters, digits, `-` and `_`; false for anything else. A `/`, `+` or `#` would change the
  /// meaning of the topic.
  bool assign(std::string_view id) {
    constexpr std::string_view prefix = "node_";
    if (id.empty() || id.size() > 24) return false;
    for (const char letter : id) {
      const bool allowed = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                           (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '_';
      if (!allowed) return false;
    }
    level_.assign(id);
    name_.clear();
    if (id.substr(0, prefix.size()) != prefix) name_.append(prefix);
    return name_.append(id);
  }

  /// `node_01`.
  std::string_view name() const { return name_.view(); }

  /// The id as it was given, a level of the topics: `01`.
  std::string_view level() const { return level_.view(); }

  /// `iot/node/01/telemetry`; `kind` is `telemetry`, `status` or `command`.
  Topic topic(std::string_view kind) const {
    Topic topic;
    topic.append("iot/node/");
    topic.append(level_.view());
    topic.append("/");
    topic.append(kind);
    return topic;
  }

 private:
  Text<24> level_;
  Name name_;
};

}  // namespace node
