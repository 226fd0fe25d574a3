#include "server/http/client_address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <optional>
#include <utility>

namespace sotto::server {

namespace ip = boost::asio::ip;

namespace {

std::optional<ip::address> parse(std::string_view text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An address, perhaps with a port: 192.0.2.1:80 or [2001:db8::1]:80.
std::optional<ip::address> parse_node(std::string_view node) {
  std::string_view host = node;
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = node.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return std::nullopt;
    host = node.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    const std::size_t colon = node.find(':');
    if (!is_port(node.substr(colon + 1))) return std::nullopt;
    host = node.substr(0, colon);
  }
  if (host.find('%') != std::string_view::npos) return std::nullopt;  // a zone is the proxy's own
  return parse(host);
}

using Hops = std::vector<ip::address>;

std::optional<Hops> hops_of_x_forwarded_for(std::string_view list) {
  Hops hops;
  for (;;) {
    const std::size_t comma = list.find(',');
    const auto hop = parse_node(trimmed(list.substr(0, comma)));
    if (!hop) return std::nullopt;
    hops.push_back(*hop);
    if (comma == std::string_view::npos) return hops;
    list.remove_prefix(comma + 1);
  }
}

// One element of Forwarded, such as `for="[2001:db8::1]:80";proto=https`; moves `rest` behind it
// and its comma. Nothing: it is malformed or names no address.
std::optional<ip::address> next_element(std::string_view& rest, bool& more) {
  std::optional<ip::address> named;
  for (;;) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trimmed(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    std::string_view value;
    if (rest.starts_with('"')) {
      const std::size_t end = rest.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      value = rest.substr(1, end - 1);
      if (value.find('\\') != std::string_view::npos) return std::nullopt;
      rest = trimmed(rest.substr(end + 1));
    } else {
      const std::size_t end = std::min(rest.size(), rest.find_first_of(";,"));
      value = trimmed(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    const bool is_for = name.size() == 3 && (name[0] | 0x20) == 'f' && (name[1] | 0x20) == 'o' &&
                        (name[2] | 0x20) == 'r';
    if (is_for) {
      if (named) return std::nullopt;
      named = parse_node(value);
      if (!named) return std::nullopt;
    }
    more = !rest.empty();
    if (rest.empty()) return named;
    const char mark = rest.front();
    rest.remove_prefix(1);
    if (mark == ',') return named;
    if (mark != ';') return std::nullopt;
  }
}

std::optional<Hops> hops_of_forwarded(std::string_view list) {
  Hops hops;
  for (bool more = true; more;) {
    const auto hop = next_element(list, more);
    if (!hop) return std::nullopt;
    hops.push_back(*hop);
  }
  return hops;
}

}  // namespace

struct ClientAddress::Networks {
  std::vector<ip::network_v4> v4;
  std::vector<ip::network_v6> v6;

  bool holds(const ip::address& address) const {
    const auto in = [](const auto& network, const auto& one) {
      return one == network.address() ||
             decltype(network.canonical())(one, network.prefix_length()).canonical() ==
                 network.canonical();
    };
    if (address.is_v4())
      return std::any_of(v4.begin(), v4.end(),
                         [&](const auto& network) { return in(network, address.to_v4()); });
    return std::any_of(v6.begin(), v6.end(),
                       [&](const auto& network) { return in(network, address.to_v6()); });
  }

  ip::address client(const Hops& hops) const {
    const auto stranger = std::find_if(hops.rbegin(), hops.rend(),
                                       [&](const ip::address& hop) { return !holds(hop); });
    return stranger == hops.rend() ? hops.front() : *stranger;
  }
};

ClientAddress::ClientAddress() : trusted_(std::make_shared<const Networks>()) {}

Result<ClientAddress> ClientAddress::create(const std::vector<std::string>& trusted) {
  Networks networks;
  for (const std::string& text : trusted) {
    const bool single = text.find('/') == std::string::npos;
    const bool v6 = text.find(':') != std::string::npos;
    const std::string whole = single ? text + (v6 ? "/128" : "/32") : text;
    boost::system::error_code error;
    if (v6)
      networks.v6.push_back(ip::make_network_v6(whole, error));
    else
      networks.v4.push_back(ip::make_network_v4(whole, error));
    if (error)
      return fail(ErrorCode::invalid_argument,
                  "--trusted-proxy \"" + text +
                      "\" must be an address or a network such as "
                      "10.0.0.0/8 or 2001:db8::/32",
                  "trusted-proxy");
  }
  ClientAddress made;
  made.trusted_ = std::make_shared<const Networks>(std::move(networks));
  return made;
}

bool ClientAddress::trusts(const std::string& address) const {
  const auto parsed = parse(address);
  return parsed && trusted_->holds(*parsed);
}

std::string ClientAddress::of(const std::string& peer, const RequestHead& head) const {
  if (!trusts(peer)) return peer;
  std::optional<ip::address> client;
  if (head.count("forwarded") > 0) {
    const std::string list = head.joined("forwarded");
    const auto hops = hops_of_forwarded(list);
    if (!hops) return peer;
    client = trusted_->client(*hops);
  }
  if (head.count("x-forwarded-for") > 0) {
    const std::string list = head.joined("x-forwarded-for");
    const auto hops = hops_of_x_forwarded_for(list);
    if (!hops) return peer;
    const ip::address other = trusted_->client(*hops);
    if (client && *client != other) return peer;
    client = other;
  }
  return client ? client->to_string() : peer;
}

std::string client_key(const std::string& address) {
  const auto parsed = parse(address);
  if (!parsed) return address;
  if (parsed->is_v4()) return parsed->to_string();
  return ip::network_v6(parsed->to_v6(), 64).canonical().to_string();
}

std::string site_key(const std::string& address) {
  const auto parsed = parse(address.substr(0, address.find('/')));
  if (!parsed || parsed->is_v4()) return {};
  return ip::network_v6(parsed->to_v6(), 48).canonical().to_string();
}

}  // namespace sotto::server
