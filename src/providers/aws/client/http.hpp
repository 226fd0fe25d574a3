#pragma once

#include "http_client/http.hpp"

/// The HTTP client under the names by which everything here knows it.
namespace sotto::providers::aws {

using http_client::Endpoint;
using http_client::HttpClient;
using http_client::HttpRequest;
using http_client::HttpResponse;
using http_client::HttpSender;
using http_client::Pair;
using http_client::Pairs;
using http_client::parse_endpoint;

}  // namespace sotto::providers::aws
