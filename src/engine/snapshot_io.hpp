#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/bytes.hpp"
#include "base/session_time.hpp"

namespace sotto::engine::snapshot_io {

// Form 1 has no confidence, neither in words nor in the calibration, nor withheld marks, nor which
// segments were relettered. Up to form 2 the hashes of finals are std::hash's, with one more as a
// probe of which. Up to form 3 nobody counts what is translated.
inline constexpr std::uint64_t form = 4;
inline constexpr std::uint64_t oldest_form = 1;

// Far outside every session, and far inside what times can be added to.
inline constexpr milliseconds::rep latest = 10'000'000'000'000;

/// The two directions of a snapshot. Both are told of the same members in the same order, so they
/// cannot disagree; the loader checks what the saver takes for granted. Not thread-safe.
class Saver {
 public:
  static constexpr bool loads = false;

  template <class T>
  void number(const T& value, std::uint64_t = 0) {
    out_.number(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void real(const T& value, double, double) {
    if constexpr (std::is_same_v<T, float>)
      out_.bits(std::bit_cast<std::uint32_t>(value), 4);
    else
      out_.bits(std::bit_cast<std::uint64_t>(value), 8);
  }
  void hash(const std::uint64_t& value) { out_.bits(value, 8); }
  void flag(const bool& value) { out_.number(value ? 1 : 0); }
  void text(const std::string& value) { out_.text(value); }
  void time(const SessionTime& value) { out_.signed_number(value.time_since_epoch().count()); }
  void span(const milliseconds& value) { out_.signed_number(value.count()); }
  void require(bool) {}
  bool ok() const { return true; }
  std::uint64_t read_form() const { return form; }

  ByteWriter& bytes() { return out_; }

 private:
  ByteWriter out_;
};

class Loader {
 public:
  static constexpr bool loads = true;

  explicit Loader(std::string_view bytes) : in_(bytes) {}

  template <class T>
  void number(T& value, std::uint64_t most = std::numeric_limits<T>::max()) {
    const std::uint64_t read = in_.number();
    require(read <= most);
    if (ok()) value = static_cast<T>(read);
  }
  template <class T>
  void real(T& value, double low, double high) {
    if constexpr (std::is_same_v<T, float>)
      value = std::bit_cast<float>(static_cast<std::uint32_t>(in_.bits(4)));
    else
      value = std::bit_cast<double>(in_.bits(8));
    require(static_cast<double>(value) >= low && static_cast<double>(value) <= high);
  }
  void hash(std::uint64_t& value) { value = in_.bits(8); }
  void flag(bool& value) {
    const std::uint64_t read = in_.number();
    require(read <= 1);
    value = read == 1;
  }
  void text(std::string& value) { value = in_.text(); }
  void time(SessionTime& value) { value = at_ms(bounded()); }
  void span(milliseconds& value) { value = milliseconds{bounded()}; }
  void require(bool condition) {
    if (!condition) in_.refuse();
  }
  bool ok() const { return in_.ok(); }

  std::uint64_t read_form() const { return form_; }
  void set_form(std::uint64_t read) { form_ = read; }

  ByteReader& bytes() { return in_; }

 private:
  milliseconds::rep bounded() {
    const std::int64_t read = in_.signed_number();
    require(read >= -latest && read <= latest);
    return ok() ? read : 0;
  }

  ByteReader in_;
  std::uint64_t form_ = form;
};

}  // namespace sotto::engine::snapshot_io
