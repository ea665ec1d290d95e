#include "board.hpp"

#include <algorithm>

#include "node.hpp"

namespace host {

namespace {
// libmosquitto sends its keep-alive from calls, which therefore come at least this often.
constexpr std::uint64_t kLongestSleep_ms = 1'000;
// About what an ESP32 needs from reset to its first measurement.
constexpr std::uint64_t kBoot_ms = 1'000;
}  // namespace

Board::Board(const node::Settings& settings, const Broker& broker, std::uint32_t seed)
    : settings_(settings),
      broker_(broker),
      name_(settings.id.name()),
      level_(settings.id.level()),
      random_(name_, seed),
      network_(random_),
      led_(name_),
      slots_(std::string(settings.firmware)),
      sensor_(outside_, random_) {
  boot();
}

Board::~Board() = default;

bool Board::stopped() const { return node_->stopped() && !restarting_; }
bool Board::online() const { return node_->online(); }
bool Board::announced() const { return node_->announced(); }
std::size_t Board::buffered() const { return node_->buffered(); }
const node::Backoff& Board::connection() const { return node_->connection(); }
const node::LedCommand& Board::led() const { return node_->led(); }
std::uint32_t Board::interval_s() const { return node_->interval_s(); }
std::size_t Board::capacity() { return node::Node::capacity(); }
node::Counters Board::counters() const { return before_restarts_ + node_->counters(); }

void Board::boot() {
  restarting_ = false;
  node_.reset();
  slots_.boot();
  settings_.firmware = slots_.version();
  clock_ = std::make_unique<PosixClock>();
  download_ = std::make_unique<HttpDownload>();
  transport_ = std::make_unique<MosquittoTransport>(broker_);
  const node::Ports ports{*clock_, random_, network_, *transport_, sensor_, led_, *download_, slots_, *this};
  node_ = std::make_unique<node::Node>(ports, settings_);
}

void Board::poll() {
  wake_at_ = outside_.uptime_ms() + kLongestSleep_ms;
  node_->poll();
  if (!restarting_ || outside_.uptime_ms() < boot_at_) return;
  before_restarts_ = counters();
  boot();
}

void Board::restart() {
  restarting_ = true;
  boot_at_ = outside_.uptime_ms() + kBoot_ms;
}

void Board::stop() {
  restarting_ = false;
  node_->stop();
}

int Board::patience_ms() const {
  const std::uint64_t now = outside_.uptime_ms();
  if (now >= wake_at_) return 0;
  std::uint64_t sleep = wake_at_ - now;
  if (restarting_) {
    sleep = std::min(sleep, boot_at_ - std::min(boot_at_, now));
  } else {
    const std::uint64_t uptime = clock_->uptime_ms();
    sleep = std::min(sleep, node_->due() - std::min(node_->due(), uptime));
  }
  return static_cast<int>(sleep);
}

}  // namespace host
