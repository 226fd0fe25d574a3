#include "providers/aws/name_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace sotto::providers::aws {

namespace {

using Addresses = std::vector<boost::asio::ip::address>;
constexpr int most_under_way = 16;
std::atomic<int> under_way = 0;

// Shared by who waits and the thread that asks, whichever is longer there.
struct Lookup {
  std::mutex mutex;
  std::condition_variable done_changed;
  bool done = false;    // guarded by mutex, like what follows
  std::string problem;  // empty: none
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

void ask_system(const std::string& host, Lookup& lookup) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  Addresses addresses;
  for (const addrinfo* one = error == 0 ? found : nullptr; one; one = one->ai_next)
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
      addresses.push_back(address_of(one->ai_addr));
  if (error == 0) ::freeaddrinfo(found);
  const std::lock_guard lock(lookup.mutex);
  if (error != 0) lookup.problem = ::gai_strerror(error);
  lookup.addresses = std::move(addresses);
  lookup.done = true;
  lookup.done_changed.notify_all();
}

}  // namespace

Result<Addresses> look_up(const std::string& host, std::chrono::steady_clock::time_point deadline) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) return Addresses{address};
  if (under_way.fetch_add(1) >= most_under_way) {
    under_way.fetch_sub(1);
    return fail(ErrorCode::resource_exhausted,
                "too many look-ups of names are waiting for an answer; check the name server");
  }
  const auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host] {
    ask_system(host, *lookup);
    under_way.fetch_sub(1);
  }).detach();
  std::unique_lock lock(lookup->mutex);
  if (!lookup->done_changed.wait_until(lock, deadline, [&] { return lookup->done; }))
    return fail(ErrorCode::deadline_exceeded, "no name server answered in time for " + host);
  if (!lookup->problem.empty() || lookup->addresses.empty())
    return fail(ErrorCode::unavailable,
                "found no address of " + host + ": " +
                    (lookup->problem.empty() ? "it has none" : lookup->problem));
  return lookup->addresses;
}

}  // namespace sotto::providers::aws
