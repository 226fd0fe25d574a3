#include "server/http/response_text.hpp"

#include <string_view>

namespace sotto::server {

namespace {

// RFC 9110, section 15. The text is for people alone: programs go by the number.
std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

void add(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string response_text(const Response& response, const Sending& sending) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text.append(reason_of(response.status)).append("\r\n");
  if (response.status != 204) add(text, "Content-Type", response.content_type);
  add(text, "X-Content-Type-Options", "nosniff");
  add(text, "Content-Security-Policy",
      "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'");
  add(text, "Referrer-Policy", "no-referrer");
  if (sending.strict_transport)
    add(text, "Strict-Transport-Security", "max-age=15552000");  // 180 days
  std::string vary;
  if (response.etag.empty()) {
    add(text, "Cache-Control", "no-store");
  } else {
    add(text, "Cache-Control", "no-cache");
    add(text, "ETag", response.etag);
    vary = "Accept-Encoding";
  }
  if (response.gzipped) add(text, "Content-Encoding", "gzip");
  if (!response.file_name.empty())
    add(text, "Content-Disposition", "attachment; filename=\"" + response.file_name + '"');
  if (response.retry_after > 0) add(text, "Retry-After", std::to_string(response.retry_after));
  if (!response.allow.empty()) add(text, "Allow", response.allow);
  for (const auto& [name, value] : response.fields) {
    if (name == "Vary")
      vary += (vary.empty() ? "" : ", ") + value;
    else
      add(text, name, value);
  }
  if (!vary.empty()) add(text, "Vary", vary);
  if (!sending.keep_alive) add(text, "Connection", "close");
  // A HEAD's length is that of the body it does not get, and a 304's would be (RFC 9110, 8.6).
  if (response.status != 304 && response.status != 204)
    add(text, "Content-Length", std::to_string(response.body.size()));
  text += "\r\n";
  if (!sending.head_only && response.status != 304 && response.status != 204) text += response.body;
  return text;
}

Response reply(const Refusal& refusal) {
  Response response;
  response.status = refusal.status;
  response.body = error_json(refusal.error);
  if (refusal.status == 426)
    response.fields = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
  return response;
}

}  // namespace sotto::server
