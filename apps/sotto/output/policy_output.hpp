#pragma once

#include <boost/json.hpp>
#include <iosfwd>
#include <span>
#include <string>

#include "tuning/translation_policies.hpp"

namespace sotto::app {

/// The points as a list of objects.
boost::json::array policies_json(std::span<const tuning::PolicyPoint> points);

/// The points as a table. `translator` says who translated; empty: nobody, so the erasure is of
/// the source's captions.
void print_policies(std::ostream& out, std::span<const tuning::PolicyPoint> points,
                    const std::string& translator);

}  // namespace sotto::app
