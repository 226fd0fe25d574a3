#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto::testing {

/// A talk as Amazon Transcribe streams it, one JSON message a line with `SessionId` and
/// `ArrivalMs`: sentences of 6 to 20 made-up words, a partial result every 200 ms whose newest
/// words change now and then, `Stable` flags on all but the last three to five words, a final after
/// each sentence, some without. The same arguments give the same lines.
struct TranscribeTalk {
  std::string session = "golden-eagle-427";
  double seconds = 60;
  std::uint64_t seed = 1;
};
std::vector<std::string> transcribe_lines(const TranscribeTalk& talk);

}  // namespace sotto::testing
