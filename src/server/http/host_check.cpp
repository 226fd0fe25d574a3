#include "server/http/host_check.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace sotto::server {

namespace {

namespace ip = boost::asio::ip;

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return low;
}

// "[::1]:80" → "::1", "Localhost.:80" → "localhost"
std::string host_of(std::string_view authority) {
  if (authority.starts_with('['))
    return lowered(authority.substr(1, std::min(authority.size(), authority.find(']')) - 1));
  std::string host = lowered(authority.substr(0, authority.find(':')));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

std::optional<ip::address> address_of(const std::string& host) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(host, error);
  if (error) return std::nullopt;
  return address;
}

bool is_authority(std::string_view text) {
  const std::size_t end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.empty() || (text.starts_with('[') && end == std::string_view::npos)) return false;
  const std::string_view port =
      end == std::string_view::npos ? std::string_view() : text.substr(end + text.starts_with('['));
  const std::string_view host = text.substr(0, text.size() - port.size());
  constexpr std::string_view marks = "abcdefghijklmnopqrstuvwxyz0123456789-._[]:";
  return !host.empty() && host.find_first_not_of(marks) == std::string_view::npos &&
         (port.empty() ||
          (port.size() > 1 && port.size() <= 6 && port.front() == ':' &&
           port.substr(1).find_first_not_of("0123456789") == std::string_view::npos));
}

Error bad_origin(const std::string& option, const std::string& text, const std::string& such) {
  return {ErrorCode::invalid_argument, "--" + option + " \"" + text + "\" must be such as " + such,
          option};
}

constexpr std::string_view sessions = "/v1/sessions/";

}  // namespace

std::optional<std::string> parse_origin(std::string_view text, bool path) {
  std::string origin = lowered(text);
  std::string_view usual_port;
  if (origin.starts_with("http://"))
    usual_port = ":80";
  else if (origin.starts_with("https://"))
    usual_port = ":443";
  else
    return std::nullopt;
  const std::size_t begin = origin.find("//") + 2;
  const std::size_t end = std::min(origin.size(), origin.find('/', begin));
  if (end != origin.size() && !path) return std::nullopt;
  origin.resize(end);
  if (!is_authority(std::string_view(origin).substr(begin))) return std::nullopt;
  if (origin.ends_with(usual_port)) origin.resize(origin.size() - usual_port.size());
  return origin;
}

Result<HostCheck> HostCheck::create(const HostSettings& settings) {
  HostCheck check;
  check.hosts_.insert(lowered(settings.address));
  for (const std::string& name : settings.names) check.hosts_.insert(lowered(name));
  const auto listening = address_of(settings.address);
  check.any_address_ = listening && listening->is_unspecified();
  if (!settings.public_url.empty()) {
    const auto origin = parse_origin(settings.public_url, true);
    if (!origin)
      return tl::unexpected(
          bad_origin("public-url", settings.public_url, "https://talks.example.com"));
    check.public_origin_ = *origin;
    check.hosts_.insert(host_of(std::string_view(*origin).substr(origin->find("//") + 2)));
  }
  for (const std::string& text : settings.allowed_origins) {
    auto origin = parse_origin(text);
    if (!origin) return tl::unexpected(bad_origin("allow-origin", text, "https://www.example.com"));
    check.allowed_.insert(std::move(*origin));
  }
  return check;
}

bool HostCheck::knows(std::string_view authority) const {
  const std::string host = host_of(authority);
  if (hosts_.contains(host)) return true;
  const auto address = address_of(host);
  return address && (any_address_ || address->is_loopback());
}

HostCheck::Origin HostCheck::origin_of(const RequestHead& head) const {
  if (head.count("origin") == 0) return Origin::own;
  const auto origin = parse_origin(head.joined("origin"));
  if (!origin) return Origin::foreign;
  if (*origin == public_origin_) return Origin::own;
  // The page and the request have the same authority: it has come from here, whichever proxy it
  // took, since knows() has looked at the Host.
  const std::string scheme = origin->substr(0, origin->find("//") + 2);
  if (parse_origin(scheme + std::string(head.value("host"))) == origin) return Origin::own;
  return allowed_.contains(*origin) ? Origin::allowed : Origin::foreign;
}

std::optional<Refusal> HostCheck::refuse(const RequestHead& head, std::string_view path) const {
  if (head.count("host") > 0 && !knows(head.value("host")))
    return Refusal{
        421,
        {ErrorCode::invalid_argument,
         "this server does not go by that name; if it is to, start it with --public-url", "Host"}};
  const Origin origin = origin_of(head);
  if (origin == Origin::own) return std::nullopt;
  if (origin == Origin::allowed && (is_preflight(head, path) || is_shared(head.method, path)))
    return std::nullopt;
  return Refusal{403,
                 {ErrorCode::permission_denied,
                  origin == Origin::allowed
                      ? "pages of that origin may read here, and nothing else"
                      : "pages of that origin may not ask this server; if they are to, start it "
                        "with --allow-origin, or with --public-url if they are its own",
                  "Origin"}};
}

bool HostCheck::is_shared(std::string_view method, std::string_view path) {
  const bool reads = method == "GET" || method == "HEAD";
  if (path == "/ofrep/v1/evaluate/flags" || path.starts_with("/ofrep/v1/evaluate/flags/"))
    return method == "POST";
  if (path.starts_with(sessions)) {
    const std::string_view leaf =
        path.substr(std::min(path.size(), path.find('/', sessions.size())));
    return reads && leaf != "/audio";
  }
  constexpr std::array<std::string_view, 3> more = {"/v1/languages", "/v1/demo",
                                                    "/v1/openapi.json"};
  return reads && std::find(more.begin(), more.end(), path) != more.end();
}

bool HostCheck::is_preflight(const RequestHead& head, std::string_view path) const {
  const std::string_view wanted = head.value("access-control-request-method");
  return head.method == "OPTIONS" && is_shared(wanted, path) && origin_of(head) == Origin::allowed;
}

std::vector<std::pair<std::string, std::string>> HostCheck::cors_fields(
    const RequestHead& head, std::string_view path) const {
  std::vector<std::pair<std::string, std::string>> fields;
  const bool preflight = is_preflight(head, path);
  if (allowed_.empty() || (!preflight && !is_shared(head.method, path))) return fields;
  // Also to those who say no origin, since a cache may keep the answer for those who do.
  fields.emplace_back("Vary", "Origin");
  if (origin_of(head) != Origin::allowed) return fields;
  fields.emplace_back("Access-Control-Allow-Origin", *parse_origin(head.joined("origin")));
  if (preflight) {
    fields.emplace_back("Access-Control-Allow-Methods",
                        path.starts_with("/ofrep/") ? "POST" : "GET, HEAD");
    fields.emplace_back("Access-Control-Allow-Headers", "Content-Type, If-None-Match");
    fields.emplace_back("Access-Control-Max-Age", "600");
  } else {
    fields.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After, Content-Disposition");
  }
  return fields;
}

std::vector<std::string> machine_names() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == 0) return {};
  const std::string host = name.data();
  const std::string first = host.substr(0, host.find('.'));
  return {host, first, first + ".local"};
}

}  // namespace sotto::server
