#include "options/configuration.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iomanip>
#include <map>

namespace sotto::app {

namespace {

bool is_flag(const CLI::Option& option) { return option.get_expected_min() == 0; }

std::string name_of(const CLI::Option& option) { return option.get_lnames().front(); }

std::string value_of(CLI::Option& option) {
  if (is_flag(option))
    return option.count() > 0 ? option.results().front() : option.get_default_str();
  option.capture_default_str();  // what the option is bound to holds by now
  std::string value = option.get_default_str();
  if (value.size() > 1 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return value;
}

tl::unexpected<Error> wrong(const std::string& file, const std::string& name,
                            const std::string& message) {
  return fail(ErrorCode::invalid_argument, file + ": " + message, name);
}

// One line of the file to its option; true where the option had no value yet.
Result<bool> apply(CLI::App& command, const CLI::ConfigItem& item, const std::string& file) {
  std::string name = item.name;
  std::replace(name.begin(), name.end(), '_', '-');
  CLI::Option* option = command.get_option_no_throw("--" + name);
  const bool here = item.parents.empty() ||
                    (item.parents.size() == 1 && item.parents.front() == command.get_name());
  if (!option || !here || !option->get_configurable())
    return wrong(file, item.name,
                 "\"" + item.fullname().substr(0, 60) + "\" is not a setting of sotto " +
                     command.get_name());
  if (option->count() > 0) return false;
  try {
    if (is_flag(*option)) {
      option->add_result(option->get_flag_value(name, item.inputs.empty() ? "" : item.inputs[0]));
    } else {
      option->add_result(item.inputs);
    }
    option->run_callback();
  } catch (const CLI::Error& error) {
    return wrong(file, item.name, error.what());
  }
  return true;
}

// The options that the file has set.
Result<std::vector<const CLI::Option*>> apply_file(CLI::App& command, const std::string& file) {
  std::vector<const CLI::Option*> set;
  if (file.empty()) return set;
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::not_found, "cannot read the configuration " + file, "config");
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(in);
  } catch (const CLI::Error& error) {
    return wrong(file, "config", error.what());
  }
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // a section begins or ends
    const auto applied = apply(command, item, file);
    if (!applied) return tl::unexpected(applied.error());
    if (!*applied) continue;
    std::string name = item.name;
    std::replace(name.begin(), name.end(), '_', '-');
    set.push_back(command.get_option_no_throw("--" + name));
  }
  return set;
}

}  // namespace

Result<std::vector<Setting>> read_configuration(CLI::App& command, const std::string& file) {
  std::map<const CLI::Option*, std::string> sources;
  const auto typed = command.parse_order();
  for (const CLI::Option* option : command.get_options()) {
    const bool on_command_line = std::find(typed.begin(), typed.end(), option) != typed.end();
    sources[option] = on_command_line       ? "command line"
                      : option->count() > 0 ? option->get_envname()
                                            : "default";
  }
  const auto from_file = apply_file(command, file);
  if (!from_file) return tl::unexpected(from_file.error());
  for (const CLI::Option* option : *from_file) sources[option] = file;
  std::vector<Setting> settings;
  for (CLI::Option* option : command.get_options())
    if (option->get_configurable() && !option->get_lnames().empty() && name_of(*option) != "help")
      settings.push_back({name_of(*option), value_of(*option), sources[option]});
  return settings;
}

void print_settings(std::ostream& out, const std::vector<Setting>& settings, bool json) {
  if (json) {
    boost::json::object object;
    for (const auto& [name, value, source] : settings)
      object[name] = {{"value", value}, {"source", source}};
    out << boost::json::serialize(object) << std::endl;
    return;
  }
  for (const auto& [name, value, source] : settings)
    out << std::left << std::setw(26) << name << std::setw(46) << (value.empty() ? "-" : value)
        << source << '\n';
  out << std::flush;
}

}  // namespace sotto::app
