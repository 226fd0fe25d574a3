#include "lambda/http_connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sotto::lambda {

namespace {

constexpr std::size_t max_headers = 64 << 10, max_body = 8 << 20, max_line = 16 << 10;

tl::unexpected<Error> broken(const std::string& what) {
  return fail(ErrorCode::unavailable, "the runtime API " + what);
}
tl::unexpected<Error> broken(const char* what, int error) {
  return broken(std::string(what) + ": " + std::strerror(error));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return {};
}

Result<HttpConnection> HttpConnection::create(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  const auto port = colon == std::string::npos
                        ? std::optional<std::uint16_t>(80)
                        : number_in<std::uint16_t>(std::string_view(address).substr(colon + 1));
  in_addr ip{};
  const char* const numeric = host == "localhost" ? "127.0.0.1" : host.c_str();
  if (!port || *port == 0 || ::inet_pton(AF_INET, numeric, &ip) != 1)
    return fail(ErrorCode::invalid_argument,
                "AWS_LAMBDA_RUNTIME_API is \"" + address.substr(0, 60) +
                    "\", must be an IPv4 address and a port",
                "AWS_LAMBDA_RUNTIME_API");
  return HttpConnection(ip.s_addr, *port, address);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : ip_(other.ip_),
      port_(other.port_),
      host_(std::move(other.host_)),
      socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)) {}

HttpConnection::~HttpConnection() { close(); }

void HttpConnection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  received_.clear();
}

Result<> HttpConnection::connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return broken("cannot be asked", errno);
  const int at_once = 1;
  (void)::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ip_;
  address.sin_port = htons(port_);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  std::memcpy(&generic, &address, sizeof address);
  while (::connect(socket_, &generic, sizeof generic) != 0) {
    if (errno == EINTR) continue;
    const int error = errno;
    close();
    return broken("cannot be reached", error);
  }
  return {};
}

Result<> HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return broken("takes no request", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<HttpAnswer> HttpConnection::ask(std::string_view method, std::string_view path,
                                       std::string_view headers, std::string_view body) {
  std::string request;
  request.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: ").append(host_);
  request.append("\r\n").append(headers);
  if (method != "GET")
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  request.append("\r\n").append(body);
  for (bool again = socket_ >= 0;; again = false) {
    if (socket_ < 0)
      if (const auto connected = connect(); !connected) return tl::unexpected(connected.error());
    const Result<> sent = send(request);
    const Result<bool> begun = sent ? read_more() : tl::unexpected(sent.error());
    if (begun && *begun) break;
    close();
    if (again) continue;
    if (!begun) return tl::unexpected(begun.error());
    return broken("closed the connection without an answer");
  }
  auto answer = read_answer();
  if (!answer) return close(), answer;
  std::string connection(answer->header("connection"));
  std::transform(connection.begin(), connection.end(), connection.begin(), lower);
  if (connection == "close") close();
  return answer;
}

// False at the end.
Result<bool> HttpConnection::read_more() {
  std::array<char, 16 << 10> buffer;
  for (;;) {
    const ssize_t read = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return broken("gives no answer", errno);
    received_.append(buffer.data(), static_cast<std::size_t>(read));
    return read > 0;
  }
}

Result<std::string> HttpConnection::read_line(std::size_t most) {
  for (;;) {
    const std::size_t end = received_.find('\n');
    if (end <= most) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (received_.size() > most) return broken("gives a line that is too long");
    const auto more = read_more();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return broken("closed the connection in mid answer");
  }
}

Result<std::string> HttpConnection::read_bytes(std::size_t count) {
  if (count > max_body) return broken("gives an answer that is too long");
  while (received_.size() < count) {
    const auto more = read_more();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return broken("closed the connection in mid answer");
  }
  std::string bytes = received_.substr(0, count);
  received_.erase(0, count);
  return bytes;
}

Result<std::string> HttpConnection::read_chunks() {
  std::string body;
  for (;;) {
    auto line = read_line(max_line);
    if (!line) return line;
    const std::string_view size_text =
        trimmed(std::string_view(*line).substr(0, std::min(line->find(';'), line->size())));
    const auto size = number_in<std::size_t>(size_text, 16);
    if (!size || *size > max_body - body.size()) return broken("gives a chunk of no valid size");
    if (*size == 0) break;
    auto chunk = read_bytes(*size);
    if (!chunk) return chunk;
    body += *chunk;
    const auto end = read_line(2);
    if (!end || !end->empty()) return broken("gives a chunk that does not end");
  }
  for (std::size_t trailers = 0; trailers <= max_headers;) {
    const auto line = read_line(max_line);
    if (!line) return line;
    if (line->empty()) return body;
    trailers += line->size();
  }
  return broken("gives headers that are too long");
}

Result<std::string> HttpConnection::read_to_the_end() {
  for (;;) {
    if (received_.size() > max_body) return broken("gives an answer that is too long");
    const auto more = read_more();
    if (!more) return tl::unexpected(more.error());
    if (*more) continue;
    std::string body = std::move(received_);
    close();
    return body;
  }
}

Result<std::string> HttpConnection::read_body(const HttpAnswer& answer) {
  if (answer.status == 204 || answer.status == 304) return std::string{};
  std::string coding(answer.header("transfer-encoding"));
  std::transform(coding.begin(), coding.end(), coding.begin(), lower);
  if (coding == "chunked") return read_chunks();
  if (!coding.empty()) return broken("answers in a coding that is not known");
  const std::string_view length = answer.header("content-length");
  if (length.empty()) return read_to_the_end();
  const auto size = number_in<std::size_t>(length);
  if (!size) return broken("gives an answer of no valid length");
  return read_bytes(*size);
}

Result<HttpAnswer> HttpConnection::read_answer() {
  auto status = read_line(max_line);
  if (!status) return tl::unexpected(status.error());
  HttpAnswer answer;
  const auto code = status->size() >= 12 && status->starts_with("HTTP/1.")
                        ? number_in<int>(std::string_view(*status).substr(9, 3))
                        : std::nullopt;
  if (!code || *code < 100) return broken("answers with something else than HTTP");
  answer.status = *code;
  for (std::size_t bytes = 0;;) {
    const auto line = read_line(max_line);
    if (!line) return tl::unexpected(line.error());
    if (line->empty()) break;
    if ((bytes += line->size()) > max_headers) return broken("gives headers that are too long");
    const std::size_t colon = line->find(':');
    if (colon == std::string::npos) return broken("gives a header without a colon");
    std::string name = line->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), lower);
    answer.headers.emplace_back(std::move(name),
                                trimmed(std::string_view(*line).substr(colon + 1)));
  }
  if (answer.status < 200) return broken("answers before it was asked to");
  auto body = read_body(answer);
  if (!body) return tl::unexpected(body.error());
  answer.body = std::move(*body);
  return answer;
}

}  // namespace sotto::lambda
