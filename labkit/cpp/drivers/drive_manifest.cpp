// Calls compare, check_manifest and check_image of exercise 3.6.

#include "manifest.hpp"

#include <algorithm>

#include "wire.hpp"

namespace {

std::string digits_of(const node::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

node::Digest read_digest(driver::Request& request) {
  const std::string bytes = request.text();
  node::Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

void order(driver::Request& request, driver::Answer& answer) {
  node::Version left;
  node::Version right;
  node::parse_version(request.text(), left);
  node::parse_version(request.text(), right);
  const int found = node::compare(left, right);
  answer.integer(found < 0 ? -1 : (found > 0 ? 1 : 0));
}

void judge_manifest(driver::Request& request, driver::Answer& answer) {
  const driver::Exact text(request.text());
  const driver::Exact name(request.text());
  const driver::Exact version(request.text());
  const auto slot_size = static_cast<std::uint32_t>(request.natural());
  node::JsonValue params;
  std::size_t stopped_at = 0;
  if (!text.view().empty()) node::parse_json(text.view(), params, stopped_at);
  node::Manifest manifest;
  const node::Reason reason = node::check_manifest(params, {name.view(), version.view(), slot_size}, manifest);
  answer.begin().key("reason").text(reason.view()).key("version").text(manifest.version_text.view());
  answer.key("size").natural(manifest.size).key("sha256").text(digits_of(manifest.sha256));
  answer.key("url").text(manifest.url.view()).end();
}

void judge_image(driver::Request& request, driver::Answer& answer) {
  node::Manifest manifest;
  manifest.size = static_cast<std::uint32_t>(request.natural());
  manifest.sha256 = read_digest(request);
  const auto received = static_cast<std::uint32_t>(request.natural());
  const node::Digest digest = read_digest(request);
  answer.text(node::check_image(manifest, received, digest).view());
}

}  // namespace

void answer(const std::string& name, driver::Request& request, driver::Answer& answer) {
  if (name == "compare") return order(request, answer);
  if (name == "check_image") return judge_image(request, answer);
  judge_manifest(request, answer);
}
