#include "push/ending.h"

#include <array>

namespace martd::push {
namespace {

constexpr std::array<EndingRow, kEndings> kTable{{
    {Ending::waited, "waited", Return::at_once},
    {Ending::stopping, "stopping", Return::later},
    {Ending::one2one, "one2one", Return::on_change},
    {Ending::replaced, "replaced", Return::never},
    {Ending::unavailable, "unavailable", Return::later},
    {Ending::kicked, "kicked", Return::never},
    {Ending::hung_up, "hung_up", Return::at_once},
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
