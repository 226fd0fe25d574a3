// Prints requests that Sotto's Signature Version 4 has signed, a JSON object a line, for
// botocore_signing.py to recompute.
#include <boost/json.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "providers/aws/client/sigv4.hpp"

namespace {

using namespace sotto::providers::aws;

struct Shape {
  std::string name;
  std::string service = "ssm";
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  Pairs headers = {};
  std::string body = {};
  std::string token = {};
  std::string host = "ssm.eu-west-1.amazonaws.com";
  std::string region = "eu-west-1";
  int presigned_for = 0;  // seconds; 0: signed by header
};

Pairs json_rpc(const std::string& target, const std::string& version = "1.1") {
  return {{"Content-Type", "application/x-amz-json-" + version}, {"X-Amz-Target", target}};
}

const std::string token = "IQoJb3JpZ2luX2VjEJr//////////wEaCWV1/+=token==";
const std::string lambda_path = "/2015-03-31/functions/";
const std::string transcribe_host = "transcribestreaming.eu-west-1.amazonaws.com:8443";
const std::string transcribe_path = "/stream-transcription-websocket";
const std::string transcribe_query =
    encode_query({{"language-code", "en-US"},
                  {"media-encoding", "pcm"},
                  {"sample-rate", "16000"},
                  {"enable-partial-results-stabilization", "true"},
                  {"partial-results-stability", "high"},
                  {"session-id", "2f2b2c1e-0a6b-4f60-9d5e-3a8f5f0a1b2c"},
                  {"vocabulary-name", "talk terms/1"}});

std::vector<Shape> with_queries() {
  return {
      {"plain GET"},
      {"query out of order", "ssm", "GET", "/", "zeta=1&alpha=2&Beta=3"},
      {"query key that begins another", "ssm", "GET", "/", "Param-3=c&Param=a&Param.x=b"},
      {"query with empty values", "ssm", "GET", "/", "b=&a=&c=1"},
      {"query with repeated keys", "ssm", "GET", "/", "k=2&k=10&k=1&j=0"},
      {"query in unicode", "ssm", "GET", "/",
       encode_query({{"s\u00e3o", "\u65e5\u672c"}, {"a", "\u00e9"}})},
      {"query with spaces", "ssm", "GET", "/", encode_query({{"a b", "c d  e"}})},
      {"query with reserved characters", "ssm", "GET", "/",
       encode_query({{"a&b", "c=d"}, {"path", "/x/y?z#w"}, {"plus", "1+1"}, {"star", "*'()!"}})},
  };
}

std::vector<Shape> with_paths() {
  return {
      {"empty segments", "lambda", "GET", "//a///b//"},
      {"dots in the path", "lambda", "GET", "/a/./b/../c/"},
      {"two dots at the end", "lambda", "GET", "/a/b/.."},
      {"escaped path", "lambda", "GET", lambda_path + "arn%3Aaws%3Alambda%3Aeu-west-1%3A123/code"},
      {"escaped slash and unicode in the path", "lambda", "GET", lambda_path + "a%2Fb%20c%C3%A9"},
      {"unreserved characters in the path", "polly", "GET", "/v1/-._~/"},
      {"path and query", "lambda", "GET", lambda_path + "talks/configuration",
       "Qualifier=%24LATEST"},
  };
}

std::vector<Shape> with_headers() {
  return {
      {"white space in headers", "ssm", "GET", "/", "", {{"X-Amz-Meta", "   a   b\t c  "}}},
      {"repeated headers",
       "ssm",
       "GET",
       "/",
       "",
       {{"X-Amz-B", "2"}, {"X-Amz-A", "x"}, {"X-Amz-B", "1"}}},
      {"an empty header", "ssm", "GET", "/", "", {{"X-Amz-Empty", ""}}},
      {"headers that are not signed",
       "ssm",
       "GET",
       "/",
       "",
       {{"User-Agent", "sotto/0.1"}, {"Expect", "100-continue"}, {"X-Amzn-Trace-Id", "Root=1"}}},
      {"session token", "ssm", "GET", "/", "", {}, "", token},
      {"content hash in a header",
       "ssm",
       "POST",
       "/",
       "",
       {{"X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"}},
       "hidden"},
      {"port in the host", "ssm", "GET", "/", "", {}, "", "", "localhost:4566"},
      {"another region and service",
       "dynamodb",
       "GET",
       "/",
       "",
       {},
       "",
       "",
       "dynamodb.cn-north-1.amazonaws.com.cn",
       "cn-north-1"},
  };
}

std::vector<Shape> with_bodies() {
  return {
      {"SSM GetParameter", "ssm", "POST", "/", "", json_rpc("AmazonSSM.GetParameter"),
       R"({"Name":"/sotto/flag","WithDecryption":true})"},
      {"SSM PutParameter with a token", "ssm", "POST", "/", "", json_rpc("AmazonSSM.PutParameter"),
       R"({"Name":"/sotto/flag","Value":"{\"rollout\":5}","Overwrite":true})", token},
      {"DynamoDB UpdateItem", "dynamodb", "POST", "/", "",
       json_rpc("DynamoDB_20120810.UpdateItem", "1.0"), R"({"TableName":"talks"})", "",
       "dynamodb.eu-west-1.amazonaws.com"},
      {"Translate, unicode in the body", "translate", "POST", "/", "",
       json_rpc("AWSShineFrontendService_20170701.TranslateText"),
       "{\"Text\":\"Gr\u00fc\u00dfe, \u4e16\u754c\"}", "", "translate.eu-west-1.amazonaws.com"},
      {"STS query",
       "sts",
       "POST",
       "/",
       "",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "Action=GetCallerIdentity&Version=2011-06-15",
       "",
       "sts.eu-west-1.amazonaws.com"},
      {"Polly synthesis",
       "polly",
       "POST",
       "/v1/speech",
       "",
       {{"Content-Type", "application/json"}},
       R"({"OutputFormat":"pcm","Text":"hola","VoiceId":"Lucia"})",
       "",
       "polly.eu-west-1.amazonaws.com"},
      {"Lambda PUT",
       "lambda",
       "PUT",
       lambda_path + "talks/configuration",
       "",
       {{"Content-Type", "application/json"}},
       R"({"RevisionId":"x"})",
       token,
       "lambda.eu-west-1.amazonaws.com"},
      {"DELETE", "lambda", "DELETE", lambda_path + "talks", "Qualifier=7"},
  };
}

std::vector<Shape> presigned() {
  return {
      {"presigned Transcribe URL",
       "transcribe",
       "GET",
       transcribe_path,
       transcribe_query,
       {},
       "",
       "",
       transcribe_host,
       "eu-west-1",
       300},
      {"presigned Transcribe URL with a token",
       "transcribe",
       "GET",
       transcribe_path,
       transcribe_query,
       {},
       "",
       token,
       transcribe_host,
       "eu-west-1",
       60},
      {"presigned with nothing else",
       "sts",
       "GET",
       "/",
       "",
       {},
       "",
       "",
       "sts.amazonaws.com",
       "us-east-1",
       3600},
      {"presigned unicode",
       "polly",
       "GET",
       "/v1/speech",
       encode_query({{"Text", "\u00bfQu\u00e9 tal?"}}),
       {},
       "",
       "",
       "polly.eu-west-1.amazonaws.com",
       "eu-west-1",
       7 * 86'400},
  };
}

boost::json::object signed_line(const Shape& shape) {
  const Credentials keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", shape.token};
  const SigningScope scope{shape.region, shape.service};
  const auto now = sotto::parse_utc("2026-02-28T23:59:59Z").value();
  SignableRequest request{shape.method, shape.path, shape.query, shape.headers, shape.body};
  request.headers.emplace_back("Host", shape.host);
  boost::json::array headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  boost::json::object line{{"name", shape.name},
                           {"method", shape.method},
                           {"path", shape.path},
                           {"query", shape.query},
                           {"headers", headers},
                           {"body", shape.body},
                           {"access_key_id", keys.access_key_id},
                           {"secret_access_key", keys.secret_access_key},
                           {"token", shape.token},
                           {"region", scope.region},
                           {"service", scope.service},
                           {"date", amz_date(now)}};
  if (shape.presigned_for > 0) {
    line["expires"] = shape.presigned_for;
    line["presigned"] =
        presigned_query(request, keys, scope, now, std::chrono::seconds{shape.presigned_for});
  } else {
    sign(request, keys, scope, now);
    line["authorization"] = request.headers.back().second;
  }
  return line;
}

}  // namespace

int main() {
  for (const auto& group :
       {with_queries(), with_paths(), with_headers(), with_bodies(), presigned()})
    for (const Shape& shape : group)
      std::printf("%s\n", boost::json::serialize(signed_line(shape)).c_str());
}
