#include "server/tls/secure_opening.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_message.hpp"

namespace sotto::server {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_header = 8 * 1024, max_rest = 64 * 1024;

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : static_cast<char>(c);
  });
  return lowered;
}

// A header's value; nothing if it is not there, or more than once.
std::optional<std::string_view> header(std::string_view request, std::string_view name) {
  std::optional<std::string_view> found;
  for (std::size_t at = request.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t end = request.find("\r\n", at + 2);
    const std::string_view line = request.substr(at + 2, end - at - 2);
    at = end;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || lower(line.substr(0, colon)) != name) continue;
    if (found) return std::nullopt;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    found = value;
  }
  return found;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-._:[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_target(std::string_view target) {
  return target.starts_with('/') && !target.starts_with("//") &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 127; });
}

// The answer to a plain request, of which `request` is the header.
std::string answer_to_plain(std::string_view request) {
  const std::string_view line = request.substr(0, request.find("\r\n"));
  const std::size_t space = line.find(' ');
  const std::string_view method = line.substr(0, space);
  const std::string_view rest =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  const std::string_view target = rest.substr(0, rest.find(' '));
  const auto host = header(request, "host");
  const bool sent_on = (method == "GET" || method == "HEAD") && is_target(target) && host &&
                       is_host(*host) && !header(request, "upgrade");
  const std::string body = error_json(
      {ErrorCode::invalid_argument, "this port speaks https: begin the address with https://", ""});
  std::string answer = sent_on ? "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://" +
                                     std::string(*host) + std::string(target) + "\r\n"
                               : "HTTP/1.1 400 Bad Request\r\n";
  answer +=
      "Content-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  if (method != "HEAD") answer += body;
  return answer;
}

asio::awaitable<void> explain(ClientStream& stream) {
  std::string request;
  std::array<char, 2048> buffer;
  while (request.find("\r\n\r\n") == std::string::npos && request.size() < max_header) {
    auto [error, size] = co_await stream.async_read_some(asio::buffer(buffer), as_result);
    if (error) co_return;
    request.append(buffer.data(), size);
  }
  const std::string answer = answer_to_plain(request);
  auto [failed, written] = co_await asio::async_write(stream, asio::buffer(answer), as_result);
  if (failed) co_return;
  stream.finish_writing();
  // What is closed before all is read is reset, and the answer may be lost (RFC 9112, 9.6).
  for (std::size_t more = 0; more < max_rest;) {
    auto [error, size] = co_await stream.async_read_some(asio::buffer(buffer), as_result);
    if (error) co_return;
    more += size;
  }
}

}  // namespace

asio::awaitable<bool> open_securely(ClientStream& stream, const telemetry::Log& log) {
  stream.expires_after(opening_timeout);
  const auto opening = co_await stream.open();  // not in the switch: GCC 12 loses `stream` then
  switch (opening) {
    case ClientStream::Opening::ready: co_return true;
    case ClientStream::Opening::plain_http: co_await explain(stream); break;
    case ClientStream::Opening::failed:
      log.write(telemetry::Level::debug, "a TLS handshake failed",
                {{"event", "tls_handshake"}, {"error", stream.why_broken()}});
      break;
  }
  co_return false;
}

}  // namespace sotto::server
