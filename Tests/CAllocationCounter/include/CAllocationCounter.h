#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether this program counts allocations; one with a sanitizer doesn't.
bool allocations_are_counted(void);

/// Heap allocations that a thread of this process has made so far.
uint64_t allocation_count(int32_t thread);

/// The calling thread, as `allocation_count` knows it.
int32_t allocation_thread(void);

/// Forgets what the calling thread holds: its peak is counted from here.
void allocation_peak_reset(void);

/// The most bytes that the calling thread has allocated and not yet freed at a time since the reset.
int64_t allocation_peak(void);
