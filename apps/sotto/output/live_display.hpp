#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "pipeline/captions/caption.hpp"

namespace sotto::app {

/// Captions in a terminal as they would appear live: finished lines scroll up, each language's open
/// line and a progress line are painted again below them, provisional words dimmed. Where the
/// output is no terminal only finished lines are written. Thread-safe.
class LiveDisplay {
 public:
  /// `width` columns; 0: not a terminal.
  LiveDisplay(std::ostream& out, std::size_t width, std::vector<Language> languages);
  ~LiveDisplay();

  void show(const pipeline::Caption& caption);
  void progress(double played, double seconds);

 private:
  struct OpenLine {
    SegmentId segment{};
    std::string text, provisional;
  };

  void erase_open();
  void paint_open();

  std::ostream& out_;
  const std::size_t width_;
  const std::vector<Language> languages_;

  std::mutex mutex_;
  std::map<Language, OpenLine> open_;
  std::string progress_;
  std::size_t painted_ = 0;  ///< lines below the finished ones
};

}  // namespace sotto::app
