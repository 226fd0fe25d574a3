#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace sotto::json {

/// The value as compact JSON text, as boost::json::serialize() gives it but with numbers as people
/// write them: `0.26`, not `2.6E-1` (the shortest form that reads back to the same number;
/// std::to_chars). NaN and infinities, which JSON cannot say, become null.
std::string to_text(const boost::json::value& value);

}  // namespace sotto::json
