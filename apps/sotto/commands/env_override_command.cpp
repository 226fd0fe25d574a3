#include <boost/json.hpp>
#include <iostream>

#include "commands/rollout_common.hpp"
#include "output/rollout_output.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/aws/lambda_config/function_variables.hpp"

namespace sotto::app {

namespace {

namespace aws = providers::aws;

struct OverrideOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string function = "audio-processor", region;
  std::vector<std::string> settings, unset;
};

Result<aws::VariablesEdit> edit_of(const OverrideOptions& options) {
  aws::VariablesEdit edit;
  for (const std::string& setting : options.settings)
    if (const auto added = add_setting(edit, setting); !added) return tl::unexpected(added.error());
  for (const std::string& name : options.unset) {
    if (const auto added = add_unset(edit, name); !added) return tl::unexpected(added.error());
    if (edit.set.contains(name))
      return fail(ErrorCode::invalid_argument, name + " cannot be set and unset at once", "unset");
  }
  if (edit.set.empty() && edit.unset.empty())
    return fail(ErrorCode::invalid_argument,
                "say what to change: PARTIAL_RESULTS_ENABLED=false, or --unset NAME", "variables");
  return edit;
}

boost::json::value or_null(const std::optional<std::string>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

boost::json::object changed_json(const OverrideOptions& options,
                                 const aws::VariablesChanged& changed) {
  boost::json::array changes;
  for (const aws::VariableChange& change : changed.changes)
    changes.push_back(boost::json::object{
        {"name", change.name}, {"from", or_null(change.before)}, {"to", or_null(change.after)}});
  return {{"function", options.function},
          {"dry_run", options.common->dry_run},
          {"changes", std::move(changes)},
          {"kept", changed.kept}};
}

void print_text(const OverrideOptions& options, const aws::VariablesChanged& changed) {
  const auto in_words = [](const std::optional<std::string>& value) {
    return !value ? "not set" : value->empty() ? "empty" : printable(*value);
  };
  const std::string others =
      changed.kept == 0   ? "there are no other variables"
      : changed.kept == 1 ? "1 other variable stays as it is"
                          : std::to_string(changed.kept) + " other variables stay as they are";
  if (changed.changes.empty()) {
    std::cout << printable(options.function) << " has that already; nothing was changed\n";
    return;
  }
  std::cout << printable(options.function)
            << (options.common->dry_run ? ", would change:\n" : ":\n");
  for (const aws::VariableChange& change : changed.changes)
    std::cout << "  " << change.name << ": " << in_words(change.before) << " → "
              << in_words(change.after) << '\n';
  std::cout << "  " << others << std::endl;
}

int env_override(const OverrideOptions& options) {
  const auto edit = edit_of(options);
  if (!edit) return fail_with(edit.error(), *options.common);
  const auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>(), options.region);
  if (!client) return fail_with(client.error(), *options.common);
  const auto changed =
      aws::change_variables(**client, options.function, *edit, options.common->dry_run,
                            aws::ClientDependencies::real().sleep);
  if (!changed) return fail_with(changed.error(), *options.common);
  if (options.common->json)
    print(changed_json(options, *changed));
  else
    print_text(options, *changed);
  return exit_success;
}

}  // namespace

void add_env_override(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                      Run& run) {
  auto options = std::make_shared<OverrideOptions>();
  options->common = common;
  CLI::App* sub = rollout.add_subcommand(
      "env-override", "Set environment variables of a Lambda function, and keep its others");
  sub->fallthrough();
  sub->add_option("variables", options->settings, "Such as PARTIAL_RESULTS_ENABLED=false");
  sub->add_option("--unset", options->unset, "Take this variable away; may be said again")
      ->allow_extra_args(false);
  sub->add_option("--function", options->function, "Its name or ARN")->capture_default_str();
  sub->add_option("--region", options->region, "Where it is (AWS_REGION, else the profile's)");
  sub->callback([options, &run] { run = [options] { return env_override(*options); }; });
}

}  // namespace sotto::app
