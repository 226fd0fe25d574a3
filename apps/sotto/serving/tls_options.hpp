#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "server/tls/self_signed.hpp"
#include "server/tls/tls_context.hpp"

namespace sotto::app {

/// What a server is told of TLS.
struct TlsOptions {
  std::string certificate, key;  ///< files; both or neither
  bool self_signed = false;
};

/// Adds them to a command; `options` must outlive it.
void add_tls_options(CLI::App& command, TlsOptions& options);

/// What a self-signed certificate is made from; tests give their own.
struct TlsSurroundings {
  std::function<server::HostNames()> names = server::local_names;
  std::function<UtcTime()> now;
};

/// TLS as the options say; null without. A self-signed certificate is kept, with its key, in a file
/// of `folder` that only its owner may read; it is made anew, also by TlsContext::reload(), when it
/// is about to expire, or does not have all of the machine's names and addresses. Errors: those of
/// TlsContext::create(), `not_found` for a file that is not there, `invalid_argument` for options
/// that do not go together, and those of reading and writing.
Result<std::shared_ptr<server::TlsContext>> open_tls(const TlsOptions& options,
                                                     const std::filesystem::path& folder,
                                                     const TlsSurroundings& surroundings);

/// Where open_tls() keeps what it makes.
inline constexpr const char* self_signed_file = "self-signed-tls.pem";

}  // namespace sotto::app
