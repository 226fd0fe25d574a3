#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sotto::server {

/// Keeps clients from finding sessions by trying ids. Each look-up of an id that a client has not
/// found before takes one of its tokens, and gives it back if the id is found; without a token
/// nothing is looked up, so that the answer says nothing of the id. Ids that a client has found
/// stay free, the last used ones: a hall whose address somebody guesses from, or begins sessions
/// from, goes on reading. IPv6 clients also share
/// the tokens of their network of 48 bits. With the defaults the 3.7 million ids that are made take
/// one client seven years. Remembers at most max_clients clients, of each the last max_found ids.
/// Thread-safe.
class MissLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit MissLimiter(double burst = 60, double per_minute = 1)
      : burst_(burst), per_minute_(per_minute) {}

  /// Whether a client may look for an id. `client`: its client_key().
  bool begin(const std::string& client, const std::string& id, Clock::time_point now);

  /// After begin(): it was there; or it cannot be said, for another reason. Else it was missed.
  void found(const std::string& client, const std::string& id, Clock::time_point now);
  void undecided(const std::string& client, const std::string& id, Clock::time_point now);

  /// A client was told of an id that it need not look for: it has begun that session.
  void told(const std::string& client, const std::string& id, Clock::time_point now);

  /// A wrong token, or something else that costs as much as an id that is not there.
  void missed(const std::string& client, Clock::time_point now);

  /// How long until a client without tokens has one again.
  std::chrono::seconds wait() const;

  static constexpr std::size_t max_clients = 10'000, max_found = 32;
  static constexpr double site_share = 4;  ///< of a network of 48 bits, in clients

 private:
  struct Client {
    double tokens = 0;
    Clock::time_point at{};
    std::deque<std::string> found;  ///< the one that was used last is the last
    std::deque<std::string> told;   ///< begun, and not yet looked for
  };

  Client& of(const std::string& key, double share, Clock::time_point now);
  void make_room(Clock::time_point now);
  static void remember(std::deque<std::string>& ids, const std::string& id);
  void give_back(const std::string& client, Clock::time_point now);

  const double burst_, per_minute_;

  std::mutex mutex_;  ///< guards clients_
  std::unordered_map<std::string, Client> clients_;
};

}  // namespace sotto::server
