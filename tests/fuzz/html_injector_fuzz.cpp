#include "fuzz.h"
#include "pages/html_injector.h"

using namespace martd;
using fuzz::hold;

namespace {

std::string fed(const std::vector<std::string_view>& pieces, bool& injected) {
  pages::HtmlInjector::Plan plan;
  plan.src = "/p/client.js";
  plan.cursor = "a=1&b=2";
  plan.host = "site.example";
  plan.path = "/a/b";
  pages::HtmlInjector injector(plan);
  std::string out;
  for (const std::string_view piece : pieces) injector.feed(piece, out);
  injector.finish(out);
  hold(injector.done(), "a finished page is done");
  injected = injector.injected();
  return out;
}

}  // namespace

/// The first byte says where the page, which is the rest, is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view page = fuzz::text(data + 1, size - 1);
  static const std::string tag = pages::HtmlInjector::tag({"/p/client.js", "a=1&b=2", "", "", ""});
  bool injected = false;
  const std::string whole = fed({page}, injected);
  if (injected) {
    hold(whole.size() == page.size() + tag.size(), "one tag");
    std::size_t at = 0;
    while (at < page.size() && whole[at] == page[at]) ++at;
    // The page may go on as the tag begins: then it came a little earlier.
    bool found = false;
    for (std::size_t back = 0; back <= at && back <= tag.size() && !found; ++back)
      found = whole.compare(at - back, tag.size(), tag) == 0 &&
              whole.compare(at - back + tag.size(), std::string::npos, page.substr(at - back)) == 0;
    hold(found, "without the tag it is the page");
  } else {
    hold(whole == page, "not touched");
  }
  std::vector<std::string_view> pieces;
  const std::size_t step = data[0] % 16 + 1;
  for (std::size_t at = 0; at < page.size(); at += step) pieces.push_back(page.substr(at, step));
  bool again = false;
  hold(fed(pieces, again) == whole && again == injected, "however it is cut");
  // Where it was put once it is not put again.
  if (injected && whole.size() < pages::HtmlInjector::kLook) {
    bool twice = false;
    fed({whole}, twice);
    hold(!twice, "once");
  }
  return 0;
}
