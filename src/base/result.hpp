#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace sotto {

/// What kind of failure an Error is. The names are part of the product: they appear as
/// `error.code` in JSON answers, so an enumerator is added but never renamed.
enum class ErrorCode {
  invalid_argument,    ///< the caller gave something outside the stated range or form
  not_found,           ///< no such file, session, language or model
  already_exists,      ///< it is there already, such as a port in use
  conflict,            ///< somebody else changed it since it was read
  permission_denied,   ///< the caller has no right to it
  resource_exhausted,  ///< a stated bound was reached (queue, listeners, sessions)
  unavailable,         ///< an outside engine is down; worth another try later
  deadline_exceeded,   ///< an outside engine did not answer in time
  internal,            ///< a defect, ours or a library's
};

/// The JSON name of a code, such as "invalid_argument".
std::string_view to_string(ErrorCode code);

/// A failure as a value. `message` is one line for people that names the value and the range and
/// says what to do; `field` names the setting, argument or JSON member at fault, or is empty.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string field;
};

/// A value or an Error. (C++20 has no std::expected; tl::expected has the same interface.)
template <class T = void>
using Result = tl::expected<T, Error>;

/// Makes the error side of any Result: `return fail(ErrorCode::not_found, "no such session",
/// "id");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string field = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(field)});
}

}  // namespace sotto
