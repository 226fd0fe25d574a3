#include "providers/web_translators/settings.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <random>

namespace sotto::providers::web_translators {

namespace {

struct Range {
  const char* name;
  long long value, least, most;
  const char* unit;
};

}  // namespace

Result<> validate(const Limits& limits) {
  const std::array ranges = {
      Range{"deadline", limits.deadline.count(), 100, 60'000, " ms"},
      Range{"max_queued", static_cast<long long>(limits.max_queued), 1, 10'000, ""},
      Range{"max_batch", static_cast<long long>(limits.max_batch), 1, 50, ""},
      Range{"in_flight", static_cast<long long>(limits.in_flight), 1, 16, ""},
      Range{"failures_to_open", limits.failures_to_open, 1, 1'000, ""},
      Range{"open_for", limits.open_for.count(), 1, 600'000, " ms"}};
  for (const Range& range : ranges)
    if (range.value < range.least || range.value > range.most)
      return fail(ErrorCode::invalid_argument,
                  std::string(range.name) + " is " + std::to_string(range.value) + range.unit +
                      "; it must be " + std::to_string(range.least) + " to " +
                      std::to_string(range.most) + range.unit,
                  range.name);
  return {};
}

Result<> validate_key(const std::string& key, const std::string& setting) {
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (printable && key.size() <= 1'000) return {};
  return fail(ErrorCode::invalid_argument,
              setting + " is no key: it must be 1 to 1000 printable characters without a space",
              setting);
}

Result<std::string> key_from_environment(const std::string& variable) {
  std::string key;
  const std::string file_variable = variable + "_FILE";
  const char* const value = std::getenv(variable.c_str());
  if (value && *value) {  // an empty one counts as not set
    key = value;
  } else if (const char* file = std::getenv(file_variable.c_str())) {
    std::ifstream in(file);
    if (!in)
      return fail(ErrorCode::not_found,
                  "cannot read \"" + std::string(file) + "\", which " + file_variable + " names",
                  file_variable);
    std::array<char, 1'200> line{};
    in.getline(line.data(), line.size());
    key = line.data();
    while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
    if (key.empty())
      return fail(
          ErrorCode::not_found,
          "there is no key in \"" + std::string(file) + "\", which " + file_variable + " names",
          file_variable);
  }
  if (const auto valid = validate_key(key, variable); !valid) return tl::unexpected(valid.error());
  return key;
}

Dependencies Dependencies::real(std::shared_ptr<http_client::HttpSender> http) {
  struct Generator {
    std::mutex mutex;
    std::mt19937_64 engine{std::random_device{}()};
  };
  return {std::move(http),
          [] { return std::chrono::steady_clock::now(); },
          [generator = std::make_shared<Generator>()] {
            const std::lock_guard lock(generator->mutex);
            return std::uniform_real_distribution<double>(0, 1)(generator->engine);
          },
          {}};
}

}  // namespace sotto::providers::web_translators
