#include "http_client/dns_resolver.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace sotto::http_client {

namespace {

using Addresses = std::vector<boost::asio::ip::address>;
using Clock = std::chrono::steady_clock;

// A server that does not answer is asked once more; after each second its turn is over.
constexpr int patience_ms = 1000;
constexpr int tries = 2;

struct EndChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, EndChannel>;

struct Answer {
  bool done = false;
  int status = ARES_SUCCESS;
  Addresses addresses;
};

boost::asio::ip::address address_of(const sockaddr* socket) {
  if (socket->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket, sizeof v4);
    return boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, socket, sizeof v6);
  boost::asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return boost::asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

void take_answer(void* to, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& answer = *static_cast<Answer*>(to);
  answer.done = true;
  answer.status = status;
  for (const ares_addrinfo_node* one = found ? found->nodes : nullptr; one; one = one->ai_next)
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
      answer.addresses.push_back(address_of(one->ai_addr));
  if (found) ares_freeaddrinfo(found);
}

int open_channel(const std::string& name_servers, Channel& channel) {
  static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
  if (ready != ARES_SUCCESS) return ready;
  ares_options options{};
  options.timeout = patience_ms;
  options.tries = tries;
  ares_channel opened = nullptr;
  const int status = ares_init_options(&opened, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS) return status;
  channel.reset(opened);
  return name_servers.empty() ? ARES_SUCCESS
                              : ares_set_servers_ports_csv(opened, name_servers.c_str());
}

// Waits until a name server says something, or it is time to ask another, or for `left`.
void wait_and_process(ares_channel channel, std::chrono::microseconds left) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    const auto bit = static_cast<unsigned>(i);
    const bool reads = ARES_GETSOCK_READABLE(static_cast<unsigned>(wanted), bit) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(static_cast<unsigned>(wanted), bit) != 0;
    if (!reads && !writes) continue;
    polled[count++] = {sockets[bit],
                       static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
  }
  timeval most{left.count() / 1'000'000, left.count() % 1'000'000};
  timeval next{};
  const timeval* const wait = ares_timeout(channel, &most, &next);
  const auto wait_ms = wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000;
  (void)::poll(polled.data(), count, static_cast<int>(wait_ms));
  for (nfds_t i = 0; i < count; ++i) {
    const bool failed = (polled[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    const bool readable = failed || (polled[i].revents & POLLIN) != 0;
    const bool writable = (polled[i].revents & POLLOUT) != 0;
    if (readable || writable)
      ares_process_fd(channel, readable ? polled[i].fd : ARES_SOCKET_BAD,
                      writable ? polled[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
}

// RFC 6761, 6.3: asked of nobody, whether /etc/hosts has it or not.
Addresses this_machine() {
  return {boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
}

}  // namespace

Result<Addresses> look_up(const std::string& host, Clock::time_point deadline,
                          const std::string& name_servers) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) return Addresses{address};
  if (host == "localhost") return this_machine();
  Answer answer;  // outlives the channel, whose end still tells it
  Channel channel;
  if (const int status = open_channel(name_servers, channel); status != ARES_SUCCESS)
    return fail(name_servers.empty() ? ErrorCode::unavailable : ErrorCode::invalid_argument,
                std::string("cannot look up names: ") + ares_strerror(status));
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, take_answer, &answer);
  while (!answer.done) {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
    if (left.count() <= 0)
      return fail(ErrorCode::deadline_exceeded, "no name server answered in time for " + host);
    wait_and_process(channel.get(),
                     std::min<std::chrono::microseconds>(left, std::chrono::hours{1}));
  }
  if (answer.status == ARES_ETIMEOUT)
    return fail(ErrorCode::deadline_exceeded, "no name server answered in time for " + host);
  if (answer.addresses.empty())
    return fail(ErrorCode::unavailable,
                "found no address of " + host + ": " +
                    (answer.status == ARES_SUCCESS ? "it has none" : ares_strerror(answer.status)));
  return std::move(answer.addresses);
}

}  // namespace sotto::http_client
