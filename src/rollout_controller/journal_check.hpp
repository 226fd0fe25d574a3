#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rollout_controller/record_chain.hpp"

namespace sotto::rollout_controller {

/// How a record breaks its journal.
enum class Break : std::uint8_t {
  content_changed,     ///< its bytes are not those that its hash is of
  no_hash,             ///< it has none, though the chain had begun
  record_missing,      ///< one or more before it are missing
  order_changed,       ///< it stands elsewhere than its number says, or a second time
  previous_differs,    ///< it names another hash than the record before it has
  end_differs,         ///< the newest record is not the one that the rollout's state names
  time_changed,        ///< the store's time for it is not the record's
  decided_differently  ///< its inputs give another decision, or cannot be read
};
std::string_view to_string(Break how);

struct BrokenRecord {
  std::uint64_t record = 0;  ///< its number in the store, or its line; 0: the journal is empty
  Break how{};
  std::string what;         ///< a sentence, without the record itself
  std::uint64_t other = 0;  ///< the other record that it is about; 0: none
};

/// What is known of a journal after all of its records were looked at.
struct JournalVerdict {
  std::size_t records = 0;
  std::size_t with_hash = 0;
  std::size_t decided_again = 0;
  std::optional<std::uint64_t> begins;  ///< the record with which the chain begins; none: no chain
  std::uint64_t last = 0;               ///< the last record that is unchanged by its hash
  ChainHead newest;                     ///< its place
  std::vector<BrokenRecord> broken;     ///< in the journal's order
};

/// Checks a journal of decisions: that no record was changed, removed, added or moved since it was
/// written, and that each decision follows from its inputs. Keeps some 300 bytes a record. Not
/// thread-safe.
class JournalCheck {
 public:
  struct Found {
    std::uint64_t record = 0, number = 0;
    std::size_t later = 0;  ///< records after it
  };

  /// What its sentences call the numbers that add() is given: records, or lines of a file.
  explicit JournalCheck(std::string each = "record") : each_(std::move(each)) {}

  /// Takes the next record, in the journal's order. `at` is the store's time for it, if it is from
  /// a store. With `decide` its decision is made again, unless its hash shows already that it was
  /// changed.
  void add(std::uint64_t record, std::string_view text, std::optional<UtcTime> at, bool decide);

  /// The verdict. `newest` is what the rollout's state says (number 0: it names none); nothing
  /// where that is not known, as of a file. `whole`: the records are a journal from its beginning,
  /// not some of one.
  JournalVerdict finish(const std::optional<ChainHead>& newest, bool whole) const;

  /// The unchanged record that has this hash.
  std::optional<Found> find(std::string_view hash) const;

 private:
  struct Link {
    std::uint64_t record = 0;
    std::optional<ChainPlace> place;  ///< none: it has no hash, or not the right one
    bool changed = false;
  };

  std::string name(const Link& link) const;
  std::size_t beginning() const;
  void check_beginning(bool whole, std::vector<BrokenRecord>& broken) const;
  void check_links(std::vector<BrokenRecord>& broken) const;
  void check_link(std::size_t before, std::size_t at, std::vector<BrokenRecord>& broken) const;
  void check_end(const ChainHead& newest, std::vector<BrokenRecord>& broken) const;
  std::size_t unplaced(std::size_t from, std::size_t to) const;

  const std::string each_;
  std::vector<Link> links_;
  std::vector<BrokenRecord> broken_;  ///< of each record by itself
  std::size_t with_hash_ = 0, decided_again_ = 0;
};

}  // namespace sotto::rollout_controller
