// A disk whose syncs take a millisecond more, for LD_PRELOAD: what a machine with a plain SSD has, whatever this one
// has.

#include <dlfcn.h>

#include <ctime>

namespace {

int later(const char* name, int descriptor) {
  const timespec pause{0, 1'000'000};
  nanosleep(&pause, nullptr);
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(descriptor);
}

}  // namespace

extern "C" int fsync(int descriptor) { return later("fsync", descriptor); }
extern "C" int fdatasync(int descriptor) { return later("fdatasync", descriptor); }
