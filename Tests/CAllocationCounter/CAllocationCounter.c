// Counts each thread's allocations: glibc's functions under their own names take precedence in the test
// program, and pass on to glibc's internal names.
#include "CAllocationCounter.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

enum { MOST_THREADS = 1 << 16 };

// One for each thread that ever allocated.
static struct {
  _Atomic int32_t thread;
  _Atomic uint64_t count;
} counters[MOST_THREADS];
static _Atomic uint32_t counter_count;
static _Thread_local uint32_t own; // its index and one

int32_t allocation_thread(void) { return (int32_t)syscall(SYS_gettid); }

static void increment(void) {
  if (own == 0) {
    own = atomic_fetch_add(&counter_count, 1) % MOST_THREADS + 1;
    atomic_store(&counters[own - 1].count, 0);
    atomic_store(&counters[own - 1].thread, allocation_thread());
  }
  atomic_fetch_add_explicit(&counters[own - 1].count, 1, memory_order_relaxed);
}

static _Thread_local int64_t held, peak;

void allocation_peak_reset(void) { held = peak = 0; }

int64_t allocation_peak(void) { return peak; }

// What a thread frees of another's is subtracted from its own: measure where none is.
static void *hold(void *pointer) {
  held += (int64_t)malloc_usable_size(pointer);
  if (held > peak) peak = held;
  return pointer;
}

uint64_t allocation_count(int32_t thread) {
  uint64_t sum = 0;
  for (uint32_t index = 0; index < MOST_THREADS && index < counter_count; index++)
    if (counters[index].thread == thread) sum += counters[index].count;
  return sum;
}

// A sanitizer has functions of its own in their place.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

bool allocations_are_counted(void) { return false; }

#else

bool allocations_are_counted(void) { return true; }

void *malloc(size_t size) {
  increment();
  return hold(__libc_malloc(size));
}

void *calloc(size_t number, size_t size) {
  increment();
  return hold(__libc_calloc(number, size));
}

void *realloc(void *pointer, size_t size) {
  increment();
  held -= (int64_t)malloc_usable_size(pointer);
  return hold(__libc_realloc(pointer, size));
}

void free(void *pointer) {
  held -= (int64_t)malloc_usable_size(pointer);
  __libc_free(pointer);
}

void *aligned_alloc(size_t alignment, size_t size) {
  increment();
  return hold(__libc_memalign(alignment, size));
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  increment();
  *pointer = hold(__libc_memalign(alignment, size));
  return *pointer == NULL ? ENOMEM : 0;
}

#endif
