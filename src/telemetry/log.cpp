#include "telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/enum_names.hpp"
#include "json/text.hpp"

namespace sotto::telemetry {

namespace {

constexpr EnumNames<Level, Level::error> names = {{Level::debug, "DEBUG"},
                                                  {Level::info, "INFO"},
                                                  {Level::warning, "WARNING"},
                                                  {Level::error, "ERROR"}};

}  // namespace

Result<Level> parse_level(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (const auto level = names.named(upper)) return *level;
  return fail(ErrorCode::invalid_argument,
              "LOG_LEVEL is \"" + std::string(name) + "\", must be debug, info, warning or error",
              "LOG_LEVEL");
}

struct Log::Impl {
  const Level lowest;
  const std::function<void(const std::string&)> write;
  const std::function<std::string()> timestamp;
  std::mutex mutex;
};

Log::Log(Level lowest, std::function<void(const std::string&)> write,
         std::function<std::string()> timestamp)
    : impl_(new Impl{lowest, std::move(write), std::move(timestamp), {}}) {}
Log::~Log() = default;

bool Log::writes(Level level) const { return level >= impl_->lowest; }

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) const {
  write(level, message, {}, fields);
}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> first,
                std::initializer_list<Field> fields) const {
  if (level < impl_->lowest) return;
  boost::json::object line;
  line["timestamp"] = impl_->timestamp();
  line["level"] = names.name(level);
  line["message"] = message;
  for (const auto& members : {first, fields})
    for (const auto& [name, value] : members)
      std::visit([&, key = name](const auto& v) { line[key] = v; }, value);
  const std::string text = json::to_text(line);
  const std::lock_guard lock(impl_->mutex);
  impl_->write(text);
}

std::string utc_timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(ms));
  return text.data();
}

}  // namespace sotto::telemetry
