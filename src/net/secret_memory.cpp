#include "net/secret_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

namespace martd::net {
namespace {

thread_local bool t_clearing = false;
std::atomic<void (*)(const unsigned char*, std::size_t)> g_observer{nullptr};

void* allocate(std::size_t size, const char*, int) { return std::malloc(size); }
void* reallocate(void* memory, std::size_t size, const char*, int) { return std::realloc(memory, size); }

void release(void* memory, const char*, int) {
  if (t_clearing && memory) {
    const std::size_t size = ::malloc_usable_size(memory);
    OPENSSL_cleanse(memory, size);
    if (auto* observer = g_observer.load(std::memory_order_relaxed))
      observer(static_cast<const unsigned char*>(memory), size);
  }
  std::free(memory);
}

}  // namespace

bool clear_freed_secrets() { return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1; }

void show_cleared(void (*observer)(const unsigned char* bytes, std::size_t size)) { g_observer = observer; }

ClearingFreed::ClearingFreed() { t_clearing = true; }
ClearingFreed::~ClearingFreed() { t_clearing = false; }

}  // namespace martd::net
