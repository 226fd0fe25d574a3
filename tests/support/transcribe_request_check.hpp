#pragma once

#include <string>
#include <string_view>

#include "base/utc_time.hpp"
#include "providers/aws/credentials/identity.hpp"

namespace sotto::testing {

/// Why the service would refuse an upgrade: its status and error's name; 101 where it would not.
struct TranscribeRefusal {
  int status = 101;
  std::string name = {};
  std::string sentence = "refused";
};

/// Checks a presigned target: the path, the parameters of Signature Version 4, their order, the
/// signature itself, that `now` is in the time it is good for (up to five minutes before it too, as
/// clocks may differ), and what a stream must say of its audio.
TranscribeRefusal check_transcribe_request(std::string_view target, std::string_view host,
                                           std::string_view region,
                                           const providers::aws::Credentials& credentials,
                                           UtcTime now);

}  // namespace sotto::testing
