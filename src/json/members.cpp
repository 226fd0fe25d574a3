#include "json/members.hpp"

#include <boost/json.hpp>

namespace sotto::json {

std::optional<std::string> text_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::optional<std::uint64_t> count_member(const boost::json::object& object,
                                          std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value) return std::nullopt;
  boost::json::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) return std::nullopt;
  return number;
}

std::optional<boost::json::object> parse_object(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

}  // namespace sotto::json
