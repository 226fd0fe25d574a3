#include "transcript/event.hpp"

#include <algorithm>
#include <cstring>

namespace sotto::transcript {

void Event::clear() {
  text_size_ = 0;
  items_.clear();
  headers_.clear();
}

std::string_view Event::hold(std::string_view source, std::size_t padding) {
  clear();
  const std::size_t held = source.size() + padding;
  if (held + source.size() > text_capacity_) grow(held + source.size());
  if (!source.empty()) std::memcpy(text_.get(), source.data(), source.size());
  std::memset(text_.get() + source.size(), 0, padding);
  text_size_ = held;
  return {text_.get(), source.size()};
}

std::string_view Event::copy(std::string_view text) {
  if (text_size_ + text.size() > text_capacity_)
    grow(std::max(text_size_ + text.size(), 2 * text_capacity_));
  char* place = text_.get() + text_size_;
  std::memcpy(place, text.data(), text.size());
  text_size_ += text.size();
  return {place, text.size()};
}

void Event::grow(std::size_t bytes) {
  auto larger = std::make_unique_for_overwrite<char[]>(bytes);
  if (text_size_ > 0) std::memcpy(larger.get(), text_.get(), text_size_);
  move_views(text_.get(), larger.get());
  text_ = std::move(larger);
  text_capacity_ = bytes;
}

// The text moved: every view follows it.
void Event::move_views(const char* from, const char* to) {
  const auto move = [&](std::string_view& view) {
    if (!view.empty()) view = {to + (view.data() - from), view.size()};
  };
  for (Item& item : items_) move(item.content);
  for (StoredHeader& stored : headers_) {
    move(stored.header.id);
    move(stored.header.channel);
    move(stored.header.transcript);
  }
}

void Event::begin_result(const Header& header) {
  headers_.push_back({{}, items_.size()});
  set_header(header);
}

void Event::copy_header(const Header& header) {
  // One after the other in place: storing one may move the text of those before it.
  headers_.back().header = {{}, {}, {}, header.start, header.end, header.is_partial};
  const auto put = [&](std::string_view Header::*member) {
    const std::string_view stored = store(header.*member);
    headers_.back().header.*member = stored;
  };
  put(&Header::id);
  put(&Header::channel);
  put(&Header::transcript);
}

RecognitionResult Event::operator[](std::size_t index) const {
  const auto& [header, first] = headers_[index];
  const std::size_t end =
      index + 1 < headers_.size() ? headers_[index + 1].first_item : items_.size();
  return {header.id,
          header.channel,
          header.transcript,
          header.start,
          header.end,
          header.is_partial,
          std::span(items_).subspan(first, end - first)};
}

Event::Event(const Event& other) { *this = other; }

Event& Event::operator=(const Event& other) {
  if (this == &other) return *this;
  clear();
  if (other.text_size_ > text_capacity_) grow(other.text_size_);
  if (other.text_size_ > 0) std::memcpy(text_.get(), other.text_.get(), other.text_size_);
  text_size_ = other.text_size_;
  items_ = other.items_;
  headers_ = other.headers_;
  move_views(other.text_.get(), text_.get());
  return *this;
}

Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  text_ = std::move(other.text_);
  text_size_ = std::exchange(other.text_size_, 0);
  text_capacity_ = std::exchange(other.text_capacity_, 0);
  items_ = std::move(other.items_);
  headers_ = std::move(other.headers_);
  other.clear();
  return *this;
}

}  // namespace sotto::transcript
