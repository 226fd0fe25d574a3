#include "telemetry/process_usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace sotto::telemetry {

namespace {

struct Stat {
  int parent = 0;
  std::uint64_t ticks = 0;
};

// Fields of /proc/PID/stat (proc(5)): 4 parent, 14–17 user and system ticks, own and of waited-for
// children.
Stat read_stat(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 2));
  std::string state, skipped;
  Stat stat;
  fields >> state >> stat.parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  for (int field = 14; field <= 17; ++field) {
    std::uint64_t ticks = 0;
    fields >> ticks;
    stat.ticks += ticks;
  }
  return stat;
}

std::uint64_t read_pss(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  return 0;
}

}  // namespace

ProcessUsage process_tree_usage() {
  std::map<int, Stat> all;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      all[std::stoi(name)] = read_stat(it->path());
  }
  ProcessUsage usage;
  std::vector<int> tree{getpid()};
  std::uint64_t ticks = 0;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    ticks += all[tree[i]].ticks;
    usage.memory_bytes += read_pss(tree[i]);
    for (const auto& [pid, stat] : all)
      if (stat.parent == tree[i]) tree.push_back(pid);
  }
  usage.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return usage;
}

}  // namespace sotto::telemetry
