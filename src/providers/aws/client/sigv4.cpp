#include "providers/aws/client/sigv4.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/encoding.hpp"
#include "providers/aws/client/digest.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::array<std::string_view, 6> unsigned_headers = {
    "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"};

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// What is no escape stays as it is.
std::string percent_decode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// RFC 3986, 5.2.4, for absolute paths; empty segments go too.
std::string normalized(std::string_view path) {
  const bool ends_in_slash = path.ends_with('/');
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  std::string result = "/";
  for (const std::string_view segment : kept) result.append(segment) += '/';
  if (!ends_in_slash && !kept.empty()) result.pop_back();
  return result;
}

std::string canonical_query(std::string_view query) {
  Pairs parameters;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    parameters.emplace_back(
        percent_encode(percent_decode(one.substr(0, equals))),
        percent_encode(percent_decode(one.substr(std::min(equals + 1, one.size())))));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string result;
  for (const auto& [name, value] : parameters) {
    if (!result.empty()) result += '&';
    result.append(name).append("=").append(value);
  }
  return result;
}

std::string trimmed(std::string_view value) {
  std::string result;
  bool gap = false;
  for (const char c : value) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      gap = !result.empty();
    } else {
      if (gap) result += ' ';
      gap = false;
      result += c;
    }
  }
  return result;
}

std::map<std::string, std::string> headers_to_sign(const Pairs& headers) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : headers) {
    const std::string key = lower(name);
    if (std::find(unsigned_headers.begin(), unsigned_headers.end(), key) != unsigned_headers.end())
      continue;
    const auto [place, is_first] = result.try_emplace(key);
    if (!is_first) place->second += ',';
    place->second += trimmed(value);
  }
  return result;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string result;
  for (const auto& [name, value] : headers) {
    if (!result.empty()) result += ';';
    result += name;
  }
  return result;
}

void replace(Pairs& headers, std::string_view name, std::optional<std::string> value) {
  std::erase_if(headers, [&](const Pair& header) { return lower(header.first) == lower(name); });
  if (value) headers.emplace_back(name, std::move(*value));
}

std::string scope_text(const SigningScope& scope, const std::string& date) {
  return date.substr(0, 8) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

}  // namespace

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

std::string encode_query(const Pairs& parameters) {
  std::string result;
  for (const auto& [name, value] : parameters) {
    if (!result.empty()) result += '&';
    result.append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return result;
}

std::string amz_date(UtcTime time) {
  std::string text = format_utc(time);  // 2015-08-30T12:36:00.000Z
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text.substr(0, text.find('.')) + "Z";
}

std::string canonical_request(const SignableRequest& request) {
  const auto headers = headers_to_sign(request.headers);
  std::string result = request.method + "\n" + percent_encode(normalized(request.path), true) +
                       "\n" + canonical_query(request.query) + "\n";
  for (const auto& [name, value] : headers) result.append(name + ":" + value + "\n");
  const auto stated = headers.find("x-amz-content-sha256");
  return result + "\n" + names_of(headers) + "\n" +
         (stated != headers.end() ? stated->second : to_hex(sha256(request.body)));
}

std::string signature_of(std::string_view canonical_request, const Credentials& credentials,
                         const SigningScope& scope, UtcTime now) {
  const std::string date = amz_date(now);
  const std::string to_sign = std::string(algorithm) + "\n" + date + "\n" +
                              scope_text(scope, date) + "\n" + to_hex(sha256(canonical_request));
  Digest key = hmac_sha256("AWS4" + credentials.secret_access_key, date.substr(0, 8));
  key = hmac_sha256(as_key(key), scope.region);
  key = hmac_sha256(as_key(key), scope.service);
  key = hmac_sha256(as_key(key), "aws4_request");
  return to_hex(hmac_sha256(as_key(key), to_sign));
}

void sign(SignableRequest& request, const Credentials& credentials, const SigningScope& scope,
          UtcTime now) {
  replace(request.headers, "Authorization", std::nullopt);
  replace(request.headers, "X-Amz-Date", amz_date(now));
  replace(
      request.headers, "X-Amz-Security-Token",
      credentials.session_token.empty() ? std::nullopt : std::optional(credentials.session_token));
  const std::string signature = signature_of(canonical_request(request), credentials, scope, now);
  request.headers.emplace_back(
      "Authorization", std::string(algorithm) + " Credential=" + credentials.access_key_id + "/" +
                           scope_text(scope, amz_date(now)) + ", SignedHeaders=" +
                           names_of(headers_to_sign(request.headers)) + ", Signature=" + signature);
}

std::string presigned_query(const SignableRequest& request, const Credentials& credentials,
                            const SigningScope& scope, UtcTime now, std::chrono::seconds expires) {
  const std::string date = amz_date(now);
  Pairs added = {
      {"X-Amz-Algorithm", std::string(algorithm)},
      {"X-Amz-Credential", credentials.access_key_id + "/" + scope_text(scope, date)},
      {"X-Amz-Date", date},
      {"X-Amz-Expires", std::to_string(expires.count())},
      {"X-Amz-SignedHeaders", names_of(headers_to_sign(request.headers))},
  };
  if (!credentials.session_token.empty())
    added.emplace_back("X-Amz-Security-Token", credentials.session_token);
  SignableRequest whole = request;
  whole.query = canonical_query(request.query + "&" + encode_query(added));
  return whole.query +
         "&X-Amz-Signature=" + signature_of(canonical_request(whole), credentials, scope, now);
}

}  // namespace sotto::providers::aws
