#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/segment.hpp"
#include "ports/translator.hpp"

namespace sotto::pipeline {

/// The texts that a session settled last, in its own language: what a translator may be told of
/// what was said before. Bounded; not thread-safe.
class RecentSegments {
 public:
  /// Keeps a settled segment's newest text; one without text was removed.
  void settled(const Segment& segment) {
    if (segment.text.empty()) {
      texts_.erase(segment.id);
      return;
    }
    texts_[segment.id] = segment.text;
    if (texts_.size() > most_kept) texts_.erase(texts_.begin());
  }

  /// The last of them before a segment, within the bounds of a TranslationContext. Of a segment
  /// further back than what is kept: nothing.
  ports::TranslationContext before(SegmentId segment) const {
    using Context = ports::TranslationContext;
    std::vector<std::string> found;
    std::size_t bytes = 0;
    for (auto it = texts_.lower_bound(segment); it != texts_.begin();) {
      const std::string& text = std::prev(it)->second;
      bytes += text.size();
      if (found.size() == Context::most_segments || bytes > Context::max_bytes) break;
      found.push_back(text);
      --it;
    }
    return {{found.rbegin(), found.rend()}};
  }

 private:
  static constexpr std::size_t most_kept = 32;  ///< what waits for a translation is seldom older

  std::map<SegmentId, std::string> texts_;
};

}  // namespace sotto::pipeline
