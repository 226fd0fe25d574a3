#pragma once

#include <string>
#include <vector>

#include "base/utc_time.hpp"
#include "server/sessions/recogniser_shares.hpp"

namespace sotto::server {

/// A session that has not ended, in the table of them.
struct SessionPlace {
  std::string id;
  Claimant starter;
  UtcTime created_at{};
  bool in_use = false;  ///< somebody has spoken in it, or is connected to
};

/// Whether there is room for another session, and which one ends for it.
struct RoomFound {
  bool found = true;
  std::string gives = {};  ///< empty: none has to
};

/// Sessions of one client that nobody has spoken in or is connected to.
inline constexpr std::size_t most_unused_of_a_client = 5;

/// Room for a session that `starter` asks for, in a table of `most`. Only a session that is not in
/// use ends for another: where `starter` is not trusted and has most_unused_of_a_client of them,
/// its oldest; where it is not trusted and has three quarters of the table, likewise; where the
/// table is full, the oldest of the client that has the most, and of those
/// who are not trusted before those who are.
RoomFound who_gives_room(const std::vector<SessionPlace>& places, const Claimant& starter,
                         std::size_t most);

}  // namespace sotto::server
