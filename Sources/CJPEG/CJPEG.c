#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

struct CJPEGDecoder {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf caller;
  enum CJPEGStatus status;
  uint32_t max_scans;
};

static CJPEGDecoder *decoder_of(j_common_ptr info) { return info->client_data; }

static void leave(j_common_ptr info, enum CJPEGStatus status) {
  CJPEGDecoder *decoder = decoder_of(info);
  decoder->status = status;
  longjmp(decoder->caller, 1);
}

static void on_error(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      leave(info, CJPEGStatusUnsupported);
      break;
    case JERR_IMAGE_TOO_BIG:
      leave(info, CJPEGStatusTooLarge);
      break;
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
    case JERR_WIDTH_OVERFLOW:
      leave(info, CJPEGStatusOutOfMemory);
      break;
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
      leave(info, CJPEGStatusTruncated);
      break;
    default:
      leave(info, CJPEGStatusCorrupt);
  }
}

/// libjpeg fills in for damaged data and only warns, and Pillow shows what it makes of them: so does this.
/// A file that ends too early is an error there and here.
static void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) leave(info, CJPEGStatusTruncated);
}

static void say_nothing(j_common_ptr info) { (void)info; }

static void on_progress(j_common_ptr info) {
  if ((uint32_t)((j_decompress_ptr)info)->input_scan_number > decoder_of(info)->max_scans) {
    leave(info, CJPEGStatusTooManyScans);
  }
}

CJPEGDecoder *cjpeg_create(size_t memory_limit) {
  CJPEGDecoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return NULL;
  decoder->info.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = on_error;
  decoder->errors.emit_message = on_message;
  decoder->errors.output_message = say_nothing;
  decoder->progress.progress_monitor = on_progress;
  decoder->info.client_data = decoder;
  if (setjmp(decoder->caller)) {
    cjpeg_destroy(decoder);
    return NULL;
  }
  jpeg_create_decompress(&decoder->info);
  decoder->info.mem->max_memory_to_use = (long)memory_limit;
  decoder->info.progress = &decoder->progress;
  return decoder;
}

void cjpeg_destroy(CJPEGDecoder *decoder) {
  jpeg_destroy_decompress(&decoder->info);
  free(decoder);
}

static uint64_t rounded_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

/// What jdcoefct.c, jdmainct.c and jdsample.c allocate for each component: all blocks of a JPEG in several
/// scans; 10 groups of rows, at full size; as many upsampled rows as an MCU has.
static void measure(j_decompress_ptr info, struct CJPEGHeader *header) {
  uint64_t width = rounded_up(info->image_width, 8 * info->max_h_samp_factor);
  for (int i = 0; i < info->num_components; i++) {
    jpeg_component_info *component = &info->comp_info[i];
    uint64_t columns = rounded_up(component->width_in_blocks, component->h_samp_factor);
    uint64_t rows = rounded_up(component->height_in_blocks, component->v_samp_factor);
    header->coefficient_bytes += columns * rows * sizeof(JBLOCK);
    header->row_bytes += columns * DCTSIZE * component->v_samp_factor * 10;
    header->row_bytes += width * info->max_v_samp_factor;
  }
}

enum CJPEGStatus cjpeg_read_header(CJPEGDecoder *decoder, const uint8_t *bytes, size_t count,
                                   struct CJPEGHeader *header) {
  if (setjmp(decoder->caller)) return decoder->status;
  j_decompress_ptr info = &decoder->info;
  decoder->max_scans = 1;
  jpeg_mem_src(info, (unsigned char *)bytes, count);
  jpeg_read_header(info, TRUE);
  header->width = info->image_width;
  header->height = info->image_height;
  header->cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
  header->arithmetic = info->arith_code;
  header->multiple_scans = jpeg_has_multiple_scans(info);
  header->coefficient_bytes = header->row_bytes = 0;
  measure(info, header);
  if (!header->cmyk && info->num_components != 1 && info->num_components != 3) {
    return CJPEGStatusUnsupported;
  }
  return CJPEGStatusOK;
}

uint32_t cjpeg_count_scans(const uint8_t *bytes, size_t count, uint32_t limit) {
  const uint8_t *at = bytes, *end = bytes + count;
  uint32_t scans = 0;
  while (scans < limit && (at = memchr(at, 0xFF, end - at)) != NULL) {
    while (at < end && *at == 0xFF) at++;
    if (at == end) break;
    uint8_t marker = *at++;
    if (marker == 0xD9) break;
    // A stuffed byte, TEM, a restart and SOI stand alone; all others name the length of what follows.
    if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;
    if (marker == 0xDA) scans++;
    if (end - at < 2) break;
    size_t length = (size_t)at[0] << 8 | at[1];
    if (length > (size_t)(end - at)) break;
    at += length;
  }
  return scans;
}

/// Cropped columns are bit for bit those of the whole row only for the common samplings.
static int crops_exactly(j_decompress_ptr info) {
  if (info->max_h_samp_factor > 2 || info->max_v_samp_factor > 2) return 0;
  for (int i = 0; i < info->num_components; i++) {
    int h = info->comp_info[i].h_samp_factor, v = info->comp_info[i].v_samp_factor;
    int whole = h == info->max_h_samp_factor && v == info->max_v_samp_factor;
    if (!whole && !(h == 1 && v == 1)) return 0;
  }
  return 1;
}

enum CJPEGStatus cjpeg_start(CJPEGDecoder *decoder, const struct CJPEGPlan *plan, struct CJPEGRows *rows) {
  if (setjmp(decoder->caller)) return decoder->status;
  j_decompress_ptr info = &decoder->info;
  int cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
  info->out_color_space = cmyk ? JCS_CMYK : JCS_EXT_RGBX;
  info->scale_num = 1;
  info->scale_denom = plan->scale_denominator;
  decoder->max_scans = plan->max_scans;
  jpeg_start_decompress(info);
  rows->width = info->output_width;
  rows->height = info->output_height;
  JDIMENSION first = 0, columns = info->output_width;
  if (plan->column_count > 0 && plan->column_count < columns && plan->scale_denominator == 1 &&
      crops_exactly(info)) {
    first = plan->first_column;
    columns = plan->column_count;
    jpeg_crop_scanline(info, &first, &columns);
  }
  rows->first_column = first;
  rows->column_count = columns;
  return CJPEGStatusOK;
}

enum CJPEGStatus cjpeg_read_row(CJPEGDecoder *decoder, uint8_t *row) {
  if (setjmp(decoder->caller)) return decoder->status;
  JSAMPROW target = row;
  return jpeg_read_scanlines(&decoder->info, &target, 1) == 1 ? CJPEGStatusOK : CJPEGStatusTruncated;
}

enum CJPEGStatus cjpeg_skip_rows(CJPEGDecoder *decoder, uint32_t count) {
  if (setjmp(decoder->caller)) return decoder->status;
  return jpeg_skip_scanlines(&decoder->info, count) == count ? CJPEGStatusOK : CJPEGStatusTruncated;
}

enum CJPEGStatus cjpeg_finish(CJPEGDecoder *decoder) {
  if (setjmp(decoder->caller)) return decoder->status;
  return jpeg_finish_decompress(&decoder->info) ? CJPEGStatusOK : CJPEGStatusTruncated;
}
