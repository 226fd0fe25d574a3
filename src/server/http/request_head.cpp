#include "server/http/request_head.hpp"

#include <algorithm>

namespace sotto::server {

namespace {

constexpr std::string_view end_of_line = "\r\n";

Refusal refusal(int status, std::string message, std::string field) {
  return {status, {ErrorCode::invalid_argument, std::move(message), std::move(field)}};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), lower);
  return low;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

// uri-host [":" port], RFC 9110, section 7.2; no empty one, since every path here is somewhere.
bool is_host(std::string_view text) {
  constexpr std::size_t longest = 255 + 6;
  if (text.empty() || text.size() > longest) return false;
  std::string_view host = text, port;
  if (text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == ':' || c == '.'; }))
      return false;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (!std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; }))
      return false;
  }
  return !host.empty() &&
         (port.empty() || (port.front() == ':' && port.size() <= 6 && is_number(port.substr(1))));
}

// "GET /path HTTP/1.1"
std::optional<Refusal> read_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  const Refusal not_http = refusal(400, "this is not an HTTP request", "");
  if (first == std::string_view::npos || first == last) return not_http;
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || version.size() != 8 || !version.starts_with("HTTP/") ||
      !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
    return not_http;
  if (version != "HTTP/1.0" && version != "HTTP/1.1")
    return refusal(505, "this server speaks HTTP/1.1", "");
  if (!target.starts_with('/') ||
      !std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7F; }))
    return refusal(400, "the request's path is not well-formed", "path");
  head.method = method;
  head.target = target;
  head.minor = version.back() - '0';
  return std::nullopt;
}

std::optional<Refusal> read_fields(std::string_view lines, RequestHead& head) {
  while (!lines.empty()) {
    const std::size_t end = lines.find(end_of_line);
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + end_of_line.size());
    const std::size_t colon = line.find(':');
    // A line that begins with white space continues the one before: its name is no token.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return refusal(400, "a header field must be on one line as name: value", "header");
    head.fields.emplace_back(lowered(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  return std::nullopt;
}

std::optional<Refusal> check_framing(const RequestHead& head) {
  const std::size_t codings = head.count("transfer-encoding");
  const std::size_t lengths = head.count("content-length");
  if (codings > 0 && (lengths > 0 || head.minor == 0))
    return refusal(400, "Transfer-Encoding is for HTTP/1.1 without a Content-Length",
                   "Transfer-Encoding");
  if (codings > 1 || (codings == 1 && !same(head.value("transfer-encoding"), "chunked")))
    return refusal(501, "the only transfer coding here is chunked", "Transfer-Encoding");
  if (lengths > 1 || (lengths == 1 && !is_number(head.value("content-length"))))
    return refusal(400, "Content-Length must be one number", "Content-Length");
  return std::nullopt;
}

bool is_base64_of_16_bytes(std::string_view key) {
  // The last of 22 characters has four bits of the 16 bytes, and two that are zero.
  constexpr std::string_view last = "AQgw";
  return key.size() == 24 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + 22,
                     [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; }) &&
         last.find(key[21]) != std::string_view::npos;
}

}  // namespace

Refusal too_long(int status, const std::string& part, std::size_t most) {
  return refusal(status, "the " + part + " may have " + std::to_string(most) + " bytes", part);
}

std::size_t RequestHead::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; }));
}

std::string_view RequestHead::value(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return field.first == name; });
  return found == fields.end() ? std::string_view() : found->second;
}

std::string RequestHead::joined(std::string_view name) const {
  std::string all;
  for (const auto& [known, value] : fields)
    if (known == name) all += (all.empty() ? "" : ", ") + value;
  return all;
}

bool RequestHead::lists(std::string_view name, std::string_view element) const {
  const std::string all = joined(name);
  for (std::string_view rest = all;;) {
    const std::size_t comma = rest.find(',');
    if (same(trimmed(rest.substr(0, comma)), element)) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

bool RequestHead::keep_alive() const {
  if (lists("connection", "close")) return false;
  return minor == 1 || lists("connection", "keep-alive");
}

bool RequestHead::asks_for_websocket() const {
  return minor == 1 && method == "GET" && lists("connection", "upgrade") &&
         lists("upgrade", "websocket");
}

std::string RequestHead::bearer() const {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view text = value("authorization");
  if (text.size() < scheme.size() || !same(text.substr(0, scheme.size()), scheme)) return {};
  return std::string(trimmed(text.substr(scheme.size())));
}

std::optional<std::size_t> head_end(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

bool never_a_head(std::string_view bytes) {
  char before = 0;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if ((before == '\r') != (c == '\n')) return true;
    if ((code < 0x20 && c != '\r' && c != '\n' && c != '\t') || code == 0x7F) return true;
    before = c;
  }
  return false;
}

tl::expected<RequestHead, Refusal> parse_head(std::string_view bytes) {
  if (never_a_head(bytes) || !bytes.ends_with("\r\n\r\n"))
    return tl::unexpected(refusal(400, "this is not an HTTP request", ""));
  bytes.remove_suffix(end_of_line.size());
  const std::size_t line = bytes.find(end_of_line);
  RequestHead head;
  if (auto refused = read_request_line(bytes.substr(0, line), head))
    return tl::unexpected(std::move(*refused));
  if (auto refused = read_fields(bytes.substr(line + end_of_line.size()), head))
    return tl::unexpected(std::move(*refused));
  const std::size_t hosts = head.count("host");
  if (hosts > 1 || (hosts == 0 && head.minor == 1) || (hosts == 1 && !is_host(head.value("host"))))
    return tl::unexpected(refusal(400, "a request has one Host, such as localhost:8080", "Host"));
  if (auto refused = check_framing(head)) return tl::unexpected(std::move(*refused));
  if (head.count("expect") > 0 && !same(head.joined("expect"), "100-continue"))
    return tl::unexpected(refusal(417, "the only expectation here is 100-continue", "Expect"));
  return head;
}

std::optional<Refusal> check_handshake(const RequestHead& head) {
  if (head.joined("sec-websocket-version") != "13")
    return refusal(426, "this server speaks version 13 of the WebSocket protocol",
                   "Sec-WebSocket-Version");
  if (head.count("sec-websocket-key") != 1 ||
      !is_base64_of_16_bytes(head.value("sec-websocket-key")))
    return refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64", "Sec-WebSocket-Key");
  if (head.count("transfer-encoding") > 0 ||
      (head.count("content-length") > 0 && head.value("content-length") != "0"))
    return refusal(400, "a WebSocket's handshake has no body", "body");
  return std::nullopt;
}

}  // namespace sotto::server
