#include <webp/decode.h>
#include <webp/types.h>
