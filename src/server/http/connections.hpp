#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sotto::server {

/// How many connections there may be at the same time.
struct ConnectionLimits {
  std::size_t all = 1024;       ///< at least 1
  std::size_t of_client = 768;  ///< of one client; at least 1
  std::size_t reserve = 32;     ///< more, for operators and health checks alone; at least 1
};

/// The limits for a process that may open `descriptors` files. An eighth, at most 128, is kept for
/// its own files, and a sixteenth, at most 32, for the reserve. One client has three quarters, for
/// a hall behind one address. `most`: of all that are wanted; 0 for as many as there can be.
ConnectionLimits connection_limits(std::size_t descriptors, std::size_t most);

/// Who is connected. When there is no room, a connection that has asked for nothing yet gives way
/// first, then one that waits between two requests, the oldest first; one that is being answered
/// and a WebSocket never do. What then finds no room comes into the reserve, for operators and
/// health checks. Thread-safe. Held by a shared_ptr, which each place keeps.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  explicit Connections(ConnectionLimits limits);

  class Place;

  /// Takes a place for a connection that has just been accepted. `client` is empty if it is not
  /// known yet. `drop` closes the connection when it must give way; called once at most, from any
  /// thread, perhaps during the place's destruction. Null: even the reserve is full.
  std::unique_ptr<Place> admit(const std::string& client, std::function<void()> drop);

  /// Makes one give way, as if there were no room: descriptors have run out.
  void make_room();

  std::size_t connected() const;
  const ConnectionLimits& limits() const { return limits_; }

 private:
  enum class Kind { fresh, idle, busy, reserve };
  struct Entry {
    std::string client;
    std::function<void()> drop;
    Kind kind = Kind::fresh;
    bool counted = true;  ///< it has not given way
  };
  using Entries = std::list<Entry>;

  Entries& list(Kind kind) { return lists_[static_cast<std::size_t>(kind)]; }
  void move(Entries::iterator entry, Kind kind);
  void uncount(Entry& entry);
  std::function<void()> give_way(const std::string* client);
  std::function<void()> give_way(Entries& from, const std::string* client);
  std::size_t in_hall() const;
  std::size_t of(const std::string& client) const;

  // constant after construction
  const ConnectionLimits limits_;

  mutable std::mutex mutex_;  ///< guards what follows
  Entries lists_[4];          ///< by kind, the oldest first
  Entries gone_;              ///< gave way, and are not closed yet
  std::unordered_map<std::string, std::size_t> clients_;
};

/// One connection's place, until it is destroyed.
class Connections::Place {
 public:
  Place(std::shared_ptr<Connections> connections, Entries::iterator entry)
      : connections_(std::move(connections)), entry_(entry) {}
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// Whether it is of the reserve.
  bool reserved() const;
  /// It is now a client's, such as one whom a proxy has named. False: that client has too many.
  bool belongs_to(const std::string& client);
  /// A whole request has come; it is answered, and the next one is awaited.
  void busy();
  void idle();

 private:
  const std::shared_ptr<Connections> connections_;
  const Entries::iterator entry_;
};

}  // namespace sotto::server
