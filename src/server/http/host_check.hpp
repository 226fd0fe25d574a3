#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/http/request_head.hpp"

namespace sotto::server {

/// What names a server has, and which pages of others may ask it.
struct HostSettings {
  std::string address = "127.0.0.1";              ///< that it listens on
  std::vector<std::string> names = {};            ///< more of this machine, such as its host name
  std::string public_url = {};                    ///< such as https://talks.example.com; or empty
  std::vector<std::string> allowed_origins = {};  ///< such as https://www.example.com
};

/// Which hosts and origins requests may name (RFC 9110, section 7.2; RFC 6454). A page of another
/// host can thus neither ask this server for anything nor, by a name that leads here (DNS
/// rebinding), become one of its own pages. Thread-safe. Without settings it knows loopback alone.
class HostCheck {
 public:
  /// Errors: `invalid_argument`, fields `public-url` and `allow-origin`.
  static Result<HostCheck> create(const HostSettings& settings);

  /// Whether a Host is one of the server's: loopback, its own names, that of the public URL, and
  /// any address if it listens on all, since only names can be made to lead here.
  bool knows(std::string_view host) const;

  enum class Origin {
    own,      ///< of this server's pages, or none is said: no page asks
    allowed,  ///< one of allowed_origins
    foreign
  };
  Origin origin_of(const RequestHead& head) const;

  /// Why a request is refused: 421 for its Host, 403 for its Origin, which is allowed only for what
  /// is_shared(). Nothing: it may go on. `path`: decoded.
  std::optional<Refusal> refuse(const RequestHead& head, std::string_view path) const;

  /// The fields for an answer to a page of an allowed origin (Fetch, section 3.2); none for others.
  std::vector<std::pair<std::string, std::string>> cors_fields(const RequestHead& head,
                                                               std::string_view path) const;

  /// Whether a request asks what an allowed origin's page may do (Fetch, section 3.2.2).
  bool is_preflight(const RequestHead& head, std::string_view path) const;

  /// Whether pages of allowed origins may ask for it: captions, sessions and flags to read, not the
  /// operator's interface, and no session to begin or end.
  static bool is_shared(std::string_view method, std::string_view path);

 private:
  std::set<std::string, std::less<>> hosts_{"localhost"};  ///< names, in lower case, without ports
  bool any_address_ = false;
  std::string public_origin_;
  std::set<std::string, std::less<>> allowed_;
};

/// "https://example.com:8443" in the form of an Origin field: lower case, without the scheme's
/// usual port; nothing for another form. `path`: whether one may follow, and is left out.
std::optional<std::string> parse_origin(std::string_view text, bool path = false);

/// The names by which other machines reach this one: its host name, also within mDNS.
std::vector<std::string> machine_names();

}  // namespace sotto::server
