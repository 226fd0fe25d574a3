#include "server/http/connections.hpp"

#include <algorithm>
#include <utility>

namespace sotto::server {

ConnectionLimits connection_limits(std::size_t descriptors, std::size_t most) {
  const std::size_t own = std::min<std::size_t>(128, descriptors / 8);
  ConnectionLimits limits;
  limits.reserve = std::clamp<std::size_t>(descriptors / 16, 1, 32);
  const std::size_t kept = own + limits.reserve;
  limits.all = descriptors > kept ? descriptors - kept : 1;
  if (most > 0) limits.all = std::min(limits.all, most);
  limits.of_client = std::max<std::size_t>(1, limits.all - limits.all / 4);
  return limits;
}

Connections::Connections(ConnectionLimits limits) : limits_(limits) {}

std::size_t Connections::in_hall() const {
  return lists_[0].size() + lists_[1].size() + lists_[2].size();
}

std::size_t Connections::of(const std::string& client) const {
  const auto known = clients_.find(client);
  return known == clients_.end() ? 0 : known->second;
}

std::size_t Connections::connected() const {
  const std::lock_guard lock(mutex_);
  return in_hall() + lists_[static_cast<std::size_t>(Kind::reserve)].size();
}

void Connections::move(Entries::iterator entry, Kind kind) {
  Entries& to = list(kind);
  to.splice(to.end(), list(entry->kind), entry);
  entry->kind = kind;
}

void Connections::uncount(Entry& entry) {
  if (entry.client.empty()) return;
  const auto known = clients_.find(entry.client);
  if (known != clients_.end() && --known->second == 0) clients_.erase(known);
}

std::function<void()> Connections::give_way(Entries& from, const std::string* client) {
  const auto entry = std::find_if(from.begin(), from.end(), [&](const Entry& candidate) {
    return !client || candidate.client == *client;
  });
  if (entry == from.end()) return nullptr;
  uncount(*entry);
  entry->counted = false;
  gone_.splice(gone_.end(), from, entry);
  return std::exchange(entry->drop, nullptr);
}

std::function<void()> Connections::give_way(const std::string* client) {
  if (auto drop = give_way(list(Kind::fresh), client)) return drop;
  return give_way(list(Kind::idle), client);
}

std::unique_ptr<Connections::Place> Connections::admit(const std::string& client,
                                                       std::function<void()> drop) {
  std::function<void()> dropped;
  Entries::iterator entry;
  {
    const std::lock_guard lock(mutex_);
    Kind kind = Kind::fresh;
    if (!client.empty() && of(client) >= limits_.of_client) {
      dropped = give_way(&client);
      if (!dropped) kind = Kind::reserve;
    } else if (in_hall() >= limits_.all) {
      dropped = give_way(nullptr);
      if (!dropped) kind = Kind::reserve;
    }
    if (kind == Kind::reserve && list(kind).size() >= limits_.reserve)
      dropped = give_way(list(kind), nullptr);
    if (kind == Kind::reserve && list(kind).size() >= limits_.reserve) return nullptr;
    // Of the reserve nobody is counted as a client: it has no limit of one.
    Entries& to = list(kind);
    const std::string owner = kind == Kind::reserve ? std::string() : client;
    to.push_back({owner, std::move(drop), kind, true});
    entry = std::prev(to.end());
    if (!owner.empty()) ++clients_[owner];
  }
  if (dropped) dropped();
  return std::make_unique<Place>(shared_from_this(), entry);
}

void Connections::make_room() {
  std::function<void()> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped = give_way(nullptr);
  }
  if (dropped) dropped();
}

Connections::Place::~Place() {
  const std::lock_guard lock(connections_->mutex_);
  if (!entry_->counted) {
    connections_->gone_.erase(entry_);
    return;
  }
  connections_->uncount(*entry_);
  connections_->list(entry_->kind).erase(entry_);
}

bool Connections::Place::reserved() const {
  const std::lock_guard lock(connections_->mutex_);
  return entry_->kind == Kind::reserve;
}

bool Connections::Place::belongs_to(const std::string& client) {
  Connections& all = *connections_;
  std::function<void()> dropped;
  {
    const std::lock_guard lock(all.mutex_);
    if (entry_->client == client || entry_->kind == Kind::reserve || !entry_->counted) return true;
    if (all.of(client) >= all.limits_.of_client) {
      dropped = all.give_way(&client);
      if (!dropped) return false;
    }
    all.uncount(*entry_);
    entry_->client = client;
    if (!client.empty()) ++all.clients_[client];
  }
  if (dropped) dropped();
  return true;
}

void Connections::Place::busy() {
  const std::lock_guard lock(connections_->mutex_);
  if (entry_->counted && entry_->kind != Kind::reserve) connections_->move(entry_, Kind::busy);
}

void Connections::Place::idle() {
  const std::lock_guard lock(connections_->mutex_);
  if (entry_->counted && entry_->kind != Kind::reserve) connections_->move(entry_, Kind::idle);
}

}  // namespace sotto::server
