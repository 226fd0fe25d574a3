#include "serving/tls_upkeep.hpp"

#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <csignal>

#include "options/flag_parts.hpp"
#include "server/tls/self_signed.hpp"

namespace sotto::app {

namespace asio = boost::asio;

namespace {

class Upkeep : public std::enable_shared_from_this<Upkeep> {
 public:
  Upkeep(asio::io_context& io, std::shared_ptr<server::TlsContext> tls, const telemetry::Log& log)
      : tls_(std::move(tls)),
        log_(log),
        strand_(asio::make_strand(io)),
        hangups_(strand_, SIGHUP),
        daily_(strand_) {}

  void begin() {
    warn();
    await_hangup();
    await_day();
  }

  void end() {
    asio::post(strand_, [self = shared_from_this()] {
      self->hangups_.cancel();
      self->daily_.cancel();
    });
  }

 private:
  void await_hangup() {
    hangups_.async_wait([self = shared_from_this()](boost::system::error_code error, int) {
      if (error) return;
      self->reload("asked by SIGHUP");
      self->await_hangup();
    });
  }

  void await_day() {
    daily_.expires_after(std::chrono::hours{24});
    daily_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error) return;
      self->reload("once a day");
      self->await_day();
    });
  }

  void reload(std::string_view why) {
    const std::string before = tls_->certificate().fingerprint;
    if (const auto done = tls_->reload(); !done)
      return log_.write(telemetry::Level::error,
                        "the certificate cannot be read again: the one before stays in use",
                        {{"event", "tls_reload_failed"},
                         {"error_code", to_string(done.error().code)},
                         {"error", done.error().message}});
    const std::string now = tls_->certificate().fingerprint;
    log_.write(now == before ? telemetry::Level::info : telemetry::Level::warning,
               now == before ? "the certificate was read again: it is the same"
                             : "a new certificate is in use",
               {{"event", "tls_reloaded"}, {"why", why}, {"fingerprint", now}});
    warn();
  }

  void warn() {
    for (const std::string& what : server::warnings_of(tls_->certificate(), system_utc()))
      log_.write(telemetry::Level::warning, "something is wrong with the certificate: " + what,
                 {{"event", "tls_certificate"}});
  }

  const std::shared_ptr<server::TlsContext> tls_;
  const telemetry::Log& log_;
  asio::strand<asio::io_context::executor_type> strand_;
  asio::signal_set hangups_;
  asio::steady_timer daily_;
};

// Addresses that another machine can use, as they stand in a link.
std::vector<std::string> reachable_hosts(const ServeOptions& options) {
  std::vector<std::string> hosts;
  if (options.address != "0.0.0.0" && options.address != "::") return hosts;
  for (const std::string& address : server::local_names().addresses) {
    const bool ipv6 = address.find(':') != std::string::npos;
    if (address == "::1" || address.starts_with("127.") || (ipv6 && options.address != "::"))
      continue;
    hosts.push_back(ipv6 ? '[' + address + ']' : address);
  }
  return hosts;
}

}  // namespace

std::shared_ptr<void> keep_certificate(asio::io_context& io,
                                       std::shared_ptr<server::TlsContext> tls,
                                       const telemetry::Log& log) {
  if (!tls) {
    // A service is asked to reload with it; a terminal that is closed ends what runs in it.
    if (::isatty(STDERR_FILENO) == 0) std::signal(SIGHUP, SIG_IGN);
    return nullptr;
  }
  const auto upkeep = std::make_shared<Upkeep>(io, std::move(tls), log);
  upkeep->begin();
  return {upkeep.get(), [upkeep](void*) { upkeep->end(); }};
}

void announce_tls(std::ostream& out, const server::TlsCertificate& certificate,
                  const ServeOptions& options, std::uint16_t port) {
  for (const std::string& host : reachable_hosts(options))
    out << "for phones and others: https://" << host << ':' << port << '\n';
  out << "certificate: ";
  if (certificate.self_signed)
    out << "self-signed; browsers warn once, and accept it when told to\n  SHA-256 ";
  else
    out << "valid until " << format_utc(certificate.not_after) << "\n  SHA-256 ";
  out << certificate.fingerprint << '\n';
}

}  // namespace sotto::app
