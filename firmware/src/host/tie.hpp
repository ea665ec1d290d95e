#pragma once

namespace host {

/// Watches standard input from a thread of its own, whatever the boards are doing: when the process at its other end has
/// been gone for five seconds, this one ends at once. A board that is stuck would not notice by itself.
void tie_to_standard_input();

}  // namespace host
