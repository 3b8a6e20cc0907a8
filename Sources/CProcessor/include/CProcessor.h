// What the processor can do, hints to it, and a thread's name, none of which Swift can say.
#pragma once

#if defined(__x86_64__)
// Checked by the compiler's run-time library, the operating system's part included.
static inline _Bool processor_has_avx2_and_fma(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline _Bool processor_has_avx512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
#else
static inline _Bool processor_has_avx2_and_fma(void) { return 0; }
static inline _Bool processor_has_avx512(void) { return 0; }
#endif

// Lets the other thread of a core, or the power supply, have the moment that a spinning loop wastes.
static inline void processor_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Asks for a cache line that will be read soon.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

// As tools show it: at most 15 bytes.
void processor_name_this_thread(const char *name);
