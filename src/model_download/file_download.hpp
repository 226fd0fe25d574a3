#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "http_client/http.hpp"
#include "http_client/url.hpp"
#include "model_download/part_file.hpp"

namespace sotto::model_download {

/// How patient a download is.
struct Patience {
  milliseconds quiet = std::chrono::seconds{30};  ///< without a byte
  milliseconds whole = std::chrono::minutes{20};  ///< one connection
  /// Tries of a file that bring less than `enough_of_a_try` bytes, until it is given up.
  int tries = 4;
  std::uint64_t enough_of_a_try = 1 << 20;
  milliseconds first_wait = std::chrono::seconds{1};     ///< after a try; doubled each time
  milliseconds longest_wait = std::chrono::seconds{20};  ///< also for what a server asks for
  /// Waits between two tries, until `stop`; by a clock where none is given. For tests.
  std::function<void(milliseconds, const std::stop_token&)> wait = {};
};

/// A file as it should be.
struct WantedFile {
  http_client::Url url;
  std::uint64_t size = 0;
  std::string sha256;  ///< 64 lower-case hexadecimal digits
};

/// Is called with what has come of the file, bytes.
using OnBytes = std::function<void(std::uint64_t)>;
/// Is called before a wait and one more try.
using OnRetry = std::function<void(const Error& reason, milliseconds wait)>;

/// Brings `part` to the whole file: goes on with what is there (Range, RFC 9110 §14), follows five
/// redirects at the most, tries again where that may help, and compares the SHA-256 in the end. No
/// more is written than the file should have. The part is kept on every error but where what came
/// is not the file. Blocks; every wait has an end. Errors, each one naming the host: `unavailable`,
/// `deadline_exceeded` (a network that is not there or too slow, or a server that has failed),
/// `not_found`, `permission_denied` (what a server says), `invalid_argument` (it has another file,
/// or redirects in a circle); PartFile's. The field is `answer` where a server said or did it.
Result<> download(http_client::HttpClient& client, const WantedFile& wanted, PartFile& part,
                  const Patience& patience, const OnBytes& on_bytes, const OnRetry& on_retry,
                  const std::stop_token& stop);

}  // namespace sotto::model_download
