#include "options/engine_options.hpp"

#include <algorithm>
#include <cmath>

#include "providers/moonshine/calibration.hpp"
#include "providers/pocketsphinx/calibration.hpp"

namespace sotto::app {

milliseconds from_seconds(double seconds) {
  constexpr double longest = 1e6;  // far outside every range
  if (std::isnan(seconds)) return milliseconds{-1};
  return milliseconds{std::llround(std::clamp(seconds, -longest, longest) * 1000)};
}

void add_engine_options(CLI::App& command, EngineOptions& options) {
  command.add_option("--mode", options.mode, "Use partial results, or final results only")
      ->check(CLI::IsMember({"partial", "final-only"}));
  command
      .add_option("--recogniser", options.recogniser,
                  "The recogniser of the events: `transcribe` flags stable words itself, "
                  "`moonshine` and `pocketsphinx` have a measured stability")
      ->check(CLI::IsMember({"transcribe", "moonshine", "pocketsphinx"}));
  add_engine_settings(command, options, FromEnvironment::no);
}

void add_engine_settings(CLI::App& command, EngineOptions& options, FromEnvironment environment) {
  engine::Settings& settings = options.settings;
  const auto add = [&](const char* name, auto& value, const char* variable, const char* help) {
    CLI::Option* option = command.add_option(name, value, help);
    if (environment == FromEnvironment::yes) option->envname(variable);
  };
  add("--min-stability", settings.min_stability_threshold, "MIN_STABILITY_THRESHOLD",
      "Commit a word at this stability, 0.70 to 0.95 (0.85)");
  add("--provisional", settings.provisional_threshold, "PROVISIONAL_THRESHOLD",
      "Show a word as provisional at this stability, 0.30 to 0.95 (the recogniser's: Moonshine "
      "0.84, else 0.88)");
  add("--max-buffer-timeout", options.max_buffer_timeout, "MAX_BUFFER_TIMEOUT",
      "Hold stable text no longer than this, 2 to 10 seconds (5)");
  add("--pause-threshold", options.pause_threshold, "PAUSE_THRESHOLD",
      "End a segment at a silence of this length, 0.2 to 10 seconds (2)");
  add("--orphan-timeout", options.orphan_timeout, "ORPHAN_TIMEOUT",
      "Flush a result without a final after this, 5 to 60 seconds (15)");
  add("--dedup-cache-ttl", options.dedup_cache_ttl, "DEDUP_CACHE_TTL",
      "Recognise a repeated final for this long, 1 to 60 seconds (10)");
  add("--translation-budget", settings.translation_budget, "TRANSLATION_BUDGET",
      "Translate at most this many times the characters that final results alone need, 1 to 10 "
      "(1.3)");
  add("--max-rate", settings.max_rate_per_second, "MAX_RATE_PER_SECOND",
      "Partial results to decide on per second, 1 to 50 (5)");
}

Result<engine::Settings> engine_settings(const EngineOptions& options) {
  engine::Settings settings = options.settings;
  if (options.mode == "final-only") settings.mode = engine::Mode::final_only;
  if (options.recogniser == "pocketsphinx")
    settings.calibration = providers::pocketsphinx::english_calibration();
  if (options.recogniser == "moonshine")
    settings.calibration = providers::moonshine::english_calibration();
  settings.max_buffer_timeout = from_seconds(options.max_buffer_timeout);
  settings.pause_threshold = from_seconds(options.pause_threshold);
  settings.orphan_timeout = from_seconds(options.orphan_timeout);
  settings.dedup_ttl = from_seconds(options.dedup_cache_ttl);
  return engine::validate(settings);
}

}  // namespace sotto::app
