#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/http/request_head.hpp"

namespace sotto::server {

/// Who a request comes from: the peer of its connection or, if that is a proxy that is trusted, the
/// client whom it names in `Forwarded` (RFC 7239) or `X-Forwarded-For`. Thread-safe.
class ClientAddress {
 public:
  /// `trusted`: networks such as "10.0.0.0/8" or "2001:db8::/32", and single addresses. Errors:
  /// `invalid_argument`, field `trusted-proxy`.
  static Result<ClientAddress> create(const std::vector<std::string>& trusted);
  ClientAddress();  ///< trusts nobody

  /// Whether an address is one of the trusted proxies'.
  bool trusts(const std::string& address) const;

  /// The client's address. Of several hops it is the last that is not trusted, since whatever
  /// stands before it a client may have written itself. The peer, if a header is malformed, or the
  /// two name different clients.
  std::string of(const std::string& peer, const RequestHead& head) const;

 private:
  struct Networks;
  std::shared_ptr<const Networks> trusted_;
};

/// An address as one client is counted by: an IPv4 address as it is, also one mapped into IPv6, and
/// an IPv6 address by its network of 64 bits, of which one host may use all. Another text as it is.
std::string client_key(const std::string& address);

/// The IPv6 network of 48 bits that an address or its client_key() is in, which one customer may
/// have; empty for IPv4.
std::string site_key(const std::string& address);

}  // namespace sotto::server
