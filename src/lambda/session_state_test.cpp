#include "lambda/session_state.hpp"

#include <random>

#include "ports/checkpoint_store.hpp"

namespace sotto::lambda {
namespace {

SessionState a_state() {
  SessionState state{.engine = engine::Engine::create({}).value(), .outbox = {}};
  state.arm = telemetry::Arm::canary;
  state.flag_version = 12;
  state.reached = at_ms(345'678);
  state.decisions = 901;
  state.orphans = 2;
  state.ended = true;
  state.outbox = {"{\"number\":900}", "", "{\"number\":901}"};
  return state;
}

TEST(SessionStateTest, ReadsBackWhatWasWritten) {
  const auto bytes = encode(a_state());
  ASSERT_TRUE(bytes);
  const auto read = decode(*bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->arm, telemetry::Arm::canary);
  EXPECT_EQ(read->flag_version, 12u);
  EXPECT_EQ(read->reached, at_ms(345'678));
  EXPECT_EQ(read->decisions, 901u);
  EXPECT_EQ(read->orphans, 2u);
  EXPECT_TRUE(read->ended);
  EXPECT_EQ(read->outbox, a_state().outbox);
  EXPECT_EQ(encode(*read).value(), *bytes);
}

TEST(SessionStateTest, OtherBytesAreRefusedWithoutHarm) {
  const std::string bytes = encode(a_state()).value();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode(bytes + "x"));
  std::mt19937 random{5};
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    (void)decode(damaged);
  }
}

TEST(SessionStateTest, IsBounded) {
  SessionState state = a_state();
  state.outbox.emplace_back(ports::CheckpointStore::max_bytes, 'x');
  const auto refused = encode(state);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace sotto::lambda
