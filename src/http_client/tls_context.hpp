#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

namespace sotto::http_client {

/// Makes a client's context check certificates, TLS 1.2 or newer: against those in `ca_file` (PEM),
/// or the system's where that is empty. Errors: what reading `ca_file` failed with.
boost::system::error_code trust_certificates(boost::asio::ssl::context& tls,
                                             const std::string& ca_file);

}  // namespace sotto::http_client
