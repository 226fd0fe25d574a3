#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace sotto {

/// A string that cannot be mistaken for another kind of string. `Tag` is never defined.
template <class Tag>
class StringId {
 public:
  StringId() = default;
  explicit StringId(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend auto operator<=>(const StringId&, const StringId&) = default;

 private:
  std::string value_;
};

/// A session's id, sayable: `golden-eagle-427`.
using SessionId = StringId<struct SessionIdTag>;

/// A language by its two-letter code (ISO 639-1), lower case: `en`, `es`, `ca`.
using Language = StringId<struct LanguageTag>;

/// From which language into which.
struct LanguagePair {
  Language source;
  Language target;
  friend auto operator<=>(const LanguagePair&, const LanguagePair&) = default;
};

}  // namespace sotto

template <class Tag>
struct std::hash<sotto::StringId<Tag>> {
  std::size_t operator()(const sotto::StringId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
