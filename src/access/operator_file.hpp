#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/operators.hpp"
#include "access/tokens.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::access {

/// The operators' tokens of a file; none where there is no file. Errors: those of reading, and of
/// parse_operators().
Result<std::vector<OperatorToken>> read_operators(const std::filesystem::path& file);

/// Makes a token, keeps what is needed to know it again in the file (mode 0600, replaced as a
/// whole, one writer at a time) and gives it: it is not to be had again. Errors: `already_exists`
/// for a name that has one, expired or not; `resource_exhausted` above max_operators;
/// `invalid_argument` for a name that cannot be, or a time that is over; those of the file.
Result<std::string> add_operator(const std::filesystem::path& file, OperatorToken one,
                                 const RandomBelow& random);

/// Takes a token back: it counts no more from the next request on. Errors: `not_found`, and those
/// of the file.
Result<> revoke_operator(const std::filesystem::path& file, const std::string& name);

/// Who makes a request.
struct Caller {
  std::string name;
  Role role = Role::viewer;
  std::optional<UtcTime> expires_at;
};

/// Who has which token, as a file says it now: it is read again whenever it has changed. While it
/// cannot be read, nobody is known by it. Thread-safe.
class Operators {
 public:
  /// `on_problem` hears why the file cannot be used, once, and nothing when it can again.
  Operators(std::filesystem::path file,
            std::function<void(const std::optional<Error>&)> on_problem);
  ~Operators();

  /// Whose token that is; nobody's, or one that has expired: none. Compared in constant time.
  std::optional<Caller> who(std::string_view token, UtcTime now) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::access
