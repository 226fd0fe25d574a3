#pragma once

#include "http_client/test_server.hpp"
#include "providers/aws/client/http.hpp"

namespace sotto::providers::aws::testing {

using http_client::testing::Certificate;
using http_client::testing::Reply;
using http_client::testing::TestServer;

}  // namespace sotto::providers::aws::testing
