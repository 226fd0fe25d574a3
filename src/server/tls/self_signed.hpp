#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::server {

/// What a machine can be called by.
struct HostNames {
  std::vector<std::string> names;      ///< localhost, the host's name, that with .local (RFC 6762)
  std::vector<std::string> addresses;  ///< 127.0.0.1, ::1, and those that others reach it by
};

/// This machine's, now. Link-local and temporary IPv6 addresses (RFC 8981) are left out: nobody is
/// given those.
HostNames local_names();

/// How long a self-signed certificate is valid; Apple refuses more than 398 days.
inline constexpr std::chrono::days self_signed_validity{397};
/// It is made anew when no more than this is left.
inline constexpr std::chrono::days self_signed_renewal{7};

/// A new P-256 key and a certificate signed with it, for all the `host`'s names, valid from a day
/// before `now` (clocks differ): both in PEM, the key first. Errors: `invalid_argument` for a name
/// that none can be made for, `internal` for OpenSSL's own.
Result<std::string> make_self_signed(const HostNames& host, UtcTime now);

/// Whether the certificate in `pem`, one of make_self_signed(), is for all of the host's names and
/// valid for more than self_signed_renewal from `now`.
bool serves(const std::string& pem, const HostNames& host, UtcTime now);

}  // namespace sotto::server
