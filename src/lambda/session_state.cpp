#include "lambda/session_state.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "engine/snapshot.hpp"
#include "ports/checkpoint_store.hpp"

namespace sotto::lambda {

namespace {

constexpr std::uint64_t form = 1;
constexpr std::size_t room_for_sequence_number = 129;
constexpr milliseconds::rep latest = 10'000'000'000'000;

}  // namespace

Result<std::string> encode(const SessionState& state) {
  const auto engine = engine::snapshot(state.engine);
  if (!engine) return engine;
  ByteWriter out;
  out.number(form);
  out.text(*engine);
  out.number(static_cast<std::uint64_t>(state.arm));
  out.number(state.flag_version);
  out.signed_number(state.reached.time_since_epoch().count());
  out.number(state.decisions);
  out.number(state.orphans);
  out.number(state.ended ? 1 : 0);
  out.number(state.outbox.size());
  for (const std::string& record : state.outbox) out.text(record);
  const std::size_t most = ports::CheckpointStore::max_bytes - room_for_sequence_number;
  if (out.size() > most)
    return fail(ErrorCode::resource_exhausted,
                "a session's state and latest decisions have " + std::to_string(out.size()) +
                    " bytes, must be at most " + std::to_string(most));
  return out.take();
}

Result<SessionState> decode(std::string_view bytes) {
  const auto refused = [](std::string why) {
    return fail(ErrorCode::invalid_argument, "a session's checkpoint cannot be used: " + why);
  };
  ByteReader in(bytes);
  if (in.number() != form) return refused("it has another form");
  auto engine = engine::restore(in.text());
  if (!engine) return tl::unexpected(engine.error());
  SessionState state{.engine = std::move(*engine), .outbox = {}};
  const std::uint64_t arm = in.number();
  state.flag_version = in.number();
  const std::int64_t reached = in.signed_number();
  state.decisions = in.number();
  state.orphans = in.number();
  const std::uint64_t ended = in.number();
  const std::uint64_t records = in.number();
  if (!in.ok() || arm >= telemetry::arms.size() || ended > 1 || reached < 0 || reached > latest ||
      records > in.left())
    return refused("it is cut off or damaged");
  state.arm = telemetry::arms[arm];
  state.reached = at_ms(reached);
  state.ended = ended == 1;
  for (std::uint64_t i = 0; i < records; ++i) state.outbox.emplace_back(in.text());
  if (!in.ok() || !in.at_end()) return refused("it is cut off or damaged");
  return state;
}

}  // namespace sotto::lambda
