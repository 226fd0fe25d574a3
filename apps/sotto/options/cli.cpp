#include "options/cli.hpp"

#include <iostream>

#include <boost/json.hpp>

namespace sotto::app {

int report(const Error& error, bool json, bool bad_usage) {
  if (json) {
    boost::json::object body{
        {"code", to_string(error.code)}, {"message", error.message}, {"field", error.field}};
    std::cerr << boost::json::serialize(boost::json::object{{"error", std::move(body)}}) << '\n';
  } else {
    std::cerr << "sotto: " << error.message << '\n';
  }
  return bad_usage ? exit_usage : exit_failure;
}

}  // namespace sotto::app
