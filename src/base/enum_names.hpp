#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace sotto {

/// The names of an enum's values, in one table for both directions. `Last` is the enum's last
/// value; the values count up from 0. As a constexpr variable a table does not compile unless it
/// names each value once, in the enum's order.
template <class Enum, Enum Last>
class EnumNames {
 public:
  struct Entry {
    Enum value;
    std::string_view name;
  };

  constexpr EnumNames(std::initializer_list<Entry> entries) {
    if (entries.size() != count) throw std::logic_error("a value has no name");
    std::size_t next = 0;
    for (const Entry& entry : entries) {
      if (static_cast<std::size_t>(entry.value) != next)
        throw std::logic_error("a name is not in the enum's order");
      names_[next++] = entry.name;
    }
  }

  /// The value's name; empty for what is none of the enum's values.
  constexpr std::string_view name(Enum value) const {
    const auto index = static_cast<std::size_t>(value);
    return index < count ? names_[index] : std::string_view{};
  }

  /// The value of that name; nothing for another.
  constexpr std::optional<Enum> named(std::string_view name) const {
    for (std::size_t index = 0; index < count; ++index)
      if (names_[index] == name) return static_cast<Enum>(index);
    return std::nullopt;
  }

 private:
  static constexpr std::size_t count = static_cast<std::size_t>(Last) + 1;
  std::array<std::string_view, count> names_{};
};

}  // namespace sotto
