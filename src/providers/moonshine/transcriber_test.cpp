#include "providers/moonshine/transcriber.hpp"

#include "tests/support/encoded_speech.hpp"

namespace sotto::providers::moonshine {
namespace {

using testing::encoded_answer;
using testing::encoded_comma;
using testing::encoded_stop;
using testing::encoded_text;
using testing::encoded_token;
using testing::encoded_word;
using testing::EncodedModel;
using testing::EncodedSpeech;

struct Said {
  std::string id, text;
  SessionTime start{}, end{};
  bool is_partial = false;
  std::vector<std::string> items;  // `word` or, for a mark, `[mark]`
  std::vector<float> confidences;
};

// A talk over scripted models, fed 100 ms at a time.
class Talk {
 public:
  explicit Talk(EncodedModel::Script final = {}, EncodedModel::Script draft = {})
      : final_(std::move(final)), draft_(std::move(draft)), transcriber_(models(), {}) {}

  Result<> hear(const EncodedSpeech& speech) {
    const std::span<const std::int16_t> samples(speech.samples);
    for (std::size_t at = 0; at < samples.size(); at += 1600) {
      auto fed = transcriber_.feed(
          samples.subspan(at, std::min<std::size_t>(1600, samples.size() - at)), emit());
      if (fed) fed = transcriber_.hypothesise_if_due(emit());
      if (!fed) return fed;
    }
    return transcriber_.finish(emit());
  }

  std::vector<Said> finals() const {
    std::vector<Said> out;
    for (const Said& each : said)
      if (!each.is_partial) out.push_back(each);
    return out;
  }

  std::string final_text() const {
    std::string text;
    for (const Said& each : finals())
      if (!each.text.empty()) text += (text.empty() ? "" : " ") + each.text;
    return text;
  }

  std::vector<Said> said;
  std::size_t final_calls() const { return final_.calls(); }
  std::size_t draft_calls() const { return draft_.calls(); }

 private:
  TalkModels models() {
    return {&draft_, &final_, std::make_unique<testing::EncodedDetector>(),
            [](SpeechModel& model, std::span<const float> sound, const Request& request) {
              return model.transcribe(sound, request);
            }};
  }

  Transcriber::Emit emit() {
    return [this](const transcript::Event& event) {
      ASSERT_EQ(event.size(), 1u);
      const transcript::RecognitionResult result = event[0];
      Said one{std::string(result.id),
               std::string(result.transcript),
               result.start,
               result.end,
               result.is_partial,
               {},
               {}};
      SessionTime place = result.start;
      for (const transcript::Item& item : result.items) {
        const bool mark = item.kind == transcript::ItemKind::punctuation;
        one.items.push_back(mark ? "[" + std::string(item.content) + "]"
                                 : std::string(item.content));
        EXPECT_EQ(mark, !item.confidence.has_value()) << item.content;
        if (item.confidence) one.confidences.push_back(*item.confidence);
        EXPECT_GE(item.start, place);
        EXPECT_GE(item.end, item.start);
        EXPECT_LE(item.end, result.end);
        place = item.start;
      }
      said.push_back(std::move(one));
    };
  }

  EncodedModel final_, draft_;
  Transcriber transcriber_;
};

// A script that answers each call alike.
EncodedModel::Script always(const Answer& answer) {
  return [answer](std::size_t, std::span<const float>, const Request&) {
    return std::optional<Result<Answer>>(answer);
  };
}

// One that answers call `at` so, and the rest by what it hears.
EncodedModel::Script at_call(std::size_t at, const Answer& answer) {
  return [=](std::size_t call, std::span<const float>, const Request&) {
    return call == at ? std::optional<Result<Answer>>(answer) : std::nullopt;
  };
}

EncodedSpeech sentence(std::size_t first, std::size_t last) {
  EncodedSpeech speech;
  speech.quiet(milliseconds{1000}).words(first, last).quiet(milliseconds{1000});
  return speech;
}

TEST(Transcriber, SaysHypothesesAndThenTheFinalUnderOneId) {
  Talk talk;
  ASSERT_TRUE(talk.hear(sentence(0, 6)));
  ASSERT_GE(talk.said.size(), 5u);
  for (std::size_t i = 0; i + 1 < talk.said.size(); ++i) {
    EXPECT_TRUE(talk.said[i].is_partial);
    EXPECT_EQ(talk.said[i].id, talk.said.back().id);
    EXPECT_EQ(talk.said[i].start, talk.said.back().start);
    EXPECT_LE(talk.said[i].end, talk.said[i + 1].end);
    EXPECT_TRUE((encoded_text(0, 6) + ",").starts_with(talk.said[i].text)) << talk.said[i].text;
  }
  EXPECT_FALSE(talk.said.back().is_partial);
  EXPECT_EQ(talk.said.back().text, encoded_text(0, 6) + ",");
  EXPECT_EQ(talk.said.back().items.back(), "[,]");
  EXPECT_EQ(talk.said.back().items.size(), 8u);
  EXPECT_EQ(talk.said.back().confidences, std::vector<float>(7, 0.95f));
}

TEST(Transcriber, UtterancesHaveIdsOfTheirOwn) {
  Talk talk;
  EncodedSpeech speech = sentence(0, 3);
  speech.words(10, 13).quiet(milliseconds{1000}).words(20, 23);
  ASSERT_TRUE(talk.hear(speech));
  const auto finals = talk.finals();
  ASSERT_EQ(finals.size(), 3u);
  EXPECT_NE(finals[0].id, finals[1].id);
  EXPECT_NE(finals[1].id, finals[2].id);
  EXPECT_EQ(finals[2].text, encoded_text(20, 23)) << "which the talk's end cut off";
  EXPECT_LE(finals[0].end, finals[1].start);
}

TEST(Transcriber, ALongTalkIsSplitAndLosesNothing) {
  Talk talk;
  ASSERT_TRUE(talk.hear(sentence(0, 99)));
  EXPECT_EQ(talk.final_text(), encoded_text(0, 99) + ",");
  EXPECT_GE(talk.finals().size(), 4u);
  for (const Said& final : talk.finals()) EXPECT_LE(final.end - final.start, milliseconds{10'700});
}

TEST(Transcriber, SaysNothingWhereNobodySpeaks) {
  Talk silence;
  EncodedSpeech quiet;
  ASSERT_TRUE(silence.hear(quiet.quiet(milliseconds{20'000})));
  EXPECT_TRUE(silence.said.empty());
  EXPECT_EQ(silence.final_calls() + silence.draft_calls(), 0u);

  // The detector heard something, and the models nothing, or nothing but marks.
  for (const Answer& answer : {Answer{}, encoded_answer({encoded_stop, encoded_stop})}) {
    Talk noise(always(answer), always(answer));
    ASSERT_TRUE(noise.hear(sentence(0, 2)));
    EXPECT_TRUE(noise.said.empty());
    EXPECT_GT(noise.final_calls(), 0u);
  }
}

// With "Thank you." and the like among its words.
const Vocabulary& fillers() {
  static const Vocabulary vocabulary = [] {
    std::string bytes;
    for (const std::string text : {"<unk>", "<s>", "</s>", ".", "\xE2\x96\x81Thank",
                                   "\xE2\x96\x81you", "\xE2\x96\x81Uh", "?", "\xE2\x96\x81-"}) {
      bytes += static_cast<char>(text.size());
      bytes += text;
    }
    return Vocabulary::parse(bytes, "fillers").value();
  }();
  return vocabulary;
}

class FillerModel : public SpeechModel {
 public:
  explicit FillerModel(Answer answer) : answer_(std::move(answer)) {}
  Result<Answer> transcribe(std::span<const float>, const Request&) override { return answer_; }
  const Vocabulary& vocabulary() const override { return fillers(); }

 private:
  const Answer answer_;
};

// The final, and behind it each mark that is an item of its own, in brackets.
std::string final_of(const Answer& answer, const EncodedSpeech& speech) {
  FillerModel model(answer);
  std::string text;
  const auto emit = [&](const transcript::Event& event) {
    if (event[0].is_partial) return;
    text += event[0].transcript;
    for (const transcript::Item& item : event[0].items)
      if (item.kind == transcript::ItemKind::punctuation)
        text += "[" + std::string(item.content) + "]";
  };
  Transcriber transcriber({&model, &model, std::make_unique<testing::EncodedDetector>(),
                           [](SpeechModel& asked, std::span<const float> sound,
                              const Request& request) { return asked.transcribe(sound, request); }},
                          {});
  EXPECT_TRUE(transcriber.feed(speech.samples, emit));
  EXPECT_TRUE(transcriber.hypothesise_if_due(emit));
  EXPECT_TRUE(transcriber.finish(emit));
  return text;
}

TEST(Transcriber, FillersAreSaidWhereTheyAreClear) {
  const std::vector<TokenId> thanks{4, 5, 3}, uh{6, 7};
  EXPECT_EQ(final_of(encoded_answer(thanks, 0.95f), sentence(0, 1)), "Thank you.[.]");
  EXPECT_EQ(final_of(encoded_answer(thanks, 0.2f), sentence(0, 1)), "");
  EXPECT_EQ(final_of(encoded_answer(uh, 0.3f), sentence(0, 1)), "");
  EncodedSpeech click;
  click.quiet(milliseconds{1000}).word(0, milliseconds{96}).quiet(milliseconds{1000});
  EXPECT_EQ(final_of(encoded_answer(thanks, 0.95f), click), "") << "of a click";
}

TEST(Transcriber, ADashIsAMark) {
  EXPECT_EQ(final_of(encoded_answer({4, 8, 5}), sentence(0, 1)), "Thank - you[-]");
  EXPECT_EQ(final_of({{{8, 0.9f}, {6, 0.1f}}}, sentence(0, 1)), "") << "and makes nothing surer";
}

TEST(Transcriber, AFinalThatGoesWrongIsTriedAgainWithTheSoundMoved) {
  std::vector<TokenId> looping, lost{encoded_token(40), encoded_token(41)};
  for (int i = 0; i < 8; ++i)
    looping.push_back(encoded_token(40 + static_cast<std::size_t>(i) % 2));
  for (const Answer& wrong :
       {Answer{}, encoded_answer(looping, 0.95f, DecodingEnd::loop), encoded_answer(looping),
        encoded_answer(lost), encoded_answer(lost, 0.9f, DecodingEnd::limit)}) {
    Talk talk(at_call(1, wrong));
    ASSERT_TRUE(talk.hear(sentence(0, 6)));
    EXPECT_EQ(talk.final_text(), encoded_text(0, 6) + ",");
    EXPECT_EQ(talk.final_calls(), 2u);
  }
}

TEST(Transcriber, ThenTheDraftsWordsAreTaken) {
  std::vector<TokenId> looping;
  for (int i = 0; i < 8; ++i) looping.push_back(encoded_token(40));
  for (const Answer& wrong : {Answer{}, encoded_answer(looping, 0.95f, DecodingEnd::loop)}) {
    Talk talk(always(wrong));
    ASSERT_TRUE(talk.hear(sentence(0, 6)));
    EXPECT_EQ(talk.final_text(),
              encoded_text(0, 6) + (talk.final_text().ends_with(',') ? "," : ""));
    EXPECT_EQ(talk.finals().size(), 1u);
  }
}

TEST(Transcriber, AHypothesisThatLosesWhatStoodIsNotShown) {
  for (const Answer& wrong : {Answer{}, encoded_answer({encoded_token(40)})}) {
    Talk talk({}, at_call(6, wrong));
    ASSERT_TRUE(talk.hear(sentence(0, 8)));
    for (const Said& said : talk.said)
      EXPECT_TRUE((encoded_text(0, 8) + ",").starts_with(said.text)) << said.text;
    EXPECT_FALSE(talk.final_text().empty());
  }
}

TEST(Transcriber, WhatTheSoundContradictsIsDecodedFreely) {
  // The first hypotheses have a wrong second word, so surely that it comes to be forced.
  bool forced = false;
  const EncodedModel::Script wrong_at_first =
      [&](std::size_t call, std::span<const float>,
          const Request& request) -> std::optional<Result<Answer>> {
    if (!request.prefix.empty()) forced = true;
    if (call > 5 || !request.prefix.empty()) return std::nullopt;
    return encoded_answer(
        {encoded_token(0), encoded_token(77), encoded_token(2), encoded_token(3)});
  };
  Talk talk({}, wrong_at_first);
  ASSERT_TRUE(talk.hear(sentence(0, 12)));
  EXPECT_TRUE(forced);
  std::string last;
  for (const Said& said : talk.said)
    if (said.is_partial) last = said.text;
  EXPECT_THAT(last, ::testing::StartsWith(encoded_text(0, 9)));
}

TEST(Transcriber, EndsWithItsModelsError) {
  for (std::size_t n = 1; n <= 3; ++n) {
    Talk talk({}, testing::failing_calls(n, n, ErrorCode::deadline_exceeded));
    const auto heard = talk.hear(sentence(0, 6));
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(talk.said.size(), n - 1);
  }
}

TEST(Transcriber, AsksForAsManyTokensAsTheSoundCanHold) {
  std::size_t most = 0;
  const EncodedModel::Script look = [&](std::size_t, std::span<const float> sound,
                                        const Request& request) {
    EXPECT_GE(sound.size(), 1600u);
    most = std::max(most, request.most_tokens + request.prefix.size());
    return std::optional<Result<Answer>>();
  };
  Talk talk(look, look);
  ASSERT_TRUE(talk.hear(sentence(0, 60)));
  EXPECT_LE(most, 120u);
  EXPECT_EQ(talk.final_text(), encoded_text(0, 60) + ",");
}

}  // namespace
}  // namespace sotto::providers::moonshine
