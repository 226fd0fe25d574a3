#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/rollout_store.hpp"
#include "providers/aws/dynamodb/dynamodb_table.hpp"

/// Rollouts as items of a table, see dynamodb_rollout_store.hpp. Pure.
namespace sotto::providers::aws::dynamodb {

/// A rollout's state, and what only the table knows of it.
struct RolloutRow {
  ports::RolloutState state;
  std::uint64_t decisions = 0;  ///< how many there are: the last one's number
  std::string writer;           ///< by which a writer recognises its own after a lost response
};

Item rollout_key(const std::string& flag, std::string place);
Item state_key(const std::string& flag);
/// Nothing for an item that is not a state.
std::optional<RolloutRow> state_of(const Item& item);

/// Where a decision is: `decision#NUMBER`.
std::string decision_place(std::uint64_t number);
Item decision_item(const std::string& flag, std::uint64_t number, const std::string& text,
                   UtcTime at);
std::optional<ports::JournalEntry> decision_of(const Item& item);

/// Sessions that were added at once.
struct SessionPage {
  std::uint64_t page = 0;  ///< from 1, without gaps
  std::string writer;
  std::vector<ports::JournalEntry> entries;  ///< numbers: first_number() and up; fewer when pruned
};

constexpr std::size_t most_on_a_page = 1'000;

/// The number of a page's first entry.
constexpr std::uint64_t first_number(std::uint64_t page) { return page * most_on_a_page; }
/// The page that an entry is on.
constexpr std::uint64_t page_of(std::uint64_t number) { return number / most_on_a_page; }

/// Where a page is: `session#PAGE`.
std::string page_place(std::uint64_t page);
Item page_item(const std::string& flag, const SessionPage& page);
std::optional<SessionPage> session_page_of(const Item& item);

/// How many bytes of texts those are.
std::size_t bytes_of(const std::vector<ports::JournalEntry>& entries);

}  // namespace sotto::providers::aws::dynamodb
