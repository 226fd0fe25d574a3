#pragma once

#include <map>
#include <string>
#include <vector>

#include "providers/aws/client/http.hpp"
#include "providers/aws/credentials/environment.hpp"

namespace sotto::providers::aws::testing {

/// An environment of given variables, files and one program's answer.
class FakeEnvironment : public Environment {
 public:
  std::map<std::string, std::string> variables = {{"HOME", "/home/me"}};
  std::map<std::string, std::string> files = {};
  Result<std::string> output = fail(ErrorCode::not_found, "there is no program");
  mutable std::vector<std::string> ran = {};

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  Result<std::string> read_file(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(ErrorCode::not_found, "cannot read " + path);
    return found->second;
  }
  Result<std::string> run(const std::vector<std::string>& arguments, milliseconds) const override {
    ran = arguments;
    return output;
  }
};

/// A network with answers by `METHOD scheme://host path`; nobody else is there.
class FakeNetwork : public HttpSender {
 public:
  std::map<std::string, HttpResponse> answers = {};
  std::vector<HttpRequest> sent = {};
  std::vector<std::string> asked = {};

  Result<HttpResponse> send(const Endpoint& endpoint, const HttpRequest& request,
                            milliseconds) override {
    const std::string what = request.method + (endpoint.tls ? " https://" : " http://") +
                             endpoint.host_header() + request.target;
    asked.push_back(what);
    sent.push_back(request);
    const auto found = answers.find(what);
    if (found == answers.end())
      return fail(ErrorCode::unavailable, "cannot connect to " + endpoint.host);
    return found->second;
  }
};

}  // namespace sotto::providers::aws::testing
