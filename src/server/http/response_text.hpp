#pragma once

#include <string>

#include "server/http/http_message.hpp"
#include "server/http/request_head.hpp"

namespace sotto::server {

/// How an answer goes over a connection.
struct Sending {
  bool keep_alive = true;         ///< the connection stays
  bool head_only = false;         ///< the answer to a HEAD: its fields as those of a GET, no body
  bool strict_transport = false;  ///< browsers are to come by https from now on (RFC 6797)
};

/// The answer as HTTP/1.1 has it, with the fields that every answer gets.
std::string response_text(const Response& response, const Sending& sending);

/// The answer to a request that is refused.
Response reply(const Refusal& refusal);

}  // namespace sotto::server
