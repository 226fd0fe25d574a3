#include "replay/caption_board.hpp"

namespace sotto::replay {

const std::string& CaptionBoard::show(const engine::ShowCaption& caption) {
  auto& segments = results_[caption.result];
  segments[caption.segment] = caption.text;
  text_.clear();
  for (const auto& [id, text] : segments) {
    if (!text_.empty() && !text.empty()) text_ += ' ';
    text_ += text;
  }
  if (results_.size() > max_results) results_.erase(results_.begin());
  return text_;
}

}  // namespace sotto::replay
