#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether this program counts allocations; one with a sanitizer doesn't.
bool allocations_are_counted(void);

/// Heap allocations that a thread of this process has made so far.
uint64_t allocation_count(int32_t thread);

/// The calling thread, as `allocation_count` knows it.
int32_t allocation_thread(void);
