#include "support/listener_crowd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/quantile_sketch.hpp"

namespace sotto::bench {

namespace {

std::uint64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

void read_all(int fd, void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got <= 0) std::_Exit(got == 0 ? 0 : 1);
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

void write_all(int fd, const void* from, std::size_t size) {
  if (::write(fd, from, size) != static_cast<ssize_t>(size)) give_up("write");
}

enum class Command : std::uint8_t { connect, resume, report };

struct Order {
  Command command{};
  std::uint16_t port = 0;
  std::uint64_t listeners = 0, stalled = 0, last = 0;
  int core = -1, patience_ms = 0;
  bool tls = false;
  std::array<char, 256> path{};
};

struct Listener {
  int fd = -1;
  SSL* ssl = nullptr;  ///< null: plain
  bool upgraded = false, stalled = false, cut_off = false;
  std::uint64_t last = 0, seq = 0;
  std::string rest;  ///< an incomplete frame
};

std::uint64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  std::uint64_t number = 0;
  if (at != std::string_view::npos)
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  return number;
}

class Crowd {
 public:
  explicit Crowd(int answers) : answers_(answers), epoll_(::epoll_create1(0)) {}

  void connect(const Order& order) {
    order_ = order;
    connected_ = false;
    listeners_.assign(order.listeners, {});
    report_ = {};
    latency_ = {};
    if (order.core >= 0) {
      cpu_set_t cores;
      CPU_ZERO(&cores);
      CPU_SET(static_cast<std::size_t>(order.core), &cores);
      (void)::sched_setaffinity(0, sizeof cores, &cores);
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      listeners_[i].stalled = i < order.stalled;
      open(i, "");
      while (listeners_[i].fd >= 0 && !listeners_[i].upgraded) poll_once(1000);
    }
    report_.connected = listeners_.size();
    connected_ = true;
    for (std::size_t i = 0; i < order.stalled; ++i) watch(i, false);
    done();
  }

  void resume() {
    resuming_ = true;
    for (std::size_t i = 0; i < order_.stalled; ++i) {
      if (listeners_[i].fd >= 0)
        watch(i, true);
      else
        come_back(i);
    }
    done();
  }

  void report(const Order& order) {
    const std::uint64_t deadline =
        now_ns() + static_cast<std::uint64_t>(order.patience_ms) * 1'000'000U;
    const auto all_there = [&] {
      return std::all_of(listeners_.begin(), listeners_.end(),
                         [&](const Listener& l) { return l.last >= order.last; });
    };
    while (!all_there() && now_ns() < deadline) poll_once(10);
    for (const Listener& listener : listeners_)
      report_.missing += order.last - std::min(order.last, listener.last);
    report_.p50_ms = latency_.quantile(0.50) / 1000;
    report_.p99_ms = latency_.quantile(0.99) / 1000;
    report_.max_ms = latency_.max() / 1000;
    write_all(answers_, &report_, sizeof report_);
    for (Listener& listener : listeners_) close(listener);
    listeners_.clear();
    resuming_ = false;
  }

  // Looks every 2 ms and is never woken: real listeners are on other machines, and whoever sends to
  // them does not pay for waking them.
  void poll_once(int timeout_ms) {
    std::array<epoll_event, 4096> events;
    const std::uint64_t deadline = now_ns() + static_cast<std::uint64_t>(timeout_ms) * 1'000'000U;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), 0);
      for (int i = 0; i < count; ++i) on_readable(events[static_cast<std::size_t>(i)].data.u64);
      if (count > 0 && timeout_ms > 1) return;
      constexpr timespec pause{0, 2'000'000};
      if (connected_) ::nanosleep(&pause, nullptr);
      if (count > 0 || now_ns() >= deadline) return;
    }
  }

 private:
  void done() {
    const char ok = 1;
    write_all(answers_, &ok, 1);
  }

  // Many listeners take more ports than one address has.
  void open(std::size_t index, const std::string& query) {
    Listener& listener = listeners_[index];
    listener.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (listener.fd < 0) give_up("socket");
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7F000001U + 1 + index % 8);
    to.sin_addr.s_addr = htonl(0x7F000001U);
    to.sin_port = htons(order_.port);
    const int on = 1;
    (void)::setsockopt(listener.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(listener.fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) give_up("bind");
    if (::connect(listener.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      give_up("connect");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener.fd, &event);
    listener.upgraded = false;
    const std::string request = "GET " + std::string(order_.path.data()) + query +
                                " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (order_.tls) shake_hands(listener);
    send(listener, request);
  }

  void shake_hands(Listener& listener) {
    listener.ssl = SSL_new(context_);
    SSL_set_fd(listener.ssl, listener.fd);
    if (SSL_connect(listener.ssl) != 1) give_up("TLS");
    ::fcntl(listener.fd, F_SETFL, O_NONBLOCK);
  }

  static void send(const Listener& listener, std::string_view bytes) {
    if (listener.ssl)
      (void)SSL_write(listener.ssl, bytes.data(), static_cast<int>(bytes.size()));
    else
      (void)::send(listener.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  // As recv(): -1 with EAGAIN while there is nothing.
  static ssize_t receive(const Listener& listener, std::span<char> buffer) {
    if (!listener.ssl) return ::recv(listener.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    std::size_t got = 0;
    if (SSL_read_ex(listener.ssl, buffer.data(), buffer.size(), &got) == 1)
      return static_cast<ssize_t>(got);
    errno = EAGAIN;
    return SSL_get_error(listener.ssl, 0) == SSL_ERROR_WANT_READ ? -1 : 0;
  }

  static void close(Listener& listener) {
    if (listener.ssl) SSL_free(std::exchange(listener.ssl, nullptr));
    if (listener.fd >= 0) ::close(std::exchange(listener.fd, -1));
  }

  void watch(std::size_t index, bool on) {
    epoll_event event{};
    event.events = on ? static_cast<std::uint32_t>(EPOLLIN) : 0U;
    event.data.u64 = index;
    if (listeners_[index].fd >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listeners_[index].fd, &event);
  }

  void on_readable(std::size_t index) {
    Listener& listener = listeners_[index];
    std::array<char, 65'536> buffer;
    const ssize_t size = receive(listener, buffer);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return lost(index);
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    if (!listener.rest.empty() || !listener.upgraded) {
      listener.rest += bytes;
      bytes = listener.rest;
    }
    if (!listener.upgraded) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 4);
      listener.upgraded = true;
    }
    const std::size_t used = take_frames(listener, bytes);
    listener.rest = std::string(bytes.substr(used));
  }

  static std::size_t take_header(std::string_view bytes, std::size_t& length) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    length = byte(1);
    if (length < 126) return 2;
    if (bytes.size() < 4) return 4;
    length = static_cast<std::size_t>(byte(2)) << 8U | byte(3);  // longer ones do not occur
    return 4;
  }

  std::size_t take_frames(Listener& listener, std::string_view bytes) {
    std::size_t used = 0;
    while (bytes.size() - used >= 2) {
      std::size_t length = 0;
      const std::string_view left = bytes.substr(used);
      const std::size_t header = take_header(left, length);
      if (left.size() < header + length) break;
      const unsigned opcode = static_cast<unsigned char>(left[0]) & 0x0FU;
      if (opcode == 1) take_message(listener, left.substr(header, length));
      if (opcode == 9)  // a ping; whoever was cut off meanwhile is told so by its next read
        send(listener, std::string_view("\x8a\x80\0\0\0\0", 6));
      used += header + length;
    }
    return used;
  }

  void take_message(Listener& listener, std::string_view message) {
    if (message.find(R"("type":"caption")") == std::string_view::npos) return;
    ++report_.received;
    const std::uint64_t number = number_after(message, "#");
    if (number == listener.last + 1) {
      listener.last = number;
    } else if (number > listener.last) {
      report_.missing += number - listener.last - 1;
      listener.last = number;
    } else {
      ++report_.unexpected;
    }
    listener.seq = number_after(message, "\"seq\":");
    if (!listener.stalled) latency_.record((now_ns() - number_after(message, "@")) / 1000);
  }

  void lost(std::size_t index) {
    Listener& listener = listeners_[index];
    close(listener);
    listener.rest.clear();
    ++report_.closed;
    if (resuming_ && listener.stalled) come_back(index);
  }

  void come_back(std::size_t index) {
    ++report_.resumed;
    open(index, "&since=" + std::to_string(listeners_[index].seq));
  }

  const int answers_, epoll_;
  SSL_CTX* const context_ = SSL_CTX_new(TLS_client_method());
  Order order_;
  std::vector<Listener> listeners_;
  CrowdReport report_;
  QuantileSketch latency_;  ///< microseconds
  bool connected_ = false;
  bool resuming_ = false;
};

[[noreturn]] void run_crowd(int commands, int answers) {
  Crowd crowd(answers);
  for (;;) {
    pollfd poll{commands, POLLIN, 0};
    while (::poll(&poll, 1, 0) == 0) crowd.poll_once(1);
    Order order;
    read_all(commands, &order, sizeof order);
    switch (order.command) {
      case Command::connect: crowd.connect(order); break;
      case Command::resume: crowd.resume(); break;
      case Command::report: crowd.report(order); break;
    }
  }
}

}  // namespace

ListenerCrowd::ListenerCrowd() {
  int to[2], from[2];
  if (::pipe(to) != 0 || ::pipe(from) != 0) give_up("pipe");
  pid_ = ::fork();
  if (pid_ < 0) give_up("fork");
  if (pid_ == 0) {
    ::close(to[1]);
    ::close(from[0]);
    run_crowd(to[0], from[1]);
  }
  ::close(to[0]);
  ::close(from[1]);
  commands_ = to[1];
  answers_ = from[0];
}

ListenerCrowd::~ListenerCrowd() {
  ::close(commands_);
  ::close(answers_);
  ::waitpid(pid_, nullptr, 0);
}

void ListenerCrowd::connect(const Plan& plan) {
  Order order;
  order.command = Command::connect;
  order.port = plan.port;
  order.listeners = plan.listeners;
  order.stalled = plan.stalled;
  order.core = plan.core;
  order.tls = plan.tls;
  plan.path.copy(order.path.data(), order.path.size() - 1);
  write_all(commands_, &order, sizeof order);
  char ok = 0;
  read_all(answers_, &ok, 1);
}

void ListenerCrowd::resume() {
  Order order;
  order.command = Command::resume;
  write_all(commands_, &order, sizeof order);
  char ok = 0;
  read_all(answers_, &ok, 1);
}

CrowdReport ListenerCrowd::report(std::uint64_t last, int patience_ms) {
  Order order;
  order.command = Command::report;
  order.last = last;
  order.patience_ms = patience_ms;
  write_all(commands_, &order, sizeof order);
  CrowdReport report;
  read_all(answers_, &report, sizeof report);
  return report;
}

}  // namespace sotto::bench
