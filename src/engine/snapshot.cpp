#include "engine/snapshot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "engine/snapshot_io.hpp"

namespace sotto::engine {

namespace {

using namespace snapshot_io;

constexpr std::string_view magic = "SE";

template <class Io, class T>
void enumeration(Io& io, T& value, std::remove_const_t<T> last) {
  using Number = std::underlying_type_t<std::remove_const_t<T>>;
  auto number = static_cast<Number>(value);
  io.number(number, static_cast<std::uint64_t>(last));
  if constexpr (Io::loads) value = static_cast<T>(number);
}

template <class Io, class T>
void optional_time(Io& io, T& value) {
  bool there = value.has_value();
  io.flag(there);
  if constexpr (Io::loads) value = there ? std::optional<SessionTime>(SessionTime{}) : std::nullopt;
  if (there) io.time(*value);
}

template <class Io, class T>
void transfer_settings(Io& io, T& settings) {
  enumeration(io, settings.mode, Mode::final_only);
  io.real(settings.min_stability_threshold, 0, 1);
  double provisional = provisional_threshold(settings);
  io.real(provisional, 0, 1);
  if constexpr (Io::loads) settings.provisional_threshold = provisional;
  io.span(settings.max_buffer_timeout);
  io.span(settings.pause_threshold);
  io.span(settings.orphan_timeout);
  io.number(settings.max_rate_per_second, 1000);
  io.span(settings.dedup_ttl);
  io.span(settings.missing_stability_hold);
  io.span(settings.fallback_timeout);
  io.span(settings.buffer_span);
  io.number(settings.buffer_words);
  io.number(settings.retranslate_words);
  io.span(settings.retranslate_interval);
  if (io.read_form() > 3) io.real(settings.translation_budget, 1, 10);
  io.span(settings.phrase_gap);
  io.number(settings.phrase_words);
  io.number(settings.segment_words);
  bool calibrated = settings.calibration.has_value();
  io.flag(calibrated);
  if (!calibrated) return;
  if constexpr (Io::loads) settings.calibration.emplace();
  for (auto& row : settings.calibration->survival)
    for (auto& share : row) io.real(share, 0, 1);
  if (io.read_form() < 2) return;
  for (auto& shift : settings.calibration->confidence_shift) io.real(shift, -100, 100);
  io.span(settings.calibration->settling);
}

// Words lie one after the other in their text, and their times mostly a little after the last
// one's.
void save(Saver& io, const WordList& words) {
  ByteWriter& out = io.bytes();
  out.number(words.size());
  out.text(words.all());
  std::uint32_t text_end = words.empty() ? 0 : words[0].first;
  milliseconds::rep end = 0, agreed = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    const auto ms = [](CompactTime t) { return SessionTime{t}.time_since_epoch().count(); };
    out.number(word.first - text_end);
    out.number(word.length);
    out.signed_number(ms(word.start) - end);
    out.signed_number(ms(word.end) - ms(word.start));
    out.signed_number(ms(word.agreed_since) - agreed);
    out.number(static_cast<std::uint64_t>(word.flag));
    out.number(word.confidence.bits());
    text_end = word.first + word.length;
    end = ms(word.end);
    agreed = ms(word.agreed_since);
  }
}

void load(Loader& io, WordList& words) {
  ByteReader& in = io.bytes();
  const std::uint64_t count = in.number();
  const std::string_view text = in.text();
  const bool is_first_form = io.read_form() == 1;
  const std::size_t least = is_first_form ? 6 : 7;  // bytes a word
  io.require(count <= in.left() / least && text.size() <= max_snapshot_bytes);
  if (!io.ok()) return;
  words.reserve(count, text.size());
  words.begin_with(text);
  std::uint64_t text_end = 0;
  milliseconds::rep end = 0, agreed = 0;
  const auto later = [&](milliseconds::rep since) {
    const std::int64_t delta = in.signed_number();
    constexpr milliseconds::rep most = std::numeric_limits<std::int32_t>::max();
    io.require(delta >= -most && delta <= most && since + delta >= 0 && since + delta <= most);
    return io.ok() ? since + delta : 0;
  };
  for (std::uint64_t i = 0; i < count && io.ok(); ++i) {
    const std::uint64_t gap = in.number(), length = in.number();
    io.require(gap <= text.size() && length <= text.size() &&
               text_end + gap + length <= text.size() &&
               (i > 0 ? gap > 0 || length == 0 : gap == 0));
    Word word;
    const milliseconds::rep start = later(end);
    word.start = at_ms(start);
    word.end = at_ms(end = later(start));
    word.agreed_since = at_ms(agreed = later(agreed));
    const std::uint64_t flag = in.number();
    const std::uint64_t confidence = is_first_form ? 0 : in.number();
    io.require(flag <= static_cast<std::uint64_t>(transcript::StableFlag::stable) &&
               confidence <= std::numeric_limits<std::uint16_t>::max());
    if (!io.ok()) return;
    word.flag = static_cast<transcript::StableFlag>(flag);
    word.confidence = CompactConfidence::of_bits(static_cast<std::uint16_t>(confidence));
    words.append_part(text_end + gap, length, word);
    text_end += gap + length;
  }
  io.require(text_end == text.size() || (count > 0 && !is_first_form));  // marks are withheld
}

void transfer_words(Saver& io, const WordList& words) { save(io, words); }
void transfer_words(Loader& io, WordList& words) { load(io, words); }

template <class Io, class T>
void transfer_parts(Io& io, T& parts) {
  if (io.read_form() < 4) return;
  std::vector<TranslatedParts::Part> list(parts.parts().begin(), parts.parts().end());
  std::size_t count = list.size();
  io.number(count, TranslatedParts::most);
  if (!io.ok()) return;
  list.resize(count);
  std::uint32_t words = 0;
  for (TranslatedParts::Part& part : list) {
    io.number(part.words);
    io.number(part.spoken);
    io.require(part.words >= words);
    words = part.words;
  }
  if constexpr (Io::loads)
    if (io.ok()) parts = TranslatedParts(list);
}

template <class Io, class T>
void transfer_budget(Io& io, T& budget, const Settings& settings) {
  if (io.read_form() < 4) return;
  std::uint64_t due = budget.due(), spent = budget.spent();
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  io.number(due, most);
  io.number(spent, most);
  if constexpr (Io::loads) budget = TranslationBudget(settings.translation_budget, due, spent);
}

template <class Io, class T>
void transfer_open(Io& io, T& open) {
  io.flag(open.exists);
  io.text(open.text);
  io.number(open.words);
  io.require(open.words <= open.text.size());
  if (!open.exists) return;  // begin() sets the rest
  io.flag(open.shown);
  enumeration(io, open.id, SegmentId{std::numeric_limits<std::uint32_t>::max()});
  io.number(open.stable_bytes, open.text.size());
  io.number(open.translated_words);
  io.require(open.translated_words <= max_snapshot_bytes);
  io.flag(open.translated);
  if (io.read_form() > 1) io.flag(open.relettered);
  io.time(open.translated_at);
  io.time(open.start);
  io.time(open.end);
  optional_time(io, open.committed_at);
  io.real(open.stability, 0, 1);
  transfer_parts(io, open.parts);
}

template <class Io, class T>
void transfer_closed(Io& io, T& closed) {
  std::size_t count = closed.size();
  io.number(count, max_snapshot_bytes);
  if constexpr (Io::loads) {
    const std::size_t least = io.read_form() == 1 ? 2 : 3;  // bytes a segment
    io.require(count <= io.bytes().left() / least);
    if (!io.ok()) return;
    closed.resize(count);
  }
  for (auto& segment : closed) {
    enumeration(io, segment.id, SegmentId{std::numeric_limits<std::uint32_t>::max()});
    io.number(segment.words, max_snapshot_bytes);
    if (io.read_form() > 1) io.flag(segment.relettered);
  }
}

template <class Io, class T>
void transfer_result(Io& io, T& result) {
  enumeration(io, result.state, TrackedResult::State::finished);
  io.require(result.in_use());
  io.text(result.id);
  io.text(result.channel);
  io.number(result.number);
  io.time(result.start);
  io.time(result.end);
  io.time(result.last_heard);
  io.time(result.window_end);
  io.flag(result.undecided);
  optional_time(io, result.held_since);
  optional_time(io, result.hold_due);
  io.time(result.translated_at);
  transfer_words(io, result.words);
  io.number(result.committed, result.words.size());
  io.number(result.closed_words, result.committed);
  transfer_closed(io, result.closed);
  transfer_open(io, result.open);
  io.flag(result.forgotten);
  if constexpr (Io::loads) {
    const std::size_t closed_words = std::accumulate(
        result.closed.begin(), result.closed.end(), std::size_t{0},
        [](std::size_t sum, const ClosedSegment& segment) { return sum + segment.words; });
    io.require(closed_words == result.closed_words);
    const bool has_spoken = result.committed > result.closed_words;
    io.require(!has_spoken || (result.open.exists && result.open.committed_at));
    io.require(!result.done() || !result.open.exists);
  }
}

}  // namespace

/// Reaches into an engine and its parts.
class EngineState {
 public:
  template <class Io, class T>
  static void transfer(Io& io, T& engine) {
    io.time(engine.now_);
    std::size_t count = engine.results_.size();
    io.number(count, Engine::max_results);
    if constexpr (Io::loads) {
      if (!io.ok()) return;
      engine.results_.reserve(Engine::max_results);
      engine.results_.resize(count);
    }
    for (auto& result : engine.results_)
      if (io.ok()) transfer_result(io, result);
    transfer_finals(io, engine.recent_finals_);
    optional_time(io, engine.speech_watch_.since_);
    io.time(engine.speech_watch_.last_);
    io.flag(engine.fallen_back_);
    io.flag(engine.warned_of_missing_stability_);
    io.number(engine.last_segment_);
    io.number(engine.last_result_);
    transfer_budget(io, engine.budget_, engine.settings_);
    if constexpr (Io::loads)
      if (io.ok()) engine.due_ = engine.due_time();
  }

  static const Settings& settings(const Engine& engine) { return engine.settings_; }

 private:
  // Only the place of the next one and how many there are count, not how many there ever were.
  template <class Io, class T>
  static void transfer_finals(Io& io, T& finals) {
    const std::size_t room = finals.finals_.size();
    std::size_t next = finals.next_ < room ? finals.next_ : room + finals.next_ % room;
    io.number(next, 2 * room - 1);
    if constexpr (Io::loads) {
      if (!io.ok()) return;
      finals.next_ = next;
    }
    for (std::size_t i = 0; i < std::min(next, room); ++i) {
      auto& known = finals.finals_[i];
      io.hash(known.id);
      io.hash(known.channel);
      io.hash(known.text);
      io.time(known.start);
      io.time(known.end);
      io.time(known.at);
    }
    if constexpr (Io::loads)
      if (io.read_form() < 3) finals = {};
  }
};

Result<std::string> snapshot(const Engine& engine) {
  Saver io;
  for (const char letter : magic) io.bytes().bits(static_cast<unsigned char>(letter), 1);
  io.bytes().number(form);
  transfer_settings(io, EngineState::settings(engine));
  EngineState::transfer(io, engine);
  if (io.bytes().size() > max_snapshot_bytes)
    return fail(ErrorCode::resource_exhausted,
                "a session's state has " + std::to_string(io.bytes().size()) +
                    " bytes, must be at most " + std::to_string(max_snapshot_bytes) +
                    ": its results are too long");
  return io.bytes().take();
}

Result<Engine> restore(std::string_view bytes) {
  const auto refused = [](const std::string& why) {
    return fail(ErrorCode::invalid_argument, "a session's saved state cannot be used: " + why);
  };
  if (bytes.size() > max_snapshot_bytes) return refused("it is too long");
  if (!bytes.starts_with(magic)) return refused("it is something else");
  Loader io(bytes.substr(magic.size()));
  const std::uint64_t read = io.bytes().number();
  if (io.ok() && (read < oldest_form || read > form))
    return refused("it has form " + std::to_string(read) + ", this program reads forms " +
                   std::to_string(oldest_form) + " to " + std::to_string(form));
  io.set_form(read);
  if (read < 3) io.bytes().bits(4);
  Settings settings;
  transfer_settings(io, settings);
  if (!io.ok()) return refused("it is cut off or damaged");
  auto engine = Engine::create(settings);
  if (!engine) return refused(engine.error().message);
  EngineState::transfer(io, *engine);
  if (!io.ok() || !io.bytes().at_end()) return refused("it is cut off or damaged");
  return engine;
}

}  // namespace sotto::engine
