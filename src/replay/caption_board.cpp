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

bool is_last_of_result(const engine::Commands& commands, std::size_t index) {
  const std::uint32_t result = std::get<engine::ShowCaption>(commands[index]).result;
  for (std::size_t i = index + 1; i < commands.size(); ++i) {
    const auto* later = std::get_if<engine::ShowCaption>(&commands[i]);
    if (later && later->result == result) return false;
  }
  return true;
}

}  // namespace sotto::replay
