#include "lambda/processor.hpp"

#include <random>

#include "base/encoding.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/lambda_fixture.hpp"

namespace sotto::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Sent;
using testing::sequence_number;

constexpr UtcTime start{milliseconds{1'764'000'000'000}};

class ProcessorTest : public ::testing::Test {
 protected:
  ProcessorTest() { set_flag(R"({"enabled":true,"rollout_percentage":100})"); }

  void set_flag(const std::string& document) {
    const auto name = std::string(rollout::default_parameter_name);
    const auto current = *flags.read(name);
    (void)flags.write(name, current ? current->version : 0, {document, "test", "", start});
  }

  ProcessorParts parts() {
    return {&checkpoints, flag.get(), &sink, recogniser, &log, &metrics, [this] { return now; }};
  }
  // Another process on the same stores.
  std::unique_ptr<Processor> another() {
    flag = std::make_unique<InvocationFlag>(
        rollout::Environment{}, InvocationFlag::Parts{&flags, &log, [] { return 0.5; }});
    flag->refresh(now);
    return std::make_unique<Processor>(parts(), engine::Settings{});
  }

  std::vector<std::string> process(Processor& processor, std::span<const Sent> records) {
    return processor.process(testing::batch_of(records), deadline);
  }

  std::size_t lines_with(const std::string& text) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
  std::uint64_t counted(telemetry::Counter counter) const {
    const auto snapshot = metrics.snapshot();
    return snapshot[0][counter] + snapshot[1][counter];
  }

  UtcTime now = start;
  UtcTime deadline = start + std::chrono::hours{1};
  testing::MemoryCheckpointStore checkpoints;
  testing::MemoryFlagStore flags;
  testing::MemoryDecisionSink sink;
  ports::Recogniser* recogniser = nullptr;
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::info,
                     [this](const std::string& line) { lines.push_back(line); },
                     [] { return std::string("2026-01-31T12:00:00.000Z"); }};
  telemetry::Metrics metrics;
  std::unique_ptr<InvocationFlag> flag;
};

TEST_F(ProcessorTest, BatchesOfAnySizeGiveWhatAReplayGives) {
  const auto records = testing::stream_of(3, 20, 1);
  const auto expected = testing::replayed(records);
  for (const std::size_t size : {1u, 7u, 100u, 10'000u}) {
    checkpoints = {};
    sink = {};
    const auto processor = another();
    for (std::size_t at = 0; at < records.size(); at += size)
      EXPECT_THAT(
          process(*processor, std::span(records).subspan(at, std::min(size, records.size() - at))),
          IsEmpty());
    EXPECT_EQ(sink.kept, expected) << size;
    EXPECT_EQ(sink.repeated, 0u);
  }
}

// A function that dies wherever it can, and whose batches come again as Lambda has them come.
TEST_F(ProcessorTest, DeathsAnywhereLoseNothingAndChangeNothing) {
  const auto records = testing::stream_of(3, 15, 4);
  const auto expected = testing::replayed(records);
  std::size_t deaths = 0, repeated = 0;
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random{seed};
    checkpoints = {};
    sink = {};
    auto processor = another();
    for (std::size_t at = 0; at < records.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 60, records.size() - at);
      switch (random() % 5) {
        case 0: checkpoints.before_save = [] { throw testing::Killed(); }; break;
        case 1: sink.dies_before = true; break;
        case 2: sink.dies_after = true; break;
        default: break;
      }
      try {
        EXPECT_THAT(process(*processor, std::span(records).subspan(at, size)), IsEmpty());
        at += size;
        if (random() % 4 == 0) processor = another();  // moved to another instance
      } catch (const testing::Killed&) {
        ++deaths;
        processor = another();
      }
      checkpoints.before_save = nullptr;
      sink.dies_before = sink.dies_after = false;
    }
    // Somebody looks once more, for the last decisions of a death after the last save.
    EXPECT_THAT(process(*another(), records), IsEmpty());
    EXPECT_EQ(sink.kept, expected) << "seed " << seed;
    EXPECT_EQ(sink.contradicted, 0u);
    repeated += sink.repeated;
  }
  EXPECT_GT(deaths, 100u);
  EXPECT_GT(repeated, 0u);
}

TEST_F(ProcessorTest, ABatchThatComesAgainIsPassedOver) {
  const auto records = testing::stream_of(1, 10, 2);
  const auto processor = another();
  EXPECT_THAT(process(*processor, records), IsEmpty());
  const auto before = checkpoints.load(SessionId{"talk-0"}).value()->version;
  const auto told = lines.size();
  EXPECT_THAT(process(*processor, records), IsEmpty());
  EXPECT_EQ(sink.repeated, 0u);
  EXPECT_EQ(checkpoints.load(SessionId{"talk-0"}).value()->version, before);
  EXPECT_EQ(lines.size(), told);
}

TEST_F(ProcessorTest, TheLastDecisionsAreHandedOutByWhoeverComesNext) {
  const auto records = testing::stream_of(1, 10, 2);
  sink.fails = true;
  EXPECT_THAT(process(*another(), std::span(records).first(40)), Not(IsEmpty()));
  EXPECT_THAT(sink.kept, IsEmpty());
  sink.fails = false;
  // The failed batch was given up; a later one comes.
  EXPECT_THAT(process(*another(), std::span(records).subspan(40)), IsEmpty());
  EXPECT_EQ(sink.kept, testing::replayed(records));
}

TEST_F(ProcessorTest, OfTwoAtOnceOneLoadsAgain) {
  const auto records = testing::stream_of(2, 10, 3);
  const auto one = another();
  auto other_parts = parts();
  Processor two(other_parts, engine::Settings{});
  checkpoints.before_save = [&] {
    EXPECT_THAT(process(two, std::span(records).first(records.size() / 2)), IsEmpty());
  };
  EXPECT_THAT(process(*one, records), IsEmpty());
  EXPECT_EQ(sink.kept, testing::replayed(records));
  EXPECT_EQ(sink.contradicted, 0u);
}

TEST_F(ProcessorTest, WhoLosesTwiceReportsTheRest) {
  const auto records = testing::stream_of(1, 10, 3);
  const auto one = another();
  Processor two(parts(), engine::Settings{});
  checkpoints.before_save = [&] {
    (void)process(two, std::span(records).first(5));
    checkpoints.before_save = [&] { (void)process(two, std::span(records).first(10)); };
  };
  EXPECT_EQ(process(*one, records).size(), records.size() - 5) << "five are done, by another";
  EXPECT_EQ(lines_with("\"error_code\":\"conflict\""), 1u);
  EXPECT_THAT(process(*one, records), IsEmpty());
  EXPECT_EQ(sink.kept, testing::replayed(records));
}

TEST_F(ProcessorTest, ARecordThatCannotBeReadHoldsUpItsSessionAlone) {
  auto records = testing::stream_of(2, 10, 5);
  const std::string good = std::exchange(records[20].data, "{\"Transcript\":[}");
  const std::string session = records[20].session;
  std::vector<std::string> expected;
  for (std::size_t i = 20; i < records.size(); ++i)
    if (records[i].session == session) expected.push_back(records[i].sequence_number);
  const auto processor = another();
  EXPECT_EQ(process(*processor, records), expected);
  EXPECT_EQ(lines_with("\"error_code\":\"invalid_argument\""), 1u);
  EXPECT_EQ(counted(telemetry::Counter::session_errors), 1u);
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("[}")));
  // It comes again, and is given up at last; the session goes on behind it.
  EXPECT_EQ(process(*processor, records), expected);
  auto rest = records;
  rest.erase(rest.begin() + 20);
  EXPECT_THAT(process(*processor, rest), IsEmpty());
  EXPECT_EQ(sink.kept, testing::replayed(rest));
}

TEST_F(ProcessorTest, AStoreThatIsDownLosesNothing) {
  const auto records = testing::stream_of(2, 5, 6);
  checkpoints.break_with(Error{ErrorCode::unavailable, "the table is away", ""});
  const auto processor = another();
  EXPECT_EQ(process(*processor, records).size(), records.size());
  EXPECT_THAT(sink.kept, IsEmpty());
  EXPECT_EQ(lines_with("the table is away"), 2u) << "once a session";
  checkpoints.break_with(std::nullopt);
  EXPECT_THAT(process(*processor, records), IsEmpty());
  EXPECT_EQ(sink.kept, testing::replayed(records));
}

TEST_F(ProcessorTest, ACheckpointThatCannotBeReadIsAnErrorOfItsSession) {
  const auto records = testing::stream_of(2, 5, 6);
  ASSERT_TRUE(checkpoints.save(SessionId{"talk-0"}, 0, {"1", "not a state", now}));
  const auto processor = another();
  const auto is_of_it = [](const Sent& record) { return record.session == "talk-0"; };
  EXPECT_EQ(static_cast<std::ptrdiff_t>(process(*processor, records).size()),
            std::count_if(records.begin(), records.end(), is_of_it));
  EXPECT_EQ(lines_with("checkpoint cannot be used"), 1u);
}

TEST_F(ProcessorTest, AfterTheDeadlineNothingIsBegun) {
  const auto records = testing::stream_of(1, 5, 6);
  const auto processor = another();
  deadline = now + milliseconds{100};
  EXPECT_EQ(process(*processor, records).size(), records.size());
  EXPECT_THAT(sink.kept, IsEmpty());
  EXPECT_EQ(lines_with("deadline_exceeded"), 1u);
  EXPECT_EQ(counted(telemetry::Counter::session_errors), 0u);
}

TEST_F(ProcessorTest, TooMuchForACheckpointIsAnErrorOfItsRecord) {
  auto records = testing::stream_of(1, 5, 6);
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += "boundless ";
  transcript::Event huge;
  huge.begin_result({"huge", {}, words, at_ms(0), at_ms(20'000), false});
  records[10].data = transcript::encode(huge, {records[10].session, at_ms(20'000), "en"});
  const auto processor = another();
  const auto failed = process(*processor, records);
  EXPECT_EQ(failed.size(), records.size() - 10);
  EXPECT_EQ(failed.front(), records[10].sequence_number);
  EXPECT_EQ(lines_with("resource_exhausted"), 1u);
  const auto before = std::vector(records.begin(), records.begin() + 10);
  EXPECT_EQ(sink.kept, testing::replayed(before));
}

TEST_F(ProcessorTest, TheFlagDecidesWithTheFirstRecordAndAKillIsForGood) {
  const auto records = testing::stream_of(1, 20, 7);
  const std::size_t third = records.size() / 3;
  const auto processor = another();
  EXPECT_THAT(process(*processor, std::span(records).first(third)), IsEmpty());
  EXPECT_EQ(lines_with("\"message\":\"rollout check\""), 1u);
  EXPECT_EQ(lines_with("\"reason\":\"rollout\""), 1u);
  set_flag(R"({"enabled":false,"rollout_percentage":100})");
  now += std::chrono::seconds{30};
  flag->refresh(now);
  EXPECT_EQ(flag->current()->version, 1u) << "a value is good for a minute";
  now += std::chrono::seconds{40};
  flag->refresh(now);
  EXPECT_EQ(flag->current()->version, 2u);
  EXPECT_THAT(process(*processor, std::span(records).subspan(third, third)), IsEmpty());
  EXPECT_EQ(lines_with("\"event\":\"mode_changed\""), 1u);
  EXPECT_EQ(counted(telemetry::Counter::transcribe_fallback_triggered), 0u);
  const std::size_t forwarded = lines_with("\"event\":\"partial_result\",\"action\":\"forwarded\"");
  EXPECT_GT(forwarded, 0u);
  set_flag(R"({"enabled":true,"rollout_percentage":100})");
  flag->read(now);
  EXPECT_THAT(process(*processor, std::span(records).subspan(2 * third)), IsEmpty());
  EXPECT_EQ(lines_with("\"event\":\"partial_result\",\"action\":\"forwarded\""), forwarded);
  EXPECT_EQ(lines_with("rollout check"), 1u);
}

TEST_F(ProcessorTest, WithoutAFlagFinalsAloneAreForwarded) {
  flags.remove_all();
  const auto records = testing::stream_of(1, 20, 7);
  EXPECT_THAT(process(*another(), records), IsEmpty());
  engine::Settings finals_only;
  finals_only.mode = engine::Mode::final_only;
  EXPECT_EQ(sink.kept, testing::replayed(records, finals_only));
  EXPECT_EQ(lines_with("\"reason\":\"fallback\""), 1u);
}

TEST_F(ProcessorTest, AudioNeedsARecogniser) {
  const std::vector<Sent> records = {
      {"talk-0", R"({"Audio":"AQD/fw==","OffsetMs":500})", sequence_number(1)}};
  EXPECT_EQ(process(*another(), records).size(), 1u);
  EXPECT_EQ(lines_with("no recogniser is configured"), 1u);
}

// Says what it heard when the stream is finished.
class EchoRecogniser : public ports::Recogniser {
 public:
  std::vector<Language> languages() const override { return {Language{"en"}}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink sink) override {
    return std::make_unique<Stream>(std::move(sink));
  }

 private:
  struct Stream : ports::RecogniserStream {
    explicit Stream(ports::RecogniserSink to) : sink(std::move(to)) {}
    ports::Pushed push(std::span<const std::int16_t> samples) override {
      heard += samples.size();
      return ports::Pushed::taken;
    }
    milliseconds recognised() const override { return {}; }
    void finish() override {
      sink.on_event(testing::final_result(std::to_string(heard) + " samples."));
      sink.on_end({});
    }
    ports::RecogniserSink sink;
    std::size_t heard = 0;
  };
};

TEST_F(ProcessorTest, AudioIsRecognisedWhereItStands) {
  EchoRecogniser echo;
  recogniser = &echo;
  std::vector<Sent> records;
  for (std::size_t i = 0; i < 2; ++i)
    records.push_back({"talk-0",
                       R"({"Audio":")" + to_base64(std::string(8000, '\x01')) + R"(","OffsetMs":)" +
                           std::to_string(5000 * i) + "}",
                       sequence_number(i + 1)});
  EXPECT_THAT(process(*another(), records), IsEmpty());
  std::string said;
  for (const auto& [key, decision] : sink.kept)
    if (decision.find("\"kind\":\"speak\"") != std::string::npos) said += decision;
  EXPECT_THAT(said, HasSubstr("\"text\":\"4000 samples.\",\"start_ms\":0"));
  EXPECT_THAT(said, HasSubstr("\"text\":\"4000 samples.\",\"start_ms\":5000"));
}

TEST_F(ProcessorTest, TheEndFlushesWhatIsOpenAndTellsOfTheSession) {
  auto records = testing::stream_of(1, 6, 8);
  records.push_back({"talk-0", R"({"EndOfAudio":true})", sequence_number(records.size() + 1)});
  EXPECT_THAT(process(*another(), records), IsEmpty());
  EXPECT_EQ(lines_with("\"event\":\"session_ended\""), 1u);
  const auto snapshot = metrics.snapshot();
  EXPECT_EQ(snapshot[0][telemetry::Histogram::orphaned_results_flushed].count(), 1u);
  const auto state = decode(checkpoints.load(SessionId{"talk-0"}).value()->checkpoint.state);
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->ended);
}

TEST_F(ProcessorTest, LogsTellWhatBecameOfPartialResultsAndNothingThatWasSaid) {
  auto batch = testing::batch_of(testing::stream_of(1, 20, 9));
  now = start + milliseconds{2'000};
  for (StreamRecord& record : batch.records) record.arrived_at = start;
  EXPECT_THAT(another()->process(batch, deadline), IsEmpty());
  for (const char* action : {"forwarded", "buffered"})
    EXPECT_GT(lines_with("\"event\":\"partial_result\",\"action\":\"" + std::string(action)), 0u)
        << action;
  EXPECT_GT(lines_with("\"stability_score\":1"), 0u);
  const auto latency = metrics.snapshot()[0][telemetry::Histogram::decision_latency];
  EXPECT_GT(latency.count(), 0u);
  EXPECT_GE(latency.quantile(0), 2'000 * 0.99) << "it was in the stream for two seconds";
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("\"text\"")));
}

}  // namespace
}  // namespace sotto::lambda
