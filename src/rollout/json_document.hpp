// Reading and writing the JSON documents of this module.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::rollout {

namespace dom = simdjson::dom;

/// `invalid_argument` with the field before the message.
tl::unexpected<Error> wrong(const std::string& field, const std::string& message);

/// An element as JSON text, and short enough for a message.
std::string json_of(const dom::element& element);
std::string shown(const dom::element& element);

/// Parses a document: one JSON object of at most `max_bytes`, which lives as long as the parser.
/// Errors: `invalid_argument` naming `document`, or a member that is there twice, on any level.
Result<dom::object> parse_object(dom::parser& parser, std::string_view document,
                                 std::size_t max_bytes);

/// A member's value. Errors: `invalid_argument` naming it, its value and what it must be.
Result<bool> read_bool(const std::string& name, const dom::element& value);
Result<double> read_number(const std::string& name, const dom::element& value,
                           const std::string& range);
Result<std::int64_t> read_whole(const std::string& name, const dom::element& value,
                                std::int64_t least, std::int64_t most);
Result<std::string> read_text(const std::string& name, const dom::element& value);

/// A text as JSON, in its quotes; a number, with a point or an exponent.
std::string escaped(std::string_view text);
std::string number(double value);

}  // namespace sotto::rollout
