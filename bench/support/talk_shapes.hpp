#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/event_file.hpp"

namespace sotto::bench {

/// How people talk.
enum class TalkShape : std::uint8_t {
  read,         ///< long sentences with their marks, at an even pace
  spontaneous,  ///< restarts, fillers, few marks, words that the recogniser revises
  dialogue,     ///< short turns in quick succession
};

std::string name_of(TalkShape shape);

/// A recogniser's events of a made-up talk of that shape, in Amazon Transcribe's manner: a partial
/// result every 200 ms, newest words that change, `Stable` flags on all but the last three to five
/// words, a final after each utterance; of spontaneous talk one final in ten contradicts a word
/// that was flagged. The sentences are English. The same arguments give the same events.
std::vector<replay::RecordedEvent> made_up_talk(TalkShape shape, double seconds,
                                                std::uint64_t seed);

}  // namespace sotto::bench
