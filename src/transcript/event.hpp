#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/session_time.hpp"

namespace sotto::transcript {

/// What an item is, in Amazon Transcribe's words (`Items[].Type`).
enum class ItemKind : std::uint8_t { pronunciation, punctuation };

/// The recogniser's own word on whether an item may still change (`Items[].Stable`). Most
/// recognisers say nothing.
enum class StableFlag : std::uint8_t { missing, unstable, stable };

/// One word or punctuation mark of a hypothesis. `content` points into its Event.
struct Item {
  std::string_view content;
  SessionTime start{};
  SessionTime end{};
  ItemKind kind = ItemKind::pronunciation;
  StableFlag stable = StableFlag::missing;
  std::optional<float> confidence = std::nullopt;  ///< how sure the recogniser is, 0 to 1
};

/// One hypothesis about a stretch of audio (`Transcript.Results[]`). A partial result may change,
/// a final one will not. Views point into its Event.
struct RecognitionResult {
  std::string_view id;          ///< `ResultId`; a final's can differ from its partials'
  std::string_view channel;     ///< `ChannelId`; empty where the audio has one channel
  std::string_view transcript;  ///< `Alternatives[0].Transcript`
  SessionTime start{};          ///< `StartTime`
  SessionTime end{};            ///< `EndTime`: how far into the audio the hypothesis reaches
  bool is_partial = false;
  std::span<const Item> items;  ///< `Alternatives[0].Items[]`
};

/// What a recogniser said at one moment: the narrow waist between vendors and the engine. It owns
/// all its text in one arena, so an Event that is cleared and filled again stops allocating.
/// Results are added one after the other: begin_result(), then add_item() for each of its items.
/// Not thread-safe. Movable and copyable; views from results() live until the next change.
class Event {
 public:
  /// Everything of a result but its items.
  struct Header {
    std::string_view id;
    std::string_view channel;
    std::string_view transcript;
    SessionTime start{};
    SessionTime end{};
    bool is_partial = false;
  };

  /// Empties the event and keeps its memory.
  void clear();

  /// Empties the event and copies `source` into its text, with `padding` zero bytes behind it, and
  /// room for as much text again. Views into the answer that are added later are kept, not copied:
  /// a reader that finds an event's strings in a message copies the message once.
  std::string_view hold(std::string_view source, std::size_t padding);

  /// Starts a result; the views are copied.
  void begin_result(const Header& header);

  /// Replaces the header of the result begun last, whose items stay: for readers that learn it
  /// after the items. Needs a result.
  void set_header(const Header& header) {
    if (holds(header.id) && holds(header.channel) && holds(header.transcript)) {
      headers_.back().header = header;
    } else {
      copy_header(header);
    }
  }

  /// Adds an item to the result begun last; the view is copied. Needs a result.
  void add_item(const Item& item) {
    const std::string_view content = store(item.content);
    items_.push_back(item);
    items_.back().content = content;
  }

  /// As add_item(), of an item that `read(Item&)` fills in its place; it must leave the event
  /// alone. Gives what `read` gives.
  template <class Read>
  auto read_item(Read read) {
    Item& item = items_.emplace_back();
    const auto answer = read(item);
    if (!holds(item.content)) item.content = copy(std::exchange(item.content, {}));
    return answer;
  }

  /// How many results there are.
  std::size_t size() const { return headers_.size(); }
  bool empty() const { return headers_.empty(); }

  /// The result at `index`, which must be below size().
  RecognitionResult operator[](std::size_t index) const;

  Event() = default;
  Event(const Event& other);
  Event& operator=(const Event& other);
  Event(Event&& other) noexcept { *this = std::move(other); }
  Event& operator=(Event&& other) noexcept;
  ~Event() = default;

 private:
  struct StoredHeader {
    Header header;
    std::size_t first_item = 0;
  };

  bool holds(std::string_view text) const {
    return text.empty() || (text.data() >= text_.get() && text.data() < text_.get() + text_size_);
  }
  std::string_view store(std::string_view text) { return holds(text) ? text : copy(text); }
  void copy_header(const Header& header);
  std::string_view copy(std::string_view text);
  void grow(std::size_t bytes);
  void move_views(const char* from, const char* to);

  std::unique_ptr<char[]> text_;
  std::size_t text_size_ = 0;
  std::size_t text_capacity_ = 0;
  std::vector<Item> items_;
  std::vector<StoredHeader> headers_;
};

}  // namespace sotto::transcript
