#include "wire/answer.h"

#include <ctime>

#include "base/json_writer.h"
#include "base/numbers.h"

namespace martd::wire {

namespace {

/// Texts that hold for a second.
struct Second {
  std::time_t seconds = -1;
  std::string date;
  std::string ok;    ///< the first two lines of a 200
  std::string json;  ///< the head of a 200 in JSON that isn't stored, up to its length
};

constexpr std::string_view kLengthOfUnstored = "\r\nCache-Control: no-store\r\nContent-Length: ";

std::string date_of(std::time_t seconds) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Not strftime's %a and %b: they follow the locale.
  char numbers[32];
  std::strftime(numbers, sizeof numbers, "%Y %H:%M:%S GMT", &parts);
  char day[3];
  day[0] = static_cast<char>('0' + parts.tm_mday / 10);
  day[1] = static_cast<char>('0' + parts.tm_mday % 10);
  day[2] = '\0';
  return std::string(kDays[parts.tm_wday]) + ", " + day + " " + kMonths[parts.tm_mon] + " " + numbers;
}

const Second& second_of(Time now) {
  thread_local Second second;
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (seconds != second.seconds) {
    second.seconds = seconds;
    second.date = date_of(seconds);
    second.ok = "HTTP/1.1 200 OK\r\nDate: " + second.date + "\r\n";
    second.json = second.ok + "Content-Type: ";
    second.json.append(Answer().content_type).append(kLengthOfUnstored);
  }
  return second;
}

void append_status(std::string& out, int status, const Second& second) {
  if (status == 200) {
    out += second.ok;
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\nDate: ";
  out += second.date;
  out += "\r\n";
}

/// The lines about its body.
void append_entity(std::string& out, const Answer& answer, std::size_t length) {
  if (answer.no_body) {
    if (answer.no_store) out += "Cache-Control: no-store\r\n";
    return;
  }
  out += "Content-Type: ";
  out += answer.content_type;
  out += answer.no_store ? kLengthOfUnstored : std::string_view("\r\nContent-Length: ");
  append_number(out, length);
  out += "\r\n";
}

}  // namespace

std::string_view http_date(Time now) { return second_of(now).date; }

std::string_view ok_lines(Time now) { return second_of(now).ok; }

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    case 508:
      return "Loop Detected";
    default:
      return "Unknown";
  }
}

void append_head(std::string& out, const Answer& answer, std::size_t length, const AnswerContext& context, Time now) {
  const Second& second = second_of(now);
  if (answer.status == 200 && answer.no_store && !answer.no_body && answer.content_type == Answer().content_type) {
    out += second.json;
    append_number(out, length);
    out += "\r\n";
  } else {
    append_status(out, answer.status, second);
    append_entity(out, answer, length);
  }
  if (context.close) {
    out += "Connection: close\r\n";
  } else if (context.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += answer.headers;
  out += context.hsts;
  out += context.cors;
  out += "\r\n";
}

void append_answer(std::string& out, const Answer& answer, std::string_view body, const AnswerContext& context,
                   Time now) {
  append_head(out, answer, body.size(), context, now);
  if (!context.head && !answer.no_body) out += body;
}

std::string error_body(std::string_view message, std::string_view channel) {
  std::string body;
  JsonObject json(body);
  json.string("error", message);
  if (!channel.empty()) json.string("channel", channel);
  json.end_line();
  return body;
}

void append_error(std::string& out, int status, std::string_view message, const AnswerContext& context, Time now,
                  std::string_view headers, std::string_view channel) {
  Answer answer;
  answer.status = status;
  answer.headers = headers;
  append_answer(out, answer, error_body(message, channel), context, now);
}

}  // namespace martd::wire
