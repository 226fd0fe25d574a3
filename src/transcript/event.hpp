#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
  std::optional<float> confidence = std::nullopt;  ///< 0 to 1; recognisers send it with finals only
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

  /// Starts a result; the views are copied.
  void begin_result(const Header& header);

  /// Adds an item to the result begun last; the view is copied. Needs a result.
  void add_item(const Item& item);

  /// How many results there are.
  std::size_t size() const { return headers_.size(); }
  bool empty() const { return headers_.empty(); }

  /// The result at `index`, which must be below size().
  RecognitionResult operator[](std::size_t index) const;

  Event() = default;
  Event(const Event& other);
  Event& operator=(const Event& other);
  Event(Event&& other) noexcept;
  Event& operator=(Event&& other) noexcept;
  ~Event() = default;

 private:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t length = 0;
  };
  struct StoredHeader {
    Range id, channel, transcript, items;
    SessionTime start, end;
    bool is_partial;
  };

  Range store(std::string_view text);
  std::string_view view(Range range) const;
  void rebind_items();

  std::string text_;
  std::vector<Range> item_text_;
  std::vector<Item> items_;
  std::vector<StoredHeader> headers_;
};

}  // namespace sotto::transcript
