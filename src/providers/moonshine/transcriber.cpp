#include "providers/moonshine/transcriber.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/sample_clock.hpp"

namespace sotto::providers::moonshine {
namespace {

constexpr float full_scale = 32768;
constexpr std::size_t least_sound = 4'800;  // what is shorter gets silence behind it

float level_db(Frame frame) {
  double sum = 0;
  for (const float sample : frame) sum += static_cast<double>(sample) * static_cast<double>(sample);
  const double mean = sum / static_cast<double>(frame.size());
  return mean > 1e-10 ? static_cast<float>(10 * std::log10(mean)) : -100.0f;
}

CutterSettings in_frames(CutterSettings settings) {
  settings.frame = length_of(frame_samples);
  return settings;
}

// What models say of sound in which nobody speaks, and people seldom by itself.
bool is_filler(std::span<const Word> words) {
  constexpr std::array fillers{"uh",  "um", "hmm", "mmhmm", "mm", "you", "thankyou",
                               "huh", "ah", "oh",  "bye",   "so", "the"};
  std::string all;
  for (const Word& word : words) all += plain(word.text);
  return std::find(fillers.begin(), fillers.end(), all) != fillers.end();
}

}  // namespace

Transcriber::Transcriber(TalkModels models, const TranscriberSettings& settings)
    : settings_(settings), models_(std::move(models)), cutter_(in_frames(settings.cutter)) {}

Result<> Transcriber::feed(std::span<const std::int16_t> samples, const Emit& emit) {
  taken_ += samples.size();
  for (const std::int16_t sample : samples)
    unframed_.push_back(static_cast<float>(sample) / full_scale);
  std::size_t used = 0;
  for (; unframed_.size() - used >= frame_samples; used += frame_samples)
    if (auto heard = on_frame(Frame(&unframed_[used], frame_samples), emit); !heard) return heard;
  unframed_.erase(unframed_.begin(), unframed_.begin() + static_cast<std::ptrdiff_t>(used));
  return {};
}

Result<> Transcriber::hypothesise_if_due(const Emit& emit) {
  if (!open_ || sound_.size() < samples_in(settings_.first_step) ||
      sound_.size() - heard_samples_ < samples_in(settings_.step))
    return {};
  return hypothesise(emit);
}

Result<> Transcriber::finish(const Emit& emit) {
  if (!open_) return {};
  sound_.insert(sound_.end(), unframed_.begin(), unframed_.end());
  return end_utterance(first_frame_ + notes_.size(), emit);
}

Result<> Transcriber::on_frame(Frame frame, const Emit& emit) {
  const auto probability = models_.detector->probability(frame);
  if (!probability) return tl::unexpected(probability.error());
  const FrameNote note{*probability, level_db(frame)};
  ++frames_;
  const Cut cut = cutter_.on_frame(note.probability, note.level_db);
  if (open_) {
    sound_.insert(sound_.end(), frame.begin(), frame.end());
    notes_.push_back(note);
  } else {
    history_.insert(history_.end(), frame.begin(), frame.end());
    history_notes_.push_back(note);
    const auto kept = static_cast<std::size_t>(
        (settings_.cutter.pre_roll + settings_.cutter.onset) / length_of(frame_samples) + 2);
    if (history_notes_.size() > 2 * kept) {
      history_.erase(history_.begin(),
                     history_.end() - static_cast<std::ptrdiff_t>(kept * frame_samples));
      history_notes_.erase(history_notes_.begin(),
                           history_notes_.end() - static_cast<std::ptrdiff_t>(kept));
    }
  }
  switch (cut.kind) {
    case Cut::Kind::none: return {};
    case Cut::Kind::begin: begin_utterance(cut.frame); return {};
    case Cut::Kind::end: return end_utterance(cut.frame, emit);
    case Cut::Kind::split: {
      const std::vector<float> sound = sound_;
      const std::vector<FrameNote> notes = notes_;
      const auto kept = static_cast<std::size_t>(cut.frame - first_frame_);
      if (auto ended = end_utterance(cut.frame, emit); !ended) return ended;
      history_.assign(sound.begin() + static_cast<std::ptrdiff_t>(kept * frame_samples),
                      sound.end());
      history_notes_.assign(notes.begin() + static_cast<std::ptrdiff_t>(kept), notes.end());
      begin_utterance(cut.frame);
      return {};
    }
  }
  return {};
}

void Transcriber::begin_utterance(std::uint64_t first_frame) {
  const auto frames =
      std::min<std::size_t>(static_cast<std::size_t>(frames_ - first_frame), history_notes_.size());
  first_frame_ = frames_ - frames;
  sound_.assign(history_.end() - static_cast<std::ptrdiff_t>(frames * frame_samples),
                history_.end());
  notes_.assign(history_notes_.end() - static_cast<std::ptrdiff_t>(frames), history_notes_.end());
  history_.clear();
  history_notes_.clear();
  open_ = true;
  ++number_;
  heard_samples_ = 0;
  said_something_ = false;
  said_to_ = {};
  agreement_.clear();
}

Result<> Transcriber::end_utterance(std::uint64_t end_frame, const Emit& emit) {
  const auto frames = static_cast<std::size_t>(end_frame - first_frame_);
  if (frames < notes_.size()) {
    notes_.resize(frames);
    sound_.resize(frames * frame_samples);
  }
  auto words = final_words(sound_);
  if (!words) return tl::unexpected(words.error());
  if (is_noise(*words)) words->clear();
  std::vector<milliseconds> heard_by(words->size(), milliseconds{0});
  const auto& draft = agreement_.words();
  for (std::size_t i = 0; i < words->size() && i < draft.size(); ++i)
    if (plain((*words)[i].text) == plain(draft[i].text)) heard_by[i] = agreement_.heard_by()[i];
  emit_result(*words, heard_by, false, emit);
  open_ = false;
  return {};
}

Result<Answer> Transcriber::ask(SpeechModel& model, std::span<const float> sound,
                                std::span<const TokenId> prefix) {
  std::vector<float> padded;
  if (sound.size() < least_sound) {
    padded.assign(sound.begin(), sound.end());
    padded.resize(least_sound, 0.0f);
    sound = padded;
  }
  Request request;
  request.prefix = prefix;
  const double seconds = to_seconds(audio_length(sound.size()));
  const auto most =
      static_cast<std::size_t>(seconds * settings_.tokens_per_second) + settings_.spare_tokens;
  request.most_tokens =
      most > prefix.size() + settings_.spare_tokens ? most - prefix.size() : settings_.spare_tokens;
  return models_.call(model, sound, request);
}

Result<> Transcriber::hypothesise(const Emit& emit) {
  heard_samples_ = sound_.size();
  const auto prefix = agreement_.prefix(settings_.trust);
  auto answer = ask(*models_.draft, sound_, prefix);
  if (answer && contradicts(*answer, prefix.size(), settings_.contradiction))
    answer = ask(*models_.draft, sound_, {});
  if (!answer) return tl::unexpected(answer.error());
  Checked checked = check_answer(*answer, models_.draft->vocabulary());
  // An answer that lost most of what was agreed on is the model's slip, not the speaker's.
  const std::size_t agreed = agreement_.agreed(2);
  if (agreed >= 3 &&
      2 * common_words(std::span(agreement_.words()).first(agreed), checked.words) < agreed)
    return {};
  agreement_.take(std::move(checked.words), answer->tokens, length_of(sound_.size()));
  if (is_noise(agreement_.words())) return {};
  emit_result(agreement_.words(), agreement_.heard_by(), true, emit);
  return {};
}

Result<Transcriber::Finding> Transcriber::find(SpeechModel& model, std::span<const float> sound) {
  const auto answer = ask(model, sound, {});
  if (!answer) return tl::unexpected(answer.error());
  Checked checked = check_answer(*answer, model.vocabulary());
  Finding finding{std::move(checked.words), checked.looped};
  const auto speech = std::count_if(notes_.begin(), notes_.end(),
                                    [](const FrameNote& note) { return note.probability >= 0.5f; });
  const std::size_t agreed = agreement_.agreed(2);
  const std::span<const Word> draft = std::span(agreement_.words()).first(agreed);
  const bool is_empty = finding.words.empty() && speech >= 16;  // half a second
  const bool lost = agreed >= 3 && 10 * common_words(draft, finding.words) < 6 * agreed;
  finding.wrong = checked.looped && lost;
  finding.doubtful = finding.doubtful || is_empty || lost;
  return finding;
}

// What the final model makes of the sound; where that is doubtful, what it makes of the sound moved
// a little, and at last what the hypotheses agreed on.
Result<std::vector<Word>> Transcriber::final_words(std::span<const float> sound) {
  auto finding = find(*models_.final, sound);
  if (!finding) return tl::unexpected(finding.error());
  if (!finding->doubtful) return std::move(finding->words);
  constexpr std::array moves{milliseconds{96}, milliseconds{256}};
  for (const milliseconds move : moves) {
    if (samples_in(move) + least_sound > sound.size()) break;
    std::vector<float> moved(samples_in(move), 0.0f);  // later, and cut off sooner
    moved.insert(moved.end(), sound.begin(),
                 sound.end() - static_cast<std::ptrdiff_t>(samples_in(move) / 2));
    auto again = find(*models_.final, moved);
    if (!again) return tl::unexpected(again.error());
    if (!again->doubtful) return std::move(again->words);
    // Twice the same is no slip, unless it went round both times.
    if (!again->wrong && !again->words.empty() && again->words.size() == finding->words.size() &&
        common_words(again->words, finding->words) == finding->words.size())
      return std::move(again->words);
  }
  const auto& draft = agreement_.words();
  return draft.size() > finding->words.size() ? draft : std::move(finding->words);
}

// Sound in which nobody spoke: little that the detector holds for speech, and words that models say
// of nothing, or that the model itself does not believe.
bool Transcriber::is_noise(std::span<const Word> words) const {
  if (words.empty()) return true;
  double speech = 0, sure = 0;
  for (const FrameNote& note : notes_)
    if (note.probability >= 0.5f) speech += 1, sure += static_cast<double>(note.probability);
  const double mean = speech > 0 ? sure / speech : 0;
  float best = 0;
  double sum = 0, count = 0;
  for (const Word& word : words) {
    if (plain(word.text).empty()) continue;  // marks, which nobody hears
    best = std::max(best, word.probability);
    sum += static_cast<double>(word.probability);
    ++count;
  }
  const double average = count > 0 ? sum / count : 0;
  if (is_filler(words)) return best < 0.5f || mean < 0.75 || speech < 6;
  return best < 0.25f || (average < 0.35 && mean < 0.8);
}

void Transcriber::emit_result(std::span<const Word> words, std::span<const milliseconds> heard_by,
                              bool is_partial, const Emit& emit) {
  if (words.empty() && (is_partial || !said_something_)) return;
  said_something_ = true;
  const SessionTime start{length_of(first_frame_ * frame_samples)};
  const SessionTime end = std::max(
      said_to_,
      start + std::min(length_of(sound_.size()), length_of(taken_) - start.time_since_epoch()));
  said_to_ = is_partial ? end : std::max(said_to_, end);
  text_.clear();
  for (const Word& word : words) {
    if (!text_.empty()) text_ += ' ';
    text_ += word.text;
  }
  transcript::Event event;
  event.begin_result({.id = "u" + std::to_string(number_),
                      .channel = {},
                      .transcript = text_,
                      .start = start,
                      .end = end,
                      .is_partial = is_partial});
  const auto times = estimate_times(words, notes_, heard_by);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view text = words[i].text;
    const std::size_t marks = plain(text).empty() ? text.size() : closing_marks(text);
    const SessionTime word_start = std::min(start + times[i].start, end);
    const SessionTime word_end = std::min(start + times[i].end, end);
    if (marks < text.size())
      event.add_item({.content = text.substr(0, text.size() - marks),
                      .start = word_start,
                      .end = word_end,
                      .confidence = words[i].probability});
    if (marks > 0)
      event.add_item({.content = text.substr(text.size() - marks),
                      .start = word_end,
                      .end = word_end,
                      .kind = transcript::ItemKind::punctuation});
  }
  emit(std::move(event));
}

}  // namespace sotto::providers::moonshine
