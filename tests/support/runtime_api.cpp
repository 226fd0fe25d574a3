#include "tests/support/runtime_api.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace sotto::testing {

namespace {

constexpr std::string_view prefix = "/2018-06-01/runtime/";

sockaddr as_generic(const sockaddr_in& address) {
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  return generic;
}

struct Request {
  std::string method, path, headers, body;

  std::string header(std::string name) const {
    std::string lower = headers;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t at = lower.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return headers.substr(begin, headers.find("\r\n", begin) - begin);
  }
};

bool receive(int socket, std::string& bytes) {
  std::array<char, 65'536> buffer;
  const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<Request> read_request(int socket, std::string& bytes) {
  std::size_t end;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos)
    if (!receive(socket, bytes)) return std::nullopt;
  Request request;
  const std::size_t line = bytes.find("\r\n");
  const std::size_t space = bytes.find(' ');
  request.method = bytes.substr(0, space);
  request.path = bytes.substr(space + 1, bytes.find(' ', space + 1) - space - 1);
  request.headers = bytes.substr(line, end + 2 - line);
  bytes.erase(0, end + 4);
  const std::string length = request.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (bytes.size() < size)
    if (!receive(socket, bytes)) return std::nullopt;
  request.body = bytes.substr(0, size);
  bytes.erase(0, size);
  return request;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool has_gone(int socket) {
  char byte;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

std::string in_chunks(const std::string& body) {
  std::string chunked;
  for (std::size_t at = 0; at < body.size(); at += 1000) {
    const std::string part = body.substr(at, 1000);
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx", part.size());
    chunked += std::string(size.data()) + ";of=it\r\n" + part + "\r\n";
  }
  return chunked + "0\r\nTrailer: there\r\n\r\n";
}

}  // namespace

RuntimeApi::RuntimeApi() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const sockaddr generic = as_generic(address);
  if (::bind(listener_, &generic, sizeof generic) != 0 || ::listen(listener_, 16) != 0)
    throw std::runtime_error("no port for the runtime API");
  sockaddr bound{};
  socklen_t size = sizeof bound;
  ::getsockname(listener_, &bound, &size);
  std::memcpy(&address, &bound, sizeof address);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept(); });
}

RuntimeApi::~RuntimeApi() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  changed_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string RuntimeApi::invoke(std::string payload, UtcTime deadline) {
  const std::lock_guard lock(mutex_);
  std::string id = "request-" + std::to_string(++next_id_);
  waiting_.push_back({id, std::move(payload), deadline});
  changed_.notify_all();
  return id;
}

std::optional<RuntimeApi::Answer> RuntimeApi::answer(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return !answers_.empty(); })) return std::nullopt;
  Answer first = std::move(answers_.front());
  answers_.pop_front();
  return first;
}

bool RuntimeApi::await_asking(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, patience, [this] { return !std::all_of(asking_.begin(), asking_.end(), has_gone); });
}

bool RuntimeApi::await_handed_out(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return handed_out_ >= next_id_; });
}

void RuntimeApi::set_chunked(bool chunked) {
  const std::lock_guard lock(mutex_);
  chunked_ = chunked;
}
void RuntimeApi::set_hangs_up(bool hangs_up) {
  const std::lock_guard lock(mutex_);
  hangs_up_ = hangs_up;
}
void RuntimeApi::set_status(int status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}
int RuntimeApi::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

void RuntimeApi::accept() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stop_ || socket < 0) {
      if (socket >= 0) ::close(socket);
      return;
    }
    const int at_once = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    ++connections_;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void RuntimeApi::serve(int socket) {
  std::string bytes;
  while (const auto request = read_request(socket, bytes)) {
    if (request->method == "GET" && request->path == std::string(prefix) + "invocation/next") {
      if (!give_next(socket)) break;
    } else {
      int status;
      {
        const std::lock_guard lock(mutex_);
        status = status_;
        answers_.push_back({request->path.substr(std::min(prefix.size(), request->path.size())),
                            request->body, request->header("lambda-runtime-function-error-type")});
        changed_.notify_all();
      }
      if (!respond(socket, status, "", "{\"status\":\"OK\"}")) break;
    }
    const std::lock_guard lock(mutex_);
    if (hangs_up_) break;
  }
  const std::lock_guard lock(mutex_);
  sockets_.remove(socket);
  ::close(socket);
}

bool RuntimeApi::give_next(int socket) {
  Invocation next;
  {
    std::unique_lock lock(mutex_);
    asking_.push_back(socket);
    changed_.notify_all();
    while (!stop_ && waiting_.empty() && !has_gone(socket))
      changed_.wait_for(lock, std::chrono::milliseconds{5});
    asking_.remove(socket);
    if (stop_ || has_gone(socket)) return false;
    next = std::move(waiting_.front());
    waiting_.pop_front();
    ++handed_out_;
    changed_.notify_all();
  }
  return respond(
      socket, 200,
      "Lambda-Runtime-Aws-Request-Id: " + next.id + "\r\nLambda-Runtime-Deadline-Ms: " +
          std::to_string(next.deadline.time_since_epoch().count()) +
          "\r\nLambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1\r\n"
          "Lambda-Runtime-Invoked-Function-Arn: "
          "arn:aws:lambda:us-east-1:123456789012:function:audio-processor\r\n",
      next.payload);
}

bool RuntimeApi::respond(int socket, int status, const std::string& headers,
                         const std::string& body) {
  bool chunked;
  {
    const std::lock_guard lock(mutex_);
    chunked = chunked_;
  }
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
                       "Content-Type: application/json\r\n";
  answer += chunked ? "Transfer-Encoding: chunked\r\n\r\n" + in_chunks(body)
                    : "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return send_all(socket, answer);
}

}  // namespace sotto::testing
