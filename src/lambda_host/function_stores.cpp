#include "lambda_host/function_stores.hpp"

#include <cstdlib>
#include <random>
#include <string_view>
#include <utility>

#include "providers/aws/client/account.hpp"
#include "providers/aws/dynamodb/dynamodb_checkpoints.hpp"
#include "providers/aws/kinesis/kinesis_decision_sink.hpp"
#include "providers/aws/ssm/ssm_flag_store.hpp"
#include "providers/aws/transcribe/transcribe_recogniser.hpp"
#include "providers/local/file_checkpoint_store.hpp"
#include "providers/local/file_decision_sink.hpp"
#include "providers/local/file_flag_store.hpp"

namespace sotto::lambda_host {

namespace aws = providers::aws;
namespace local = providers::local;

namespace {

// KIND:PLACE.
struct Place {
  std::string kind, where;
};

Place place_of(const std::string& url) {
  const std::size_t colon = url.find(':');
  return {url.substr(0, colon), colon == std::string::npos ? "" : url.substr(colon + 1)};
}

tl::unexpected<Error> unknown(const char* name, const std::string& url, const char* known) {
  return fail(ErrorCode::invalid_argument,
              std::string(name) + " is \"" + url.substr(0, 100) + "\", must be " + known, name);
}

Result<std::shared_ptr<aws::Client>> client(std::string region = {}) {
  return aws::open_client(std::make_shared<aws::SystemEnvironment>(), std::move(region));
}

// Names this process among all that ever were. A process number comes again; this does not.
std::string instance_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::to_string(random()) + (i < 3 ? "-" : "");
  return name;
}

Result<std::unique_ptr<ports::CheckpointStore>> open_checkpoints(const std::string& url) {
  constexpr const char* name = "SOTTO_CHECKPOINTS";
  constexpr const char* known = "dynamodb:TABLE or file:FOLDER";
  if (url.empty())
    return fail(ErrorCode::invalid_argument,
                std::string(name) + " is not set: it names the store of checkpoints, as " + known,
                name);
  const Place place = place_of(url);
  if (place.kind == "file" && !place.where.empty())
    return local::make_file_checkpoint_store(place.where);
  if (place.kind != "dynamodb" || place.where.empty()) return unknown(name, url, known);
  auto with = client();
  if (!with) return tl::unexpected(with.error());
  return aws::make_dynamodb_checkpoint_store(std::move(*with), place.where, instance_name());
}

Result<std::unique_ptr<ports::DecisionSink>> open_decisions(const std::string& url) {
  constexpr const char* name = "SOTTO_DECISIONS";
  if (url.empty()) return nullptr;
  const Place place = place_of(url);
  if (place.kind == "file" && !place.where.empty())
    return local::make_file_decision_sink(place.where);
  if (place.kind != "kinesis" || place.where.empty())
    return unknown(name, url, "kinesis:STREAM or file:PATH");
  auto with = client();
  if (!with) return tl::unexpected(with.error());
  auto sink = aws::make_kinesis_decision_sink(std::move(*with), place.where);
  if (!sink) return fail(sink.error().code, std::string(name) + ": " + sink.error().message, name);
  return sink;
}

// Invocations come one at a time, and a record is recognised after the other.
constexpr std::size_t most_streams = 2;

Result<std::unique_ptr<ports::Recogniser>> open_recogniser(const std::string& name) {
  if (name.empty()) return nullptr;
  if (name != "transcribe") return unknown("SOTTO_RECOGNISER", name, "transcribe");
  auto with = client();
  if (!with) return tl::unexpected(with.error());
  return open_transcribe(std::move(*with), most_streams);
}

}  // namespace

Result<std::unique_ptr<ports::Recogniser>> open_transcribe(std::shared_ptr<aws::Client> client,
                                                           std::size_t max_streams) {
  aws::TranscribeSettings settings;
  settings.max_streams = max_streams;
  if (const char* bundle = std::getenv("AWS_CA_BUNDLE")) settings.ca_file = bundle;
  auto recogniser = aws::TranscribeRecogniser::create(std::move(client), std::move(settings));
  if (!recogniser) return tl::unexpected(recogniser.error());
  return std::move(*recogniser);
}

Result<std::unique_ptr<ports::FlagStore>> open_function_flag(const std::string& url) {
  const Place place = place_of(url);
  if (place.kind == "file" && !place.where.empty()) return local::make_file_flag_store(place.where);
  if (place.kind != "ssm") return unknown("SOTTO_STORE", url, "ssm:REGION or file:PATH");
  auto with = client(place.where);
  if (!with) return tl::unexpected(with.error());
  return aws::make_ssm_flag_store(std::move(*with));
}

Result<LambdaStores> open_function_stores(const LambdaOptions& options,
                                          const OpenFlagStore& open_flag) {
  LambdaStores stores;
  if (!options.store.empty()) {
    auto flag = open_flag(options.store);
    if (!flag) return tl::unexpected(flag.error());
    stores.flag = std::move(*flag);
  }
  auto checkpoints = open_checkpoints(options.checkpoints);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  stores.checkpoints = std::move(*checkpoints);
  auto decisions = open_decisions(options.decisions);
  if (!decisions) return tl::unexpected(decisions.error());
  stores.decisions = std::move(*decisions);
  auto recogniser = open_recogniser(options.recogniser);
  if (!recogniser) return tl::unexpected(recogniser.error());
  stores.recogniser = std::move(*recogniser);
  return stores;
}

}  // namespace sotto::lambda_host
