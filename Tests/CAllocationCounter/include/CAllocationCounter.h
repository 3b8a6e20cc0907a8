#pragma once
#include <stdint.h>

/// Heap allocations that a thread of this process has made so far.
uint64_t allocation_count(int32_t thread);

/// The calling thread, as `allocation_count` knows it.
int32_t allocation_thread(void);
