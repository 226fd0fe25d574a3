#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "commands/models_script.hpp"
#include "json/text.hpp"
#include "models/check.hpp"
#include "models/folders.hpp"
#include "models/manifest.hpp"
#include "models/translation.hpp"
#include "options/cli.hpp"
#include "options/model_source.hpp"
#include "output/download_progress.hpp"
#include "output/models_output.hpp"

namespace sotto::app {

namespace {

using boost::json::array;
using boost::json::object;
using models::Depth;
using models::TranslationModel;

struct ModelsOptions {
  std::vector<std::string> names;
  bool json = false;
  bool all = false;
  ModelSource source;
};

using Listed = std::vector<ListedModel>;

void add(Listed& to, const std::vector<const TranslationModel*>& models) {
  for (const TranslationModel* each : models) to.push_back({&each->model, each});
}

// Those of which something is on this machine.
std::vector<const TranslationModel*> installed(std::vector<const TranslationModel*> of) {
  std::erase_if(of, [](const TranslationModel* each) {
    return condition(each->model, Depth::sizes).is_missing();
  });
  return of;
}

std::vector<const TranslationModel*> all_translation() {
  std::vector<const TranslationModel*> all;
  for (const TranslationModel& each : models::translation_models().all()) all.push_back(&each);
  return all;
}

// The recogniser's models.
Listed recognisers() {
  Listed all;
  for (const models::Model& model : models::manifest().models) all.push_back({&model, nullptr});
  return all;
}

Error unknown(const std::string& name) {
  std::string known;
  for (const models::Model& each : models::manifest().models)
    known += (known.empty() ? "" : ", ") + each.name;
  return {ErrorCode::not_found,
          "there is no model '" + name + "'; there " +
              (known.empty() ? "are none of a recogniser for this processor" : "are " + known) +
              ", and for translation names such as en-es ('sotto models list --all')",
          "model"};
}

using ByName = Result<std::vector<const TranslationModel*>> (models::TranslationModels::*)(
    std::string_view) const;

// The models that were named; `by_name` says which of a pair.
Result<Listed> named(const std::vector<std::string>& names, ByName by_name) {
  Listed chosen;
  for (const std::string& name : names) {
    if (const models::Model* const model = models::manifest().find(name)) {
      chosen.push_back({model, nullptr});
      continue;
    }
    if (!models::TranslationModels::is_name(name)) return tl::unexpected(unknown(name));
    const auto found = (models::translation_models().*by_name)(name);
    if (!found) return tl::unexpected(found.error());
    add(chosen, *found);
  }
  return chosen;
}

// The models that were named: of a pair those that are installed, or else the recommended one.
Result<Listed> named_here(const std::vector<std::string>& names) {
  Listed chosen;
  for (const std::string& name : names) {
    auto kinds = named({name}, &models::TranslationModels::kinds_named);
    if (!kinds) return kinds;
    std::erase_if(*kinds, [](const ListedModel& each) {
      return each.translation && condition(*each.model, Depth::sizes).is_missing();
    });
    if (kinds->empty()) kinds = named({name}, &models::TranslationModels::named);
    chosen.insert(chosen.end(), kinds->begin(), kinds->end());
  }
  return chosen;
}

int show(const Listed& models, bool json) {
  array all;
  if (!json) print_models_head();
  for (const ListedModel& each : models) {
    const ModelCondition now = condition(*each.model, Depth::sizes);
    if (json)
      all.push_back(to_json(each, now));
    else
      print_model(each, now);
  }
  if (json) std::cout << json::to_text(object{{"models", std::move(all)}}) << '\n';
  return exit_success;
}

int list(const ModelsOptions& options) {
  if (!options.names.empty()) {
    const auto models = named(options.names, &models::TranslationModels::kinds_named);
    if (!models) return report(models.error(), options.json, true);
    return show(*models, options.json);
  }
  Listed models = recognisers();
  const bool all = options.all || options.json;
  add(models, all ? all_translation() : installed(all_translation()));
  show(models, options.json);
  if (!all)
    std::printf(
        "%zu translation models for %zu language pairs, Firefox's, by Mozilla and the Bergamot "
        "project (MPL-2.0):\n'sotto models list en-es' shows those of a pair, 'sotto models list "
        "--all' all.\n",
        models::translation_models().all().size(), models::translation_models().pairs());
  return exit_success;
}

int verify(const ModelsOptions& options) {
  auto models = named_here(options.names);
  if (!models) return report(models.error(), options.json, true);
  if (options.names.empty()) {
    *models = recognisers();
    add(*models, installed(all_translation()));
  }
  bool all_right = true;
  array told;
  for (const ListedModel& each : *models) {
    const ModelCondition now = condition(*each.model, Depth::hashes);
    const bool left_out =
        (now.state == "removed" || (each.model->optional && now.state == "missing")) &&
        options.names.empty();
    all_right = all_right && (now.state == "ready" || left_out);
    if (options.json) {
      told.push_back(to_json(each, now));
    } else if (now.state == "ready" || left_out) {
      std::cout << each.model->name << ": " << (left_out ? now.state : "as it should be") << '\n';
    } else {
      for (const Error& fault : now.faults) (void)report(fault, false);
    }
  }
  if (options.json) std::cout << json::to_text(object{{"models", std::move(told)}}) << '\n';
  return all_right ? exit_success : exit_failure;
}

// Of a pair that goes through English only one may be meant, and the other serves other pairs.
Result<> one_pair_each(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!models::TranslationModels::is_name(name)) continue;
    const auto models = models::translation_models().named(name);
    if (models && models->size() > 1)
      return fail(ErrorCode::invalid_argument,
                  name + " is two models, through English; name the one to remove: " +
                      models->front()->model.name + " or " + models->back()->model.name,
                  "model");
  }
  return {};
}

int remove(const ModelsOptions& options) {
  if (const auto clear = one_pair_each(options.names); !clear)
    return report(clear.error(), options.json, true);
  const auto models = named_here(options.names);
  if (!models) return report(models.error(), options.json, true);
  const auto own = models::own_folder();
  if (!own) return report(own.error(), options.json);
  for (const ListedModel& each : *models) {
    const models::Model& model = *each.model;
    if (const auto removed = models::remove(model, *own); !removed) {
      Error error = removed.error();
      if (const auto shared = models::find(model, models::folders());
          shared && error.code == ErrorCode::not_found)
        error.message = model.name + " is in " + shared->string() +
                        ", which all users share; whoever put it there can remove it";
      return report(error, options.json);
    }
    if (!options.json)
      std::cout << model.name << " removed from " << own->string() << "; 'sotto models get "
                << model.name << "' fetches it again\n";
  }
  return options.json ? show(*models, true) : exit_success;
}

int get_recognisers(const Listed& models, const ModelsOptions& options) {
  std::vector<std::string> names;
  for (const ListedModel& each : models)
    if (!each.translation) names.push_back(each.model->name);
  if (names.empty()) return exit_success;
  if (options.source.offline) return report(open_source(options.source).error(), options.json);
  std::cout.flush();
  const auto code = run_models_script(names, options.json);
  if (!code) return report(code.error(), options.json);
  return *code == 0 ? exit_success : exit_failure;  // it said why
}

int get_translation(const TranslationModel& model, const ModelsOptions& options) {
  if (condition(model.model, Depth::hashes).state == "ready") return exit_success;
  const auto own = models::own_folder();
  if (!own) return report(own.error(), options.json);
  const auto source = open_source(options.source);
  if (!source)
    return report(
        {source.error().code, model.model.name + " is not here: " + source.error().message,
         source.error().field},
        options.json, source.error().code == ErrorCode::invalid_argument);
  const auto began = std::chrono::steady_clock::now();
  std::FILE* const out = options.json ? stderr : stdout;
  DownloadProgress progress(out, model.model.name);
  const auto got = source->get(model, *own, progress.hooks());
  progress.end();
  if (!got) return report(got.error(), options.json);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::fprintf(out, "%s: ready after %.0f s, in %s\n", model.model.name.c_str(), took.count(),
               own->c_str());
  std::fflush(out);
  return exit_success;
}

// Says where two models take the place of one.
void say_pivots(const ModelsOptions& options) {
  for (const std::string& name : options.names) {
    if (!models::TranslationModels::is_name(name)) continue;
    const auto models = models::translation_models().named(name);
    if (models && models->size() > 1)
      std::fprintf(options.json ? stderr : stdout,
                   "%s: no model is direct; it goes through English, with %s and %s\n",
                   name.c_str(), models->front()->model.name.c_str(),
                   models->back()->model.name.c_str());
  }
}

int get(const ModelsOptions& options) {
  auto models = named(options.names, &models::TranslationModels::named);
  if (!models) return report(models.error(), options.json, true);
  if (options.names.empty()) {
    *models = recognisers();
    add(*models, installed(all_translation()));
  }
  say_pivots(options);
  if (const int code = get_recognisers(*models, options); code != exit_success) return code;
  for (const ListedModel& each : *models)
    if (each.translation)
      if (const int code = get_translation(*each.translation, options); code != exit_success)
        return code;
  return show(*models, options.json);
}

}  // namespace

void add_models(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "models", "List, download, check and remove models for recognition, translation and speech");
  command->require_subcommand(1);
  struct Verb {
    const char* name;
    const char* about;
    int (*work)(const ModelsOptions&);
  };
  for (const Verb& verb :
       {Verb{"list",
             "Show models with their licence, size and state: those named, or all, of those for "
             "translation only the installed ones",
             list},
        Verb{"verify", "Compare the SHA-256 of all files, or of the named models' files", verify},
        Verb{"get",
             "Download what is missing or damaged, of the models named or of those that ./run "
             "installs",
             get},
        Verb{"remove", "Remove a model; the set-up then does not download it again", remove}}) {
    auto options = std::make_shared<ModelsOptions>();
    CLI::App* subcommand = command->add_subcommand(verb.name, verb.about);
    auto* const names = subcommand->add_option(
        "model", options->names,
        "Names, as list shows them; for translation also a pair, such as en-es");
    if (verb.work == remove) names->required();
    if (verb.work == list)
      subcommand->add_flag("--all", options->all, "Show all translation models too");
    if (verb.work == get) add_model_source(*subcommand, options->source);
    subcommand->add_flag("--json", options->json, "Print JSON");
    subcommand->callback([options, &run, work = verb.work] {
      run = [options, work] {
        if (const auto& read = models::translation_models_read(); !read)
          return report(read.error(), options->json, true);
        return work(*options);
      };
    });
  }
}

}  // namespace sotto::app
