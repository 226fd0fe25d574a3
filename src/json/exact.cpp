#include "json/exact.hpp"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

namespace sotto::json {

namespace {

using boost::json::error_code;
using boost::json::string_view;

// Builds what the parser finds. The text is parsed in one piece, so a number comes in one.
class Builder {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  boost::json::value release() { return stack_.release(); }

  bool on_document_begin(error_code&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t members, error_code&) {
    stack_.push_object(members);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t elements, error_code&) {
    stack_.push_array(elements);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) { return add(part); }
  bool on_key(string_view last, std::size_t, error_code&) {
    stack_.push_key(last);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return add(part); }
  bool on_string(string_view last, std::size_t, error_code&) {
    stack_.push_string(last);
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, string_view text, error_code&) {
    if (number == 0 && text.starts_with('-')) {
      stack_.push_double(-0.0);
    } else {
      stack_.push_int64(number);
    }
    return true;
  }
  bool on_uint64(std::uint64_t number, string_view, error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double nearly, string_view text, error_code&) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    // Beyond a double's range the parser's answer is as good as any: zero or infinity.
    stack_.push_double(read.ec == std::errc{} ? number : nearly);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool add(string_view part) {
    stack_.push_chars(part);
    return true;
  }

  boost::json::value_stack stack_;
};

}  // namespace

std::optional<boost::json::object> parse_object_exactly(std::string_view text) {
  boost::json::basic_parser<Builder> parser{boost::json::parse_options{}};
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size() || !parser.done()) return std::nullopt;
  boost::json::value value = parser.handler().release();
  if (!value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

}  // namespace sotto::json
