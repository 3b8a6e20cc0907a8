#ifndef SOFTMOE_CJPEG_H
#define SOFTMOE_CJPEG_H

#include <stddef.h>
#include <stdint.h>

/// Row-by-row JPEG decoding over libjpeg-turbo, which reports errors by a function that must not return.
///
/// Every call below catches that jump before it returns, so none crosses a Swift frame. After a status
/// other than `CJPEGStatusOK` only `cjpeg_destroy` may be called.

typedef struct CJPEGDecoder CJPEGDecoder;

enum CJPEGStatus {
  CJPEGStatusOK = 0,
  CJPEGStatusCorrupt,
  CJPEGStatusTruncated,
  CJPEGStatusUnsupported,
  CJPEGStatusTooLarge,
  CJPEGStatusTooManyScans,
  CJPEGStatusOutOfMemory,
};

struct CJPEGHeader {
  uint32_t width;
  uint32_t height;
  /// 1 when rows come as inverted CMYK, as Adobe writes it; 0 when they come as RGBX.
  int cmyk;
  int arithmetic;
  /// 1 when it comes in several scans, so that all coefficients are held.
  int multiple_scans;
  /// Bytes of the coefficients: 2 for each, of whole MCUs.
  uint64_t coefficient_bytes;
  /// Bytes of the rows of samples that are held between decoding and colour conversion, at most.
  uint64_t row_bytes;
};

struct CJPEGPlan {
  /// 1, 2, 4 or 8: each side is divided by it, rounded up.
  uint32_t scale_denominator;
  /// The columns wanted, of the scaled image; whole rows when `column_count` is 0.
  uint32_t first_column;
  uint32_t column_count;
  /// More scans than this end with `CJPEGStatusTooManyScans`.
  uint32_t max_scans;
};

struct CJPEGRows {
  uint32_t width;
  uint32_t height;
  /// The columns each row holds: the wanted ones, widened to whole blocks and never narrower.
  uint32_t first_column;
  uint32_t column_count;
};

/// Null when memory is short. The decoder's own tables and coefficients stay below `memory_limit` bytes.
CJPEGDecoder *cjpeg_create(size_t memory_limit);
void cjpeg_destroy(CJPEGDecoder *decoder);

/// Reads up to the first scan. `bytes` must outlive the decoder.
enum CJPEGStatus cjpeg_read_header(CJPEGDecoder *decoder, const uint8_t *bytes, size_t count,
                                   struct CJPEGHeader *header);
/// The scans of a JPEG, no more than `limit` of them: its markers are counted, nothing is decoded.
uint32_t cjpeg_count_scans(const uint8_t *bytes, size_t count, uint32_t limit);
enum CJPEGStatus cjpeg_start(CJPEGDecoder *decoder, const struct CJPEGPlan *plan, struct CJPEGRows *rows);
/// Writes one row of `column_count` pixels, 4 bytes each.
enum CJPEGStatus cjpeg_read_row(CJPEGDecoder *decoder, uint8_t *row);
/// Passes over rows, decoding no more of them than their entropy coding demands.
enum CJPEGStatus cjpeg_skip_rows(CJPEGDecoder *decoder, uint32_t count);
/// Reads on to the end marker, so that a file cut short is noticed. All rows must have been read.
enum CJPEGStatus cjpeg_finish(CJPEGDecoder *decoder);

#endif
