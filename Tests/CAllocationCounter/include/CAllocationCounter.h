#pragma once
#include <stdint.h>

/// Heap allocations that the calling thread has made so far.
uint64_t allocation_count(void);
