#include "push/ending.h"

#include <array>

namespace martd::push {
namespace {

constexpr std::array<EndingRow, kEndings> kTable{{
    // ending               name           poll  event  ws    comes back
    {Ending::waited, "waited", 200, false, 1000, Return::at_once},
    {Ending::stopping, "stopping", 200, true, 1001, Return::later},
    {Ending::one2one, "one2one", 409, true, 4009, Return::on_change},
    {Ending::replaced, "replaced", 200, true, 4009, Return::never},
    {Ending::unavailable, "unavailable", 503, true, 1013, Return::later},
    {Ending::kicked, "kicked", 403, true, 4003, Return::never},
    {Ending::hung_up, "hung_up", 0, false, 1006, Return::at_once},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].ending) != i) return false;
  return true;
}
static_assert(in_order(), "the table is indexed by Ending");

}  // namespace

const EndingRow& row(Ending ending) { return kTable[static_cast<std::size_t>(ending)]; }

}  // namespace martd::push
