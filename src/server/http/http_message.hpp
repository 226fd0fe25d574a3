#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sotto::server {

/// A request without its transport.
struct Request {
  std::string method;  ///< upper case
  std::string path;    ///< decoded, without the query
  std::map<std::string, std::string> query;
  std::string bearer;  ///< the token of the Authorization header, or empty
  std::string etag;    ///< of If-None-Match, or empty
  std::string body;
  std::string client = {};    ///< the address it came from
  bool accepts_gzip = false;  ///< of Accept-Encoding
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string etag;       ///< empty: not to be cached
  std::string allow;      ///< with status 405
  bool gzipped = false;   ///< the body is gzip's
  std::string file_name;  ///< not empty: a browser is to save it under this name
  int retry_after = 0;    ///< seconds, with status 429 and 503; 0: nothing is said
  std::vector<std::pair<std::string, std::string>> fields = {};  ///< more of the header
};

/// The JSON object {"error":{"code","message","field"}} for an error.
std::string error_json(const Error& error);

/// The HTTP status of an error.
int status_of(ErrorCode code);

/// Answers in JSON, with numbers as people write them.
Response reply(int status, const boost::json::object& body);
Response reply(const Error& error);

/// Status 405; `allow` is the header's text, such as "GET, DELETE". Where GET is, so is HEAD.
Response not_allowed(std::string allow);

}  // namespace sotto::server
