// Only the stable one-shot and streaming XXH3 functions are used.
#include <xxhash.h>
