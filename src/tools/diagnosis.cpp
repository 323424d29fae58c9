#include "tools/diagnosis.h"

#include <cstdio>

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

/// Past this a clock makes expiry and cookies go wrong, and etags look as if they came from another time.
constexpr Duration kClockOff = 5s;
/// More than any line takes, and what a buffer that waits for more takes (HAProxy's: 200 ms).
constexpr Duration kHeldBack = 150ms;
constexpr std::chrono::seconds kExpiresSoon = 14 * 24h;

std::string time(Duration duration) {
  char text[32];
  const double seconds = std::chrono::duration<double>(duration).count();
  std::snprintf(text, sizeof text,
                seconds < 0.01 ? "%.1f ms"
                : seconds < 1  ? "%.0f ms"
                               : "%.1f s",
                seconds < 1 ? seconds * 1000 : seconds);
  return text;
}

std::string days(std::chrono::seconds left) { return std::to_string(left / 24h) + " days"; }

}  // namespace

std::string text_of(const Finding& finding) {
  constexpr const char* kGrades[] = {"PASS", "WARN", "FAIL"};
  char line[40];
  std::snprintf(line, sizeof line, "%s  %-11s ", kGrades[static_cast<int>(finding.grade)],
                std::string(finding.subject).c_str());
  std::string out = line;
  // Some of it is the server's, whose terminal this isn't.
  for (const char c : finding.said) out += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? '?' : c;
  out += '\n';
  for (const std::string& change : finding.change) out += "        " + change + '\n';
  return out;
}

Finding judge(const SeenReach& seen) {
  if (!seen.problem.empty()) return {Grade::fail, "server", seen.problem, {}};
  if (seen.martd) return {Grade::pass, "server", "martd answers", {}};
  return {Grade::fail,
          "server",
          "answers " + std::to_string(seen.status) + " to /sub, and not as martd does",
          {"these paths have to lead to martd, unchanged: /sub, /pub, /client.js (below --prefix)",
           "nginx    location ~ ^/(sub|pub|client\\.js)$ { proxy_pass http://127.0.0.1:54321; }",
           "HAProxy  use_backend push if { path /sub /pub /client.js }", "Caddy    @push path /sub /pub /client.js",
           "         reverse_proxy @push 127.0.0.1:54321"}};
}

Finding judge(const SeenTls& seen) {
  if (!seen.used && seen.local) return {Grade::pass, "tls", "plain HTTP, on this machine", {}};
  if (!seen.used) {
    return {Grade::warn,
            "tls",
            "plain HTTP: whoever is on the way can read and change it, secrets too",
            {"martd    --https HOST:443 --cert FILE --cert-key FILE --http none",
             "or TLS at the proxy: nginx listen 443 ssl; HAProxy bind :443 ssl crt FILE; Caddy by itself for a name"}};
  }
  if (!seen.looked) return {Grade::warn, "tls", seen.version + ", certificate not looked at (--insecure)", {}};
  if (!seen.problem.empty()) {
    return {Grade::fail,
            "tls",
            seen.version + (seen.version.empty() ? "" : ", ") + "certificate not valid: " + seen.problem,
            {"the file has the server's certificate first, then those that signed it: nginx ssl_certificate,",
             "HAProxy crt (with the key in it), martd --cert"}};
  }
  const std::string said = seen.version + ", certificate valid" + (seen.left ? " for " + days(*seen.left) : "");
  if (seen.left && *seen.left < kExpiresSoon)
    return {Grade::warn, "tls", said, {"renew it; SIGHUP makes martd read its files again"}};
  return {Grade::pass, "tls", said, {}};
}

Finding judge(const SeenClock& seen) {
  const auto off = [](const std::optional<Duration>& difference) {
    return difference && (*difference > kClockOff || *difference < -kClockOff);
  };
  const auto said = [](Duration difference) {
    return time(difference < Duration{0} ? -difference : difference) +
           (difference < Duration{0} ? " behind ours" : " ahead of ours");
  };
  if (!seen.date && !seen.server) return {Grade::warn, "clock", "no Date in the answer", {}};
  if (off(seen.server) || off(seen.date)) {
    return {Grade::warn,
            "clock",
            off(seen.server) ? "martd's is " + said(*seen.server) : "Date is " + said(*seen.date),
            {"set both clocks by NTP (timedatectl); martd reads its own at the start only"}};
  }
  return {Grade::pass, "clock", "within " + time(kClockOff) + " of ours", {}};
}

Finding judge(const SeenKeepAlive& seen) {
  if (seen.kept) return {Grade::pass, "keep-alive", "the connection is kept between requests", {}};
  return {Grade::warn,
          "keep-alive",
          "every request needs a new connection, which each long-poll pays for",
          {"nginx    keepalive_timeout 75s;  and to martd: proxy_http_version 1.1; proxy_set_header Connection \"\";",
           "HAProxy  option http-keep-alive  (and no option httpclose)", "Caddy    keeps it by itself"}};
}

Finding judge(const SeenStream& seen) {
  if (seen.status != 0 && (seen.status != 200 || !seen.type.starts_with("text/event-stream"))) {
    return {Grade::fail,
            "stream",
            "an event stream is answered " + std::to_string(seen.status) + ' ' + seen.type,
            {"Accept has to arrive as the client sent it"}};
  }
  if (seen.first_byte && *seen.first_byte < 1s)
    return {Grade::pass, "stream", "first byte after " + time(*seen.first_byte), {}};
  const std::string said = seen.first_byte ? "first byte only after " + time(*seen.first_byte)
                                           : "nothing came within " + time(seen.limit) + ": something buffers";
  return {seen.first_byte ? Grade::warn : Grade::fail,
          "stream",
          said,
          {"nginx    proxy_buffering off;  (and no proxy_ignore_headers X-Accel-Buffering)",
           "HAProxy  option http-no-delay  (and no option http-buffer-request, no filter that waits)",
           "Caddy    no buffer_responses, no response_buffers in reverse_proxy"}};
}

Finding judge(const SeenCompression& seen) {
  if (!seen.answered) return {Grade::warn, "gzip", "not known: the stream did not answer", {}};
  if (seen.coding.empty()) return {Grade::pass, "gzip", "streams come as they are", {}};
  return {Grade::fail,
          "gzip",
          "streams are compressed (" + seen.coding + "), which holds messages back",
          {"nginx    gzip off;  in the location of /sub, or text/event-stream out of gzip_types",
           "HAProxy  no compression type text/event-stream application/x-ndjson",
           "Caddy    encode with a matcher that leaves /sub out"}};
}

Finding judge(const SeenDelivery& seen) {
  if (!seen.allowed) {
    return {Grade::warn, "delivery", "not tried: the doctor may not push (--secret, or MARTD_PUBLISH_SECRET)", {}};
  }
  if (seen.after && *seen.after < seen.round_trip + kHeldBack)
    return {Grade::pass, "delivery", "a message is there " + time(*seen.after) + " after its push", {}};
  const std::string said = seen.after ? "a message took " + time(*seen.after) + ", its push " + time(seen.round_trip)
                                      : "a message didn't come on an open stream";
  return {seen.after ? Grade::warn : Grade::fail,
          "delivery",
          said + ": something waits for more",
          {"HAProxy  option http-no-delay", "nginx    proxy_buffering off;  gzip off;", "Caddy    no encode for /sub"}};
}

Finding judge(const SeenResume& seen) {
  if (seen.told) {
    return {Grade::pass,
            "resume",
            seen.by_messages ? "goes on after the last message that was seen" : "a cursor that is too old is told so",
            {}};
  }
  if (!seen.lost) return {Grade::warn, "resume", "not known: it takes a push (--secret)", {}};
  return {Grade::fail,
          "resume",
          "Last-Event-ID had no effect",
          {"this header has to arrive as the client sent it (nginx and Caddy pass it; look for what removes headers)",
           "all connections have to come to the same martd: two servers don't share their channels"}};
}

Finding judge(const SeenHeartbeat& seen) {
  if (seen.after) return {Grade::pass, "heartbeat", "a sign of life after " + time(*seen.after) + " of silence", {}};
  if (seen.ended) {
    return {Grade::fail,
            "heartbeat",
            "the stream was cut after " + time(seen.waited) + " of silence",
            {"martd    --heartbeat shorter than that", "nginx    proxy_read_timeout 330s;",
             "HAProxy  timeout client 330s  timeout server 330s"}};
  }
  return {
      Grade::warn,
      "heartbeat",
      "none within " + time(seen.waited),
      {"martd's --heartbeat is 15s unless it was set; wait longer with --wait, or let nothing buffer (see stream)"}};
}

Finding judge(const SeenOwnPages& seen) {
  if (!seen.foreign) return {Grade::pass, "own pages", "may publish: Host arrives as the browser sent it", {}};
  return {
      Grade::fail,
      "own pages",
      "are taken for foreign ones by /pub (" + std::to_string(seen.status) + "): Host doesn't arrive as it was sent",
      {"nginx    proxy_set_header Host $http_host;  ($host loses the port)", "HAProxy  no http-request set-header Host",
       "Caddy    no header_up Host"}};
}

Finding judge(const SeenOrigin& seen) {
  const std::string whose = "pages of " + seen.origin;
  if (seen.allowed.size() > 1) {
    return {Grade::fail,
            "cors",
            whose + ": Access-Control-Allow-Origin comes " + std::to_string(seen.allowed.size()) +
                " times, which browsers refuse",
            {"martd sends it: take it out of the proxy (nginx add_header, HAProxy http-response set-header, Caddy "
             "header)"}};
  }
  if (seen.allowed.empty() || (seen.allowed[0] != seen.origin && seen.allowed[0] != "*")) {
    return {Grade::fail, "cors", whose + " may not use it", {"martd    --origin " + seen.origin}};
  }
  if (seen.preflight < 200 || seen.preflight > 299) {
    return {Grade::fail,
            "cors",
            whose + ": OPTIONS /pub is answered " + std::to_string(seen.preflight),
            {"let OPTIONS through to martd"}};
  }
  if (!seen.etag_exposed) {
    return {Grade::warn,
            "cors",
            whose + " can't read ETag",
            {"Access-Control-Expose-Headers has to arrive as martd sends it"}};
  }
  return {Grade::pass, "cors", whose + " may use it", {}};
}

Finding judge(const SeenPushing& seen) {
  if (!seen.outside && seen.plain) {
    return {Grade::pass, "pushing", "this machine may; for others run this on another one, or with --outside", {}};
  }
  if (!seen.plain && !(seen.outside && !seen.forged.empty())) {
    return {Grade::pass,
            "pushing",
            "refused without a secret (" + std::to_string(seen.status) + ")" +
                (seen.outside ? ", with a forged X-Forwarded-For or Forwarded, too" : ""),
            {}};
  }
  return {Grade::fail,
          "pushing",
          seen.plain ? "anyone may publish: it was allowed from here without a secret"
                     : "anyone may publish who sends " + seen.forged,
          {"behind a proxy every client has the proxy's address, and that of this machine may publish:",
           "martd    --trusted-proxy ADDRESS-OF-THE-PROXY",
           "nginx    proxy_set_header X-Forwarded-For $remote_addr;  proxy_set_header Forwarded \"\";",
           "HAProxy  http-request set-header X-Forwarded-For %[src]  http-request del-header Forwarded",
           "Caddy    sets it by itself", "or       martd --publish-from none, and a --publish-secret",
           "If --publish-from is to let this machine publish, say --inside."}};
}

}  // namespace martd::tools
