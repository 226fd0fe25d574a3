#include "transcript/event.hpp"

namespace sotto::transcript {

void Event::clear() {
  text_.clear();
  item_text_.clear();
  items_.clear();
  headers_.clear();
}

Event::Range Event::store(std::string_view text) {
  const Range range{static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(text.size())};
  const char* before = text_.data();
  text_.append(text);
  if (text_.data() != before) rebind_items();
  return range;
}

std::string_view Event::view(Range range) const {
  return std::string_view(text_).substr(range.first, range.length);
}

// The arena moved: point every item's view at its text again.
void Event::rebind_items() {
  for (std::size_t i = 0; i < items_.size(); ++i) items_[i].content = view(item_text_[i]);
}

void Event::begin_result(const Header& header) {
  StoredHeader stored{};
  stored.id = store(header.id);
  stored.channel = store(header.channel);
  stored.transcript = store(header.transcript);
  stored.items.first = static_cast<std::uint32_t>(items_.size());
  stored.start = header.start;
  stored.end = header.end;
  stored.is_partial = header.is_partial;
  headers_.push_back(stored);
}

void Event::add_item(const Item& item) {
  const Range range = store(item.content);
  item_text_.push_back(range);
  items_.push_back(item);
  items_.back().content = view(range);
  ++headers_.back().items.length;
}

RecognitionResult Event::operator[](std::size_t index) const {
  const StoredHeader& header = headers_[index];
  RecognitionResult result;
  result.id = view(header.id);
  result.channel = view(header.channel);
  result.transcript = view(header.transcript);
  result.start = header.start;
  result.end = header.end;
  result.is_partial = header.is_partial;
  result.items = std::span(items_).subspan(header.items.first, header.items.length);
  return result;
}

Event::Event(const Event& other)
    : text_(other.text_),
      item_text_(other.item_text_),
      items_(other.items_),
      headers_(other.headers_) {
  rebind_items();
}

Event& Event::operator=(const Event& other) {
  if (this == &other) return *this;
  text_ = other.text_;
  item_text_ = other.item_text_;
  items_ = other.items_;
  headers_ = other.headers_;
  rebind_items();
  return *this;
}

// A short arena lives inside the string object, so moving moves the characters too.
Event::Event(Event&& other) noexcept
    : text_(std::move(other.text_)),
      item_text_(std::move(other.item_text_)),
      items_(std::move(other.items_)),
      headers_(std::move(other.headers_)) {
  rebind_items();
  other.clear();
}

Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  text_ = std::move(other.text_);
  item_text_ = std::move(other.item_text_);
  items_ = std::move(other.items_);
  headers_ = std::move(other.headers_);
  rebind_items();
  other.clear();
  return *this;
}

}  // namespace sotto::transcript
