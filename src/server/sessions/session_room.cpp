#include "server/sessions/session_room.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace sotto::server {

RoomFound who_gives_room(const std::vector<SessionPlace>& places, const Claimant& starter,
                         std::size_t most) {
  std::map<std::pair<bool, std::string>, std::size_t> unused, all;  // by trust and client
  const auto key = [](const Claimant& of) { return std::pair(of.trusted, of.client); };
  for (const SessionPlace& place : places) {
    ++all[key(place.starter)];
    if (!place.in_use) ++unused[key(place.starter)];
  }
  const bool own =
      !starter.trusted && !starter.gives_way && unused[key(starter)] >= most_unused_of_a_client;
  const bool too_many = !starter.trusted && all[key(starter)] >= most - most / 4;
  if (!own && !too_many && places.size() < most) return {};
  const SessionPlace* gives = nullptr;
  for (const SessionPlace& place : places) {
    if (place.in_use || ((own || too_many) && key(place.starter) != key(starter))) continue;
    const auto better = [&](const SessionPlace& than) {
      const auto rank = [&](const SessionPlace& of) {
        return std::tuple(of.starter.trusted, -static_cast<long>(unused[key(of.starter)]),
                          of.created_at, of.id);
      };
      return rank(place) < rank(than);
    };
    if (!gives || better(*gives)) gives = &place;
  }
  if (!gives) return {false, {}};
  return {true, gives->id};
}

}  // namespace sotto::server
