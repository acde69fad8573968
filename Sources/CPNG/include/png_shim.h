// PNG in and out of memory. libpng reports errors by longjmp, which must not cross Swift frames: it stays behind these functions.
// Each returns 0, or -1 with a sentence in `message`.
#ifndef DENSEKIT_PNG_SHIM_H
#define DENSEKIT_PNG_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define DK_PNG_MESSAGE 200

/// The content of the header. `color_type`: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha.
typedef struct {
    uint32_t width;
    uint32_t height;
    int bit_depth;
    int color_type;
} dk_png_header;

int dk_png_read_header(const uint8_t *bytes, size_t size, dk_png_header *header, char message[DK_PNG_MESSAGE]);

/// The colours of a palette image: `count` RGB triples, 256 at most (libpng refuses more).
typedef struct {
    uint8_t colors[768];
    int count;
} dk_png_palette;

int dk_png_read_palette(const uint8_t *bytes, size_t size, dk_png_palette *palette, char message[DK_PNG_MESSAGE]);

/// 8-bit RGB, whatever the file holds: palette and grey expanded, 16 bits cut to 8, alpha dropped. `pixels`: height * width * 3 bytes.
int dk_png_read_rgb(const uint8_t *bytes, size_t size, uint8_t *pixels, uint32_t width, uint32_t height, char message[DK_PNG_MESSAGE]);

/// The stored samples of a grey or palette image, unexpanded: `samples` holds height * width
/// numbers, palette indices for a palette.
int dk_png_read_samples(const uint8_t *bytes, size_t size, uint16_t *samples, uint32_t width, uint32_t height, char message[DK_PNG_MESSAGE]);

/// Receives the bytes of a file as they are made.
typedef void (*dk_png_sink)(void *context, const uint8_t *bytes, size_t size);

/// `color_type` 0 (grey), 2 (RGB) or 3 (palette: `palette` holds `colors` RGB triples); 16-bit samples are in the machine's byte order.
int dk_png_write(const uint8_t *pixels, dk_png_header header, const uint8_t *palette, int colors, dk_png_sink sink, void *context,
                 char message[DK_PNG_MESSAGE]);

#endif
