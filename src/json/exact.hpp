#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

namespace sotto::json {

/// As parse_object(), but each number that is no whole one reads back bit for bit as to_text()
/// wrote it. Boost.JSON's own parser is off by a unit in the last place in one of ten: it has the
/// `precise` mode from 1.82 on.
std::optional<boost::json::object> parse_object_exactly(std::string_view text);

}  // namespace sotto::json
