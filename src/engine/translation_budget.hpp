#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sotto::engine {

/// What an open segment's words were sent to translation as: one part after the other. A later
/// revision that still begins with the same words needs only what lies behind them. Of the words it
/// keeps hashes, so that a session stays small.
class TranslatedParts {
 public:
  static constexpr std::size_t most = 6;  ///< parts; with more, the last ones count as one

  /// Where a part ends: after so many words, and a hash of these, case and marks aside.
  struct Part {
    std::uint32_t words = 0;
    std::uint32_t spoken = 0;
  };

  TranslatedParts() = default;

  /// As they were saved: at most `most` parts, rising.
  explicit TranslatedParts(std::span<const Part> parts);

  /// How many bytes of `text`, from its start, say exactly the first parts, as many as it can, case
  /// and marks aside; 0 where not even the first is there.
  std::size_t kept(std::string_view text) const;

  /// `text` was translated from byte `from` on; what lies before are the parts that kept() found.
  void translated(std::string_view text, std::size_t from);

  void clear() { count_ = 0; }

  std::span<const Part> parts() const { return std::span(parts_).first(count_); }

 private:
  std::array<Part, most> parts_{};
  std::size_t count_ = 0;
};

/// A session's account of what is translated, in characters (code points), against what it would be
/// without early words, when each segment is translated once. Each language costs the same.
///
/// Early words come first: each new one is sent once, which takes nothing from the budget where the
/// whole segment is then made of its parts. What is left pays for translating a whole segment again
/// when it ends, which reads better than its parts.
class TranslationBudget {
 public:
  /// What may be spent: `times` what final results alone would cost; 1 or more.
  explicit TranslationBudget(double times, std::uint64_t due = 0, std::uint64_t spent = 0)
      : times_(times), due_(due), spent_(spent) {}

  /// A segment of so many characters has ended, or one that had is longer (or shorter) by so many.
  void ended(std::int64_t characters);

  /// So many characters go to translation.
  void spend(std::size_t characters) { spent_ += characters; }

  /// Whether an open segment of `open` characters may be sent `cost` of them now.
  bool allows_early(std::size_t cost, std::size_t open) const;

  /// Whether what is left would not pay for the whole of it when it ends, should its new words be
  /// sent before: then fewer and longer parts leave more.
  bool is_short(std::size_t open) const;

  /// Whether it may be sent whole now and again when it ends.
  bool allows_whole_twice(std::size_t open) const;

  /// Whether a segment that has ended may be sent whole.
  bool allows_whole(std::size_t characters) const;

  std::uint64_t due() const { return due_; }      ///< what final results alone would have cost
  std::uint64_t spent() const { return spent_; }  ///< what was sent

 private:
  double times_;
  std::uint64_t due_;
  std::uint64_t spent_;
};

}  // namespace sotto::engine
