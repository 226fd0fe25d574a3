#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sotto::json {

/// A member's text; nothing where it is missing or none.
std::optional<std::string> text_member(const boost::json::object& object, std::string_view name);

/// A member's whole number of 0 or more; nothing where it is missing or none.
std::optional<std::uint64_t> count_member(const boost::json::object& object, std::string_view name);

/// The object that a text is (RFC 8259); nothing where it is none.
std::optional<boost::json::object> parse_object(std::string_view text);

}  // namespace sotto::json
