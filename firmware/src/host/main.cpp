// Virtual boards on a computer: the node of lib/, with libmosquitto in place of the board's MQTT client.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <sstream>
#include <vector>

#include "board.hpp"
#include "options.hpp"
#include "tie.hpp"
#include "trace.hpp"

namespace {

volatile std::sig_atomic_t told_to_stop = 0;

/// All boards of this process, and what is said about them.
class Boards {
 public:
  explicit Boards(const host::Options& options) : options_(options), trace_(options.ids.size()) {
    for (const node::NodeId& id : options.ids) {
      node::Settings settings;
      settings.id = id;
      settings.firmware = options.firmware;
      settings.interval_s = options.interval_s;
      settings.backoff = options.backoff;
      boards_.push_back(std::make_unique<host::Board>(settings, options.broker, options.seed));
    }
    greeted_.assign(boards_.size(), false);
  }

  /// Runs until every board has stopped.
  void run() {
    // Signals are let through only while it waits, so none is missed between a look at the flag and the wait.
    sigset_t blocked;
    sigset_t open;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &open);
    while (!all_stopped()) {
      if (told_to_stop != 0 || time_is_up()) stop();
      wait(open);
      for (std::size_t i = 0; i < boards_.size(); ++i) {
        if (sockets_[i].revents != 0 || boards_[i]->patience_ms() == 0) boards_[i]->poll();
      }
      if (input_open_ && sockets_.back().revents != 0) read_input();
      report();
    }
  }

  /// One line with what all boards did.
  void print_counters() const {
    node::Counters sum;
    std::size_t buffered = 0;
    for (const auto& board : boards_) {
      sum = sum + board->counters();
      buffered += board->buffered();
    }
    std::printf(
        "{\"stopped\": true, \"devices\": %zu, \"measured\": %u, \"acknowledged\": %u, \"buffered\": %zu, "
        "\"lost\": %u, \"repeated\": %u, \"sensor_failures\": %u}\n",
        boards_.size(), sum.measured, sum.acknowledged, buffered, sum.lost, sum.repeated, sum.sensor_failures);
  }

 private:
  bool all_stopped() const {
    return std::all_of(boards_.begin(), boards_.end(), [](const auto& board) { return board->stopped(); });
  }

  bool time_is_up() const { return options_.run_s > 0 && clock_.uptime_ms() >= options_.run_s * 1'000ULL; }

  void stop() {
    for (const auto& board : boards_) board->stop();
  }

  void wait(const sigset_t& open) {
    int patience_ms = 1'000;
    sockets_.clear();
    for (const auto& board : boards_) {
      const host::MosquittoTransport& transport = board->transport();
      const short events = static_cast<short>(POLLIN | (transport.wants_to_write() ? POLLOUT : 0));
      sockets_.push_back({transport.socket(), events, 0});
      if (!board->stopped()) patience_ms = std::min(patience_ms, board->patience_ms());
    }
    if (input_open_) sockets_.push_back({STDIN_FILENO, POLLIN, 0});
    if (options_.trace) patience_ms = std::min(patience_ms, trace_.patience_ms());
    const timespec pause{patience_ms / 1'000, patience_ms % 1'000 * 1'000'000L};
    if (ppoll(sockets_.data(), sockets_.size(), &pause, &open) < 0) {
      for (pollfd& socket : sockets_) socket.revents = 0;  // a signal came instead
    }
  }

  void read_input() {
    char piece[256];
    const ssize_t count = ::read(STDIN_FILENO, piece, sizeof piece);
    if (count <= 0) {
      input_open_ = false;
      if (options_.tied) stop();
      return;
    }
    input_.append(piece, static_cast<std::size_t>(count));
    for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      obey(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    std::string how;
    std::string id;
    words >> what >> how >> id;
    const bool known = what == "wifi" && (how == "on" || how == "off");
    bool found = false;
    for (const auto& board : boards_) {
      if (!known || !(id.empty() || board->is(id))) continue;
      found = true;
      board->set_network(how == "on");
      board->poll();  // it need not wait for its next turn to see it
    }
    if (!found) std::fprintf(stderr, "node: no such line or board: '%s'; it takes wifi on|off [id]\n", line.c_str());
  }

  /// Says once that all boards are ready for commands, and on standard error when some lost it or all have it again.
  void report() {
    std::size_t online = 0;
    for (std::size_t i = 0; i < boards_.size(); ++i) {
      if (boards_[i]->online()) ++online;
      if (boards_[i]->announced()) greeted_[i] = true;
      if (options_.trace) trace_.tell(i, *boards_[i]);
    }
    const bool all = online == boards_.size();
    if (!ready_ && std::all_of(greeted_.begin(), greeted_.end(), [](bool one) { return one; })) {
      ready_ = true;
      std::printf("{\"ready\": true, \"devices\": %zu}\n", boards_.size());
      std::fflush(stdout);
    }
    const auto troubled = std::find_if(boards_.begin(), boards_.end(),
                                       [](const auto& board) { return !board->transport().problem().empty(); });
    if (!all && well_ && troubled != boards_.end()) {
      well_ = false;
      std::fprintf(stderr, "node: %s cannot keep its session with %s:%d: %s; it goes on trying\n",
                   (*troubled)->name().c_str(), options_.broker.host.c_str(), options_.broker.port,
                   (*troubled)->transport().problem().c_str());
    } else if (all && !well_) {
      well_ = true;
      std::fprintf(stderr, "node: all %zu boards have a session with %s:%d\n", boards_.size(),
                   options_.broker.host.c_str(), options_.broker.port);
    }
  }

  const host::Options& options_;
  host::PosixClock clock_;
  std::vector<std::unique_ptr<host::Board>> boards_;
  host::Trace trace_;
  std::vector<bool> greeted_;  // which boards have been ready for commands
  std::vector<pollfd> sockets_;
  std::string input_;
  bool input_open_ = true;
  bool ready_ = false;
  bool well_ = true;
};

}  // namespace

int main(int count, char** arguments) {
  host::Options options;
  try {
    options = host::read_options({arguments + 1, arguments + count});
  } catch (const host::BadOption& problem) {
    std::fprintf(stderr, "node: %s\n", problem.what());
    return 2;
  }
  if (options.help) {
    std::fputs(host::kUsage, stdout);
    return 0;
  }
  struct sigaction action {};
  action.sa_handler = [](int) { told_to_stop = 1; };
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  if (options.tied) host::tie_to_standard_input();
  mosquitto_lib_init();
  {
    Boards boards(options);
    boards.run();
    boards.print_counters();
  }
  mosquitto_lib_cleanup();
  return 0;
}
