#include "composition/engines.hpp"

#include "lambda_host/function_stores.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/aws/polly/polly_synthesiser.hpp"

namespace sotto::composition {

namespace aws = providers::aws;

namespace {

Result<> take_translator(const TranslatorChoice& choice, TranslatorParts parts, Engines& engines) {
  auto translator = chosen_translator(choice, std::move(parts));
  if (!translator) return tl::unexpected(translator.error());
  engines.translator = std::move(translator->translator);
  engines.look_for_models = std::move(translator->look_again);
  return {};
}

Result<> take_local_recogniser(const RecogniserChoice& choice, std::size_t sessions,
                               StandbyNotices notices, Engines& engines) {
  auto local = local_recogniser(choice, sessions, std::move(notices));
  if (!local) return tl::unexpected(local.error());
  engines.recogniser = std::move(local->recogniser);
  engines.recogniser_name =
      (local->engine == "moonshine" ? "Moonshine " : "PocketSphinx ") + local->models;
  engines.recogniser_instead = std::move(local->instead);
  return {};
}

void take_local_synthesiser(const std::string& name, ServedEngines& engines) {
  auto local = local_synthesiser(name);
  if (!local) {
    engines.synthesiser = tl::unexpected(local.error());
    return;
  }
  engines.synthesiser = std::move(local->synthesiser);
  engines.synthesiser_instead = std::move(local->instead);
}

// The adapter as its port.
template <class Port, class Adapter>
Result<std::unique_ptr<Port>> as_port(Result<std::unique_ptr<Adapter>> adapter) {
  if (!adapter) return tl::unexpected(adapter.error());
  return std::move(*adapter);
}

}  // namespace

Result<Engines> embedded_engines(const RecogniserChoice& choice, std::size_t max_sessions,
                                 const TranslatorChoice& translators) {
  Engines engines;
  if (auto heard = take_local_recogniser(choice, max_sessions, {}, engines); !heard)
    return tl::unexpected(heard.error());
  const TranslatorParts parts{aws_client(""), {}, std::chrono::minutes{1}};
  if (auto translates = take_translator(translators, parts, engines); !translates)
    return tl::unexpected(translates.error());
  return engines;
}

Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_sessions,
                                     EngineNotices notices) {
  auto client = aws_client(choice.region);
  ServedEngines engines;
  if (choice.recogniser.engine == "transcribe") {
    auto opened = client();
    if (!opened) return tl::unexpected(opened.error());
    auto recogniser = lambda_host::open_transcribe(*opened, max_sessions);
    if (!recogniser) return tl::unexpected(recogniser.error());
    engines.recogniser = std::move(*recogniser);
    engines.recogniser_name = "Amazon Transcribe";
  } else if (auto heard = take_local_recogniser(choice.recogniser, max_sessions,
                                                std::move(notices.recogniser), engines);
             !heard) {
    return tl::unexpected(heard.error());
  }
  if (auto translates = take_translator(choice.translators,
                                        {.aws = [&client] { return client(); },
                                         .notices = std::move(notices.translators),
                                         .models_may_come_later = true},
                                        engines);
      !translates)
    return tl::unexpected(translates.error());
  if (choice.synthesiser != "polly") {
    take_local_synthesiser(choice.synthesiser, engines);
    return engines;
  }
  auto opened = client();
  if (!opened) return tl::unexpected(opened.error());
  engines.synthesiser =
      as_port<ports::Synthesiser>(aws::PollySynthesiser::create(std::move(*opened), {}));
  return engines;
}

}  // namespace sotto::composition
