#include "http_client/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

namespace sotto::http_client {

std::string Url::text() const {
  return (endpoint.tls ? "https://" : "http://") + endpoint.host_header() + target;
}

Result<Url> parse_url(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  const bool usable = url && (url->scheme() == "http" || url->scheme() == "https") &&
                      !url->host().empty() && !url->has_userinfo() &&
                      !(url->has_port() && url->port_number() == 0);
  if (!usable && text.find('@') != std::string_view::npos)  // what stands before it may be secret
    return fail(ErrorCode::invalid_argument,
                "no URL such as https://host/path, without a user's name and password: ..." +
                    std::string(text.substr(text.rfind('@')).substr(0, 200)),
                "url");
  if (!usable)
    return fail(ErrorCode::invalid_argument,
                "'" + std::string(text.substr(0, 200)) + "' is no URL such as https://host/path",
                "url");
  Url parsed;
  parsed.endpoint.tls = url->scheme() == "https";
  parsed.endpoint.host = std::string(url->host_address());
  parsed.endpoint.port = url->has_port() ? url->port_number() : parsed.endpoint.tls ? 443 : 80;
  parsed.target = url->encoded_path().empty() ? "/" : std::string(url->encoded_path());
  if (url->has_query()) parsed.target += "?" + std::string(url->encoded_query());
  return parsed;
}

Result<Url> follow(const Url& base, std::string_view location) {
  const std::string whole = base.text();
  const auto from = boost::urls::parse_uri(whole);
  const auto reference = boost::urls::parse_uri_reference(location);
  boost::urls::url to;
  const bool resolved = from && reference && boost::urls::resolve(*from, *reference, to);
  auto url = parse_url(resolved ? std::string_view(to.data(), to.size()) : location);
  if (url && base.endpoint.tls && !url->endpoint.tls)
    return fail(ErrorCode::invalid_argument,
                base.endpoint.host + " redirects from https to http, to " + url->endpoint.host,
                "url");
  return url;
}

}  // namespace sotto::http_client
