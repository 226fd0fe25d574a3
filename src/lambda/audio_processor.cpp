#include "lambda/audio_processor.hpp"

#include <boost/json.hpp>
#include <utility>

#include "base/overloaded.hpp"
#include "json/text.hpp"
#include "telemetry/emf.hpp"

namespace sotto::lambda {

AudioProcessor::AudioProcessor(AudioProcessorConfig config, ProcessorParts parts,
                               std::function<void(const std::string&)> print)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      print_(std::move(print)),
      processor_(parts_, config_.settings),
      printed_(parts_.metrics->snapshot()) {}

Result<std::string> AudioProcessor::handle(std::string_view payload,
                                           const InvocationContext& context) {
  const auto invocation = parse_invocation(payload);
  if (!invocation) {
    parts_.log->write(telemetry::Level::error, "the event cannot be read",
                      {{"event", "invocation_failed"},
                       {"error_code", to_string(invocation.error().code)},
                       {"error", invocation.error().message},
                       {"request_id", context.request_id}});
    return tl::unexpected(invocation.error());
  }
  return std::visit(Overloaded{[&](const Batch& batch) {
                                 const UtcTime begun = parts_.now();
                                 parts_.flag->refresh(begun);
                                 const auto failed = processor_.process(batch, context.deadline);
                                 print_metrics(begun);
                                 return batch_answer(failed);
                               },
                               [&](const auto&) {
                                 parts_.flag->read(parts_.now());
                                 return status();
                               }},
                    *invocation);
}

std::string AudioProcessor::status() const {
  const auto in_force = parts_.flag->current();
  boost::json::object flag{{"parameter_name", parts_.flag->parameter_name()},
                           {"source", rollout::to_string(in_force->source)},
                           {"version", in_force->version},
                           {"enabled", in_force->flag.enabled && !in_force->environment_off &&
                                           in_force->source != rollout::Source::none},
                           {"rollout_percentage", in_force->flag.rollout_percentage},
                           {"min_stability_threshold", in_force->flag.min_stability_threshold},
                           {"max_buffer_timeout", to_seconds(in_force->flag.max_buffer_timeout)},
                           {"environment_off", in_force->environment_off}};
  return json::to_text(boost::json::object{{"status", "ok"},
                                           {"environment", config_.environment},
                                           {"checkpoints", parts_.checkpoints->name()},
                                           {"recogniser", parts_.recogniser != nullptr},
                                           {"flag", std::move(flag)}});
}

void AudioProcessor::print_metrics(UtcTime at) {
  telemetry::Snapshot now = parts_.metrics->snapshot();
  telemetry::Minute since{at, {}};
  for (std::size_t i = 0; i < now.size(); ++i) since.arms[i] = now[i].since(printed_[i]);
  printed_ = std::move(now);
  for (const std::string& line : telemetry::emf_lines(config_.environment, since)) print_(line);
}

}  // namespace sotto::lambda
