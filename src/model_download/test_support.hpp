#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "http_client/test_server.hpp"
#include "model_download/downloader.hpp"
#include "models/check.hpp"
#include "models/sha256.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::model_download::testing {

namespace fs = std::filesystem;
using http_client::HttpRequest;
using http_client::testing::Reply;
using http_client::testing::TestServer;

inline std::string range_of(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "Range") return value;
  return "";
}

/// As a server answers that has `content` and knows ranges (RFC 9110 §14).
inline Reply answer(const std::string& content, const HttpRequest& request) {
  const std::string range = range_of(request);
  if (range.empty()) return {200, content};
  const std::size_t first = std::stoul(range.substr(sizeof "bytes=" - 1));
  const std::string size = std::to_string(content.size());
  if (first >= content.size()) return {416, "", {{"Content-Range", "bytes */" + size}}};
  return {206,
          content.substr(first),
          {{"Content-Range", "bytes " + std::to_string(first) + "-" +
                                 std::to_string(content.size() - 1) + "/" + size}}};
}

/// A model of three made-up files, English to Spanish, and a folder to fetch it into.
class ModelFixture : public ::testing::Test {
 protected:
  ModelFixture() {
    std::string list = "repository\tsome/models\ncommit\tabc\nlicence\tMPL-2.0\n";
    for (const auto& [name, content] : contents) {
      write(folder.path() / "content", content);
      list += "enes\ttiny\t" + name + "\t" + std::to_string(content.size()) + "\t" +
              models::sha256_of(folder.path() / "content").value() + "\t\t\n";
    }
    offered = models::TranslationModels::parse(list).value();
    settings.patience.quiet = std::chrono::seconds{10};
    settings.patience.wait = [this](milliseconds wait, const std::stop_token&) {
      waits.push_back(wait);
    };
  }

  static void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string numbers(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
    return text;
  }

  const models::TranslationModel& model() const { return offered.all().front(); }
  fs::path place(const std::string& name) const { return models / "bergamot/enes-tiny" / name; }

  Result<std::uint64_t> get(const TestServer& server, const Hooks& hooks = {},
                            const std::stop_token& stop = {}) {
    Settings of_server = settings;
    of_server.mirror = server.url() + "/mirror";
    return Downloader::create(of_server).value().get(model(), models, hooks, stop);
  }
  /// What the server has under a path, for handlers.
  const std::string& content(const HttpRequest& request) const {
    return contents.at(request.target.substr(request.target.rfind('/') + 1));
  }
  bool is_whole() const {
    return models::faults(model().model, models, models::Depth::hashes).empty();
  }
  /// Requests for the weights, the largest file and the last.
  static std::vector<HttpRequest> for_weights(const TestServer& server) {
    std::vector<HttpRequest> found;
    for (const HttpRequest& request : server.requests())
      if (request.target.ends_with(weights)) found.push_back(request);
    return found;
  }

  inline static const std::string weights = "model.enes.intgemm.alphas.bin.gz";
  const std::map<std::string, std::string> contents = {{"lex.50.50.enes.s2t.bin.gz", "a lexicon"},
                                                       {weights, numbers(3'000'000)},
                                                       {"vocab.enes.spm.gz", "a vocabulary"}};
  sotto::testing::TemporaryFolder folder;
  const fs::path models = folder.path() / "models";
  models::TranslationModels offered;
  Settings settings;
  std::vector<milliseconds> waits;  // between tries
};

}  // namespace sotto::model_download::testing
