#pragma once

namespace fixed {

/// Lets a node work for a day on hardware that needs no memory either: readings, commands of every kind, refusals, an
/// update that fails, connections that break. Returns how many messages it sent.
unsigned long run_a_day();

}  // namespace fixed
