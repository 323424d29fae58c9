#include "client/upstream_connection.h"

#include <utility>

#include "client/upstream_pool.h"
#include "net/tls_client.h"
#include "wire/head_reader.h"

namespace martd::client {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
/// Whatever doesn't begin so isn't waited for.
constexpr std::string_view kStart = "HTTP/1.";
/// 1xx answers before the answer.
constexpr std::uint8_t kMostInterims = 100;

/// Than websocket, the only one that is ever asked for. Where a 101 names none, the client will see to it.
bool names_another_protocol(const wire::AnswerHead& head) {
  bool websocket = false;
  bool any = false;
  head.fields.each("Upgrade", [&](std::string_view value) {
    any = true;
    websocket |= wire::has_token(value, "websocket");
  });
  return any && !websocket;
}

}  // namespace

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, const Endpoint& endpoint, int descriptor, net::SslPtr tls)
    : Connection(pool.loop(), descriptor, std::move(tls)), pool_(pool), endpoint_(endpoint) {
  if (SSL* ssl = socket().ssl(); ssl && SSL_up_ref(ssl) == 1) verified_.reset(ssl);
}

void UpstreamConnection::carry(Exchange& exchange) {
  exchange_ = &exchange;
  keep_alive_ = true;
  interims_ = 0;
  const bool kept = step_ == Step::idle;
  if (kept) step_ = Step::head;
  const Sent sent = put(exchange.order_.head);
  if (sent == Sent::closed) return close();
  if (kept) {
    await_answer();
    exchange.connected(*this);
  } else if (sent == Sent::written) {
    connected();
  }
}

void UpstreamConnection::let_go() {
  // Whatever is under way can't be taken back: the connection is of no use for another request.
  exchange_.reset();
  // An orderly end is a word of the client's, who didn't say it.
  step_ == Step::tunnel ? abort() : close();
}

void UpstreamConnection::end() {
  exchange_.reset();
  end_after_writing();
}

void UpstreamConnection::await_answer() {
  if (step_ != Step::head) return;
  // While it is the client who is slow, the site needn't say anything.
  if (exchange_ && !exchange_->whole_ && all_written()) return drop_deadline();
  set_deadline(loop().now() + pool_.timeouts().answer);
}

void UpstreamConnection::resume() { watch(); }

bool UpstreamConnection::silent() {
  char byte = 0;  // the loop's buffer may hold the request that is to go out
  return read({&byte, 1}).io == net::Io::again;
}

void UpstreamConnection::connected() {
  if (step_ != Step::connecting) return;
  step_ = Step::head;
  verified_.reset();
  await_answer();
  if (exchange_) exchange_->connected(*this);
}

void UpstreamConnection::on_writable() {
  connected();
  if (!exchange_) return;
  await_answer();
  const ExchangePtr exchange = exchange_;
  if (exchange->asker_) exchange->asker_->on_room();
}

void UpstreamConnection::on_write_failed() {
  // It may have answered, and closed without reading all that was sent to it: what it said is still there to be read.
  if (step_ == Step::connecting || step_ == Step::idle) close();
}

void UpstreamConnection::on_readable() {
  auto& scratch = loop().scratch();
  const net::IoResult result = read(scratch);
  if (step_ == Step::idle) {
    // Between two exchanges there is nothing to be said: it is the end, or not to be trusted.
    return result.io == net::Io::again ? watch() : say_goodbye_and_close();
  }
  switch (result.io) {
    case net::Io::again:
      return watch();
    case net::Io::failed:
    case net::Io::cut:
      return ended(false);
    case net::Io::end:
      return ended(true);
    case net::Io::done:
      break;
  }
  connected();
  const ExchangePtr exchange = exchange_;
  take({scratch.data(), result.bytes});
  // Also where the answer broke in the last of it.
  if (exchange && exchange->asker_) exchange->asker_->on_turn();
  if (!open() || (exchange_ && exchange_->paused_)) return;
  watch();
}

void UpstreamConnection::take(std::string_view bytes) {
  std::string kept;
  while (open() && exchange_ && !bytes.empty()) {
    const ExchangePtr exchange = exchange_;
    switch (step_) {
      case Step::head:
        if (!take_head(bytes, kept)) return;
        break;
      case Step::tunnel:
        if (exchange->asker_) exchange->asker_->on_piece(bytes);
        return;
      case Step::body: {
        const std::string_view piece = reader_.next(bytes);
        if (!reader_.wrong().empty()) return fail(Failure::rubbish, reader_.wrong());
        if (!piece.empty() && exchange->asker_) exchange->asker_->on_piece(piece);
        if (reader_.done() && open()) return finish(!bytes.empty());
        break;
      }
      default:
        return;
    }
  }
}

/// True: a head was whole, and `bytes` is what follows it.
bool UpstreamConnection::take_head(std::string_view& bytes, std::string& kept) {
  const std::size_t looked = partial_.size();
  if (looked > 0) {
    kept = std::exchange(partial_, {});
    kept += bytes;
    bytes = kept;
  }
  if (bytes.substr(0, kStart.size()) != kStart.substr(0, bytes.size())) {
    no_answer_ = interims_ == 0;
    fail(Failure::rubbish, "not an answer in HTTP/1");
    return false;
  }
  const std::size_t end = wire::head_end(bytes, looked);
  if (end > kMaxHead || (end == 0 && bytes.size() > kMaxHead)) {
    fail(Failure::rubbish, "a header of more than 65536 bytes");
    return false;
  }
  if (end == 0) {
    partial_ = bytes;
    return false;
  }
  wire::AnswerHead head;
  if (const auto refusal = wire::read_answer_head(bytes.substr(0, end), head)) {
    fail(Failure::rubbish, refusal->message);
    return false;
  }
  bytes.remove_prefix(end);
  const ExchangePtr exchange = exchange_;
  if (head.status < 200 && head.status != 101) {
    if (++interims_ > kMostInterims) {
      fail(Failure::rubbish, "too many 1xx answers");
      return false;
    }
    keep_alive_ = keep_alive_ && head.keep_alive;
    await_answer();
    if (exchange->asker_) exchange->asker_->on_interim(head);
    return open() && exchange_;
  }
  take_answer(head);
  if (open() && exchange_ && step_ == Step::body && reader_.done()) {
    finish(!bytes.empty());
    return false;
  }
  return open() && exchange_;
}

void UpstreamConnection::take_answer(const wire::AnswerHead& head) {
  const Order& order = exchange_->order_;
  const bool tunnel = head.status == 101;
  if (tunnel && !order.may_upgrade) return fail(Failure::rubbish, "101 to a request that asked for no upgrade");
  if (tunnel && names_another_protocol(head)) return fail(Failure::rubbish, "101 to a protocol that nobody asked for");
  const bool no_body = order.head_only || head.no_body;
  // Some send the body of a GET behind the head of a HEAD where they don't know its length.
  const bool may_send_more = order.head_only && !head.no_body && !head.content_length;
  drop_deadline();
  exchange_->order_.head = {};
  keep_alive_ = keep_alive_ && head.keep_alive && !tunnel && !may_send_more;
  step_ = tunnel ? Step::tunnel : Step::body;
  reader_ = no_body               ? wire::BodyReader::none()
            : head.chunked        ? wire::BodyReader::chunked()
            : head.content_length ? wire::BodyReader::length(*head.content_length)
                                  : wire::BodyReader::until_close();
  const ExchangePtr exchange = exchange_;
  if (exchange->asker_) exchange->asker_->on_answer(head, tunnel);
}

void UpstreamConnection::ended(bool tidy) {
  if (step_ == Step::tunnel && tidy) {
    // The other direction may go on.
    const ExchangePtr exchange = exchange_;
    if (exchange && exchange->asker_) exchange->asker_->on_end();
    return;
  }
  if (step_ == Step::body && reader_.ends_with_connection() && tidy) return finish(true);
  close();
}

void UpstreamConnection::finish(bool surplus) {
  const ExchangePtr exchange = std::exchange(exchange_, nullptr);
  const bool reusable = keep_alive_ && !surplus && exchange->whole_ && all_written() && !reader_.ends_with_connection();
  exchange->connection_.reset();
  if (reusable) {
    step_ = Step::idle;
    idle_since_ = loop().now();
    set_deadline(idle_since_ + pool_.timeouts().idle);
    watch();
    pool_.keep(*this);
  } else {
    close();
  }
  if (Asker* asker = std::exchange(exchange->asker_, nullptr)) asker->on_end();
}

void UpstreamConnection::fail(Failure failure, std::string_view why) {
  failure_ = failure;
  why_ = why;
  close();
}

void UpstreamConnection::on_deadline(Time) {
  if (step_ == Step::idle) return say_goodbye_and_close();
  failure_ = Failure::timeout;
  close();
}

void UpstreamConnection::on_closed() {
  const UpstreamConnectionPtr alive(this);
  pool_.gone(*this);
  const ExchangePtr exchange = std::exchange(exchange_, nullptr);
  if (!exchange) return;
  if (step_ == Step::connecting && failure_ == Failure::broken) {
    why_ = net::handshake_error(verified_.get());
    failure_ = why_.empty() ? Failure::refused : Failure::certificate;
  }
  const bool ended = failure_ == Failure::broken && step_ == Step::head && partial_.empty() && interims_ == 0;
  exchange->lost(*this, failure_, why_, ended || no_answer_);
}

}  // namespace martd::client
