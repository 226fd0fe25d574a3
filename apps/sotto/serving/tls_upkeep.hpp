#pragma once

#include <memory>
#include <ostream>

#include <boost/asio/io_context.hpp>

#include "server/tls/tls_context.hpp"
#include "serving/serve_options.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

/// Reads the certificate again on SIGHUP and once a day, until it is destroyed; what is wrong with
/// it, and what it is now, are lines of the log. `io` and `log` must outlive it. Null without TLS:
/// SIGHUP then ends what runs in a terminal, as ever, and nothing else.
std::shared_ptr<void> keep_certificate(boost::asio::io_context& io,
                                       std::shared_ptr<server::TlsContext> tls,
                                       const telemetry::Log& log);

/// Tells people on the terminal how others come in over https: links, and the fingerprint to
/// compare where a browser asks whether to trust a self-signed certificate.
void announce_tls(std::ostream& out, const server::TlsCertificate& certificate,
                  const ServeOptions& options, std::uint16_t port);

}  // namespace sotto::app
