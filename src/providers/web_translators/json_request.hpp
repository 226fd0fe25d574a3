#pragma once

#include <boost/json/serialize.hpp>
#include <string>

#include "http_client/http.hpp"

namespace sotto::providers::web_translators {

/// A POST of a JSON body. `authorization` is the header's value; empty: none.
inline http_client::HttpRequest json_request(std::string target, const boost::json::value& body,
                                             const std::string& authorization = {}) {
  http_client::HttpRequest request{"POST", std::move(target), {}, boost::json::serialize(body)};
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "application/json");
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return request;
}

}  // namespace sotto::providers::web_translators
