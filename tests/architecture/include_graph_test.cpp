// Compares the code with the picture in docs/architecture.md: which module may include which, and
// what the pure ones may not touch.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace {

namespace fs = std::filesystem;
using Arrows = std::map<std::string, std::set<std::string>>;

const fs::path source_dir = fs::path(SOTTO_SOURCE_DIR) / "src";

// Module → the modules whose headers it may include.
const Arrows allowed = {
    {"base", {}},
    {"json", {}},
    {"files", {"base"}},
    {"models", {"base", "files", "json"}},
    {"supervision", {"base"}},
    {"http_client", {"base"}},
    {"model_download", {"base", "files", "http_client", "models", "supervision"}},
    {"audio", {"base"}},
    {"transcript", {"base", "json"}},
    {"engine", {"base", "transcript"}},
    {"observation", {"base", "transcript", "engine", "telemetry"}},
    {"replay", {"base", "json", "transcript", "engine", "observation"}},
    {"tuning",
     {"base", "audio", "transcript", "engine", "json", "observation", "pipeline", "ports", "replay",
      "rollout", "telemetry"}},
    {"rollout", {"base"}},
    {"simulation", {"base", "rollout"}},
    {"telemetry", {"base", "json"}},
    {"ports", {"base", "transcript"}},
    {"feature_flag", {"base", "files", "json", "ports", "rollout"}},
    {"rollout_controller", {"base", "feature_flag", "json", "ports", "rollout", "telemetry"}},
    {"rollout_report",
     {"base", "feature_flag", "json", "ports", "rollout", "rollout_controller", "telemetry"}},
    {"pipeline",
     {"base", "audio", "transcript", "engine", "json", "observation", "rollout", "telemetry",
      "ports"}},
    {"lambda",
     {"base", "json", "transcript", "engine", "observation", "rollout", "telemetry", "ports",
      "feature_flag"}},
    {"server",
     {"base", "audio", "feature_flag", "engine", "json", "ports", "rollout", "telemetry",
      "pipeline", "web", "rollout_controller", "rollout_report", "access"}},
    {"providers/embedded", {"base", "transcript", "ports", "supervision"}},
    {"providers/pocketsphinx",
     {"base", "audio", "transcript", "ports", "supervision", "providers/embedded"}},
    {"providers/moonshine", {"base", "transcript", "ports", "supervision", "providers/embedded"}},
    {"providers/standby", {"base", "transcript", "ports"}},
    {"providers/apertium", {"base", "ports", "supervision"}},
    {"providers/bergamot", {"base", "json", "ports", "supervision"}},
    {"providers/chain", {"base", "ports", "supervision"}},
    {"providers/espeak", {"base", "ports", "supervision"}},
    {"providers/sherpa", {"base", "json", "ports", "providers/espeak", "supervision"}},
    {"providers/web_translators", {"base", "http_client", "json", "ports", "supervision"}},
    {"providers/local", {"base", "files", "json", "ports", "supervision", "telemetry"}},
    {"providers/aws",
     {"base", "http_client", "json", "ports", "rollout", "supervision", "telemetry", "transcript"}},
    {"access", {"base", "files", "json"}},
    {"webhook", {"base", "telemetry"}},
    {"lambda_host",
     {"base", "engine", "lambda", "ports", "providers/aws", "providers/local", "rollout",
      "telemetry"}},
    {"composition",
     {"audio",
      "base",
      "engine",
      "lambda_host",
      "models",
      "pipeline",
      "ports",
      "providers/apertium",
      "providers/aws",
      "providers/bergamot",
      "providers/chain",
      "providers/espeak",
      "providers/moonshine",
      "providers/pocketsphinx",
      "providers/sherpa",
      "providers/standby",
      "providers/web_translators",
      "http_client",
      "replay",
      "telemetry",
      "transcript"}},
};

struct File {
  fs::path path;
  std::string module;
  std::vector<std::string> includes;  // as written
  std::string text;
};

bool is_test(const fs::path& path) {
  const std::string name = path.stem().string();
  return name.ends_with("_test") || name.starts_with("test_");
}

std::string module_of(const fs::path& relative) {
  const std::string first = relative.begin()->string();
  if (first != "providers") return first;
  return first + "/" + std::next(relative.begin())->string();
}

const std::vector<File>& files() {
  static const std::vector<File> all = [] {
    std::vector<File> found;
    const std::regex include(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
    for (const auto& entry : fs::recursive_directory_iterator(source_dir)) {
      const fs::path path = entry.path();
      if ((path.extension() != ".hpp" && path.extension() != ".cpp") || is_test(path)) continue;
      File file{path, module_of(fs::relative(path, source_dir)), {}, {}};
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) {
        std::smatch match;
        if (std::regex_search(line, match, include)) file.includes.push_back(match[1]);
        file.text += line.substr(0, line.find("//")) + "\n";
      }
      found.push_back(std::move(file));
    }
    return found;
  }();
  return all;
}

// The module that an include names, or nothing for outside headers.
std::string included_module(const std::string& include) {
  for (const auto& [module, arrows] : allowed)
    if (include.starts_with(module + "/")) return module;
  return include.starts_with("web/") ? "web" : "";
}

TEST(IncludeGraph, EveryModuleIsInThePicture) {
  std::set<std::string> modules;
  for (const File& file : files()) modules.insert(file.module);
  for (const std::string& module : modules) EXPECT_TRUE(allowed.contains(module)) << module;
  for (const auto& [module, arrows] : allowed) EXPECT_TRUE(modules.contains(module)) << module;
}

TEST(IncludeGraph, IncludesFollowTheArrows) {
  for (const File& file : files()) {
    for (const std::string& include : file.includes) {
      const std::string module = included_module(include);
      if (module.empty() || module == file.module) continue;
      EXPECT_TRUE(allowed.at(file.module).contains(module)) << file.path << " includes " << include;
    }
  }
}

TEST(IncludeGraph, TheArrowsMakeNoCycle) {
  // Remove modules all of whose arrows lead to removed ones; a cycle is what remains.
  Arrows left = allowed;
  for (bool removed = true; removed;) {
    removed = false;
    for (auto it = left.begin(); it != left.end();) {
      const bool free = std::none_of(it->second.begin(), it->second.end(),
                                     [&](const std::string& to) { return left.contains(to); });
      removed = removed || free;
      it = free ? left.erase(it) : std::next(it);
    }
  }
  EXPECT_TRUE(left.empty()) << left.begin()->first << " is in a cycle";
}

TEST(PureModules, ReadNoClockDoNoInputOrOutputAndStartNoThread) {
  const std::vector<std::string> forbidden = {
      "::now(",    "std::thread", "std::mutex", "std::atomic", "fstream", "iostream",
      "std::cout", "std::cerr",   "printf(",    "fopen",       "getenv",  "random_device",
      "std::rand", "boost/",      "unistd.h",   "sys/"};
  const std::set<std::string> pure = {"engine", "rollout", "simulation"};
  for (const File& file : files()) {
    if (!pure.contains(file.module)) continue;
    for (const std::string& word : forbidden) {
      if (word == "printf(" && file.text.find("std::snprintf(") != std::string::npos) continue;
      EXPECT_EQ(file.text.find(word), std::string::npos) << file.path << " uses " << word;
    }
  }
}

TEST(Beast, StaysInAFewFiles) {
  std::set<fs::path> users;
  for (const File& file : files())
    for (const std::string& include : file.includes)
      if (include.starts_with("boost/beast")) users.insert(file.path);
  // Three of the server, and two of the client for AWS: the connection whose answers Beast parses,
  // and the WebSocket to Transcribe, whose frames, masks and pings are its own protocol.
  EXPECT_LE(users.size(), 5u) << "each costs half a minute and 1 GB to compile";
}

}  // namespace
