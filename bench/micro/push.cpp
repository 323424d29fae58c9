// A backlog is appended to and resumed from, a hub is published to, the seats of a loop are served.

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "operation.h"
#include "push/channel.h"
#include "push/hub.h"
#include "push/roster.h"
#include "push/subscriber.h"

namespace micro {
namespace {

using namespace martd;
using namespace martd::push;

constexpr Time kStart{std::chrono::nanoseconds{1'763'600'000'000'000'000}};

ContentPtr content() {
  auto* made = new Content;
  made->payload.assign(100, '.');
  made->content_type = "text/plain";
  return ContentPtr(made);
}

std::shared_ptr<Channel> channel_with(std::uint32_t size) {
  auto channel = std::make_shared<Channel>("news", origin_at(kStart), std::nullopt, Etag{});
  Attributes attributes;
  attributes.size = size;
  channel->set(attributes, {});
  const ContentPtr one = content();
  for (std::uint32_t i = 0; i < size; ++i) channel->append(one, kStart);
  return channel;
}

template <std::uint32_t kSize>
Body append() {
  return times([channel = channel_with(kSize), one = content()] { keep(channel->append(one, kStart)); });
}

/// A subscriber that comes back and has missed the newest `kMissed` of the messages that are kept.
template <std::uint32_t kSize, std::uint32_t kMissed>
Body resume() {
  auto channel = channel_with(kSize);
  const Cursor seen{Cursor::Kind::after, Etag{value(channel->newest()) - kMissed}};
  expect(channel->since(seen, SIZE_MAX).messages.size() == kMissed, "resume: not what was missed");
  return times([channel, seen] { keep(channel->since(seen, SIZE_MAX)); });
}

PushResult<Receipts> publish_one(Hub& hub, const std::string& name, const ContentPtr& content) {
  struct None final : Tickets {
    AnswerTo draw() override { return {}; }
  } none;
  PushJob job;
  job.channels = {name};
  job.content = content;
  job.claim.rights = Rights::to_all();
  return *hub.publish(std::move(job), kStart, none);
}

/// Publishes that nobody follows, each to a channel at random.
template <std::size_t kChannels>
Body publish() {
  auto hub = std::make_shared<Hub>(kStart);
  auto names = std::make_shared<std::vector<std::string>>();
  for (std::size_t i = 0; i < kChannels; ++i) names->push_back("c" + std::to_string(i));
  const auto to = [hub, one = content()](const std::string& name) { return publish_one(*hub, name, one); };
  for (const std::string& name : *names) expect(to(name).has_value(), "publish: refused");
  return times([to, names, random = std::minstd_rand(1)]() mutable { keep(to((*names)[random() % names->size()])); });
}

/// It takes what it is given, and writes it nowhere.
class Taker final : public Subscriber {
 public:
  Delivery deliver(const Batch& batch, std::uint32_t) override {
    taken_ += batch.messages().size();
    return Delivery::taken;
  }
  void lagged() override {}
  void end(Ending, std::string_view, const Left&) override {}
  std::size_t taken() const { return taken_; }

 private:
  std::size_t taken_ = 0;
};

constexpr std::size_t kSeats = 1000;

/// A loop whose 1,000 subscribers follow one channel. What is counted is one of them, with its share of the publish.
class Crowd final : public LoopPort {
 public:
  Crowd() : hub_(kStart), roster_(hub_, 0), one_(content()) {
    hub_.attach(0, *this);
    const std::array wants{Want{"news", Cursor{Cursor::Kind::now, {}}}};
    for (Taker& taker : takers_) {
      std::vector<Etag> quiet;
      expect(!roster_.join(taker, wants, kStart, quiet), "deliver: refused");
    }
    round();
    expect(takers_.front().taken() == 1 && takers_.back().taken() == 1, "deliver: not delivered");
  }
  ~Crowd() override {
    for (Taker& taker : takers_) roster_.leave(taker, kStart);
  }

  void round() {
    keep(publish_one(hub_, name_, one_));
    roster_.serve(*ready_, kStart);
  }

  void ready(Channel& channel) override { ready_ = &channel; }
  void answered(std::vector<Answered>) override {}

 private:
  Hub hub_;
  Roster roster_;
  ContentPtr one_;
  std::string name_ = "news";
  std::array<Taker, kSeats> takers_;
  Channel* ready_ = nullptr;
};

Body deliver() {
  return [crowd = std::make_shared<Crowd>()](std::size_t count) {
    for (std::size_t done = 0; done < count; done += kSeats) crowd->round();
  };
}

}  // namespace

std::vector<Operation> push_operations() {
  return {
      {"append, 10 kept", append<10>},
      {"append, 10,000 kept", append<10000>},
      {"publish, 1 channel", publish<1>},
      {"publish, random of 10,000 channels", publish<10000>},
      {"deliver, one of 1,000 seats", deliver},
      {"resume, the last of 10", resume<10, 1>},
      {"resume, the last of 10,000", resume<10000, 1>},
      {"resume, all of 10", resume<10, 10>},
      {"resume, all of 1,000", resume<1000, 1000>},
  };
}

}  // namespace micro
