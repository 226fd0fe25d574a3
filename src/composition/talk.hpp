#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "composition/engines.hpp"
#include "engine/settings.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/session/session_figures.hpp"

namespace sotto::composition {

/// A recording to be played through the real pipeline.
struct TalkOptions {
  std::filesystem::path recording;
  Language language{"en"};
  std::vector<Language> targets;
  bool real_time = false;  ///< else as fast as the machine can, on the recording's own clock
  bool final_only = false;
  double translation_budget = engine::Settings{}.translation_budget;
  /// How long engines may be without getting on, after which the talk is given up.
  milliseconds patience = std::chrono::minutes{2};
  std::filesystem::path events_out;  ///< empty: the recogniser's events are not saved
  std::function<void(const pipeline::Caption&)> on_caption;        ///< from another thread
  std::function<void(double played, double seconds)> on_progress;  ///< seconds of audio
};

/// A segment of the talk with its translations, by language.
struct TalkSegment {
  SessionTime start{};
  SessionTime end{};
  std::map<Language, std::string> text;  ///< the source under its own language
};

/// What came of it.
struct Talk {
  std::vector<TalkSegment> segments;
  pipeline::SessionFigures figures;
  double audio_seconds = 0;
  double cpu_seconds = 0;  ///< of all processes
};

/// Plays the recording to its end and waits for the last translation. Errors: those of the file, of
/// the engines, and of writing `events_out`; `deadline_exceeded` when engines are stuck for longer
/// than `patience`.
Result<Talk> play_talk(const TalkOptions& options, const Engines& engines);

}  // namespace sotto::composition
