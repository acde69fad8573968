#include "png_shim.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
    char *message;
    dk_png_sink sink;
    void *context;
} dk_state;

static void dk_error(png_structp png, png_const_charp text) {
    dk_state *state = png_get_error_ptr(png);
    snprintf(state->message, DK_PNG_MESSAGE, "%s", text);
    png_longjmp(png, 1);
}

static void dk_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void dk_pull(png_structp png, png_bytep target, png_size_t count) {
    dk_state *state = png_get_io_ptr(png);
    if (count > state->left) png_error(png, "the file ends too early");
    memcpy(target, state->bytes, count);
    state->bytes += count;
    state->left -= count;
}

static void dk_push(png_structp png, png_bytep bytes, png_size_t count) {
    dk_state *state = png_get_io_ptr(png);
    state->sink(state->context, bytes, count);
}

static void dk_flush(png_structp png) { (void)png; }

/// What a reader does between the header and the end of the pixels.
typedef enum { DK_HEADER, DK_PALETTE, DK_RGB, DK_SAMPLES } dk_mode;

static void dk_set_transformations(png_structp png, png_infop info, dk_mode mode) {
    int color = png_get_color_type(png, info);
    if (mode == DK_SAMPLES) {
        if (color != PNG_COLOR_TYPE_GRAY && color != PNG_COLOR_TYPE_PALETTE) png_error(png, "not a grey or palette image");
        png_set_packing(png);
        return;
    }
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    if (!(color & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
}

/// Widens rows of 8-bit or big-endian 16-bit samples in place, from the last to the first.
static void dk_widen(uint16_t *samples, size_t count, int depth) {
    const uint8_t *bytes = (const uint8_t *)samples;
    if (depth == 16) {
        for (size_t i = 0; i < count; i++) samples[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    } else {
        for (size_t i = count; i-- > 0;) samples[i] = bytes[i];
    }
}

static int dk_read(const uint8_t *bytes, size_t size, dk_mode mode, dk_png_header *header, void *pixels, char *message) {
    dk_state state = {bytes, size, message, NULL, NULL};
    png_bytep *volatile rows = NULL;
    message[0] = 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, dk_error, dk_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        snprintf(message, DK_PNG_MESSAGE, "out of memory");
        png_destroy_read_struct(&png, NULL, NULL);
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        free((void *)rows);
        png_destroy_read_struct(&png, &info, NULL);
        return -1;
    }
    png_set_read_fn(png, &state, dk_pull);
    // Ancillary chunks are skipped, also those that libpng knows (-1): a thousand compressed texts would unpack to 8 MB each.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_chunk_malloc_max(png, 8 << 20);
    png_read_info(png, info);
    uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    if (mode == DK_HEADER) {
        header->width = width;
        header->height = height;
        header->bit_depth = png_get_bit_depth(png, info);
        header->color_type = png_get_color_type(png, info);
    } else if (mode == DK_PALETTE) {
        dk_png_palette *palette = pixels;
        png_colorp entries = NULL;
        if (!png_get_PLTE(png, info, &entries, &palette->count)) png_error(png, "there is no palette");
        for (int i = 0; i < palette->count; i++) {
            const uint8_t color[3] = {entries[i].red, entries[i].green, entries[i].blue};
            memcpy(palette->colors + 3 * i, color, 3);
        }
    } else {
        if (width != header->width || height != header->height) png_error(png, "the size changed between two looks");
        dk_set_transformations(png, info, mode);
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
        size_t stride = (size_t)width * (mode == DK_RGB ? 3 : png_get_bit_depth(png, info) / 8);
        if (png_get_rowbytes(png, info) != stride) png_error(png, "unexpected row length");
        rows = malloc(height * sizeof(png_bytep));
        if (!rows) png_error(png, "out of memory");
        for (uint32_t y = 0; y < height; y++) rows[y] = (png_bytep)pixels + y * stride;
        png_read_image(png, rows);
        if (mode == DK_SAMPLES) dk_widen(pixels, (size_t)width * height, png_get_bit_depth(png, info));
    }
    free((void *)rows);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}

int dk_png_read_header(const uint8_t *bytes, size_t size, dk_png_header *header, char message[DK_PNG_MESSAGE]) {
    return dk_read(bytes, size, DK_HEADER, header, NULL, message);
}

int dk_png_read_palette(const uint8_t *bytes, size_t size, dk_png_palette *palette, char message[DK_PNG_MESSAGE]) {
    return dk_read(bytes, size, DK_PALETTE, NULL, palette, message);
}

int dk_png_read_rgb(const uint8_t *bytes, size_t size, uint8_t *pixels, uint32_t width, uint32_t height, char message[DK_PNG_MESSAGE]) {
    dk_png_header header = {width, height, 8, PNG_COLOR_TYPE_RGB};
    return dk_read(bytes, size, DK_RGB, &header, pixels, message);
}

int dk_png_read_samples(const uint8_t *bytes, size_t size, uint16_t *samples, uint32_t width, uint32_t height,
                        char message[DK_PNG_MESSAGE]) {
    dk_png_header header = {width, height, 8, PNG_COLOR_TYPE_GRAY};
    return dk_read(bytes, size, DK_SAMPLES, &header, samples, message);
}

int dk_png_write(const uint8_t *pixels, dk_png_header header, const uint8_t *palette, int colors, dk_png_sink sink, void *context,
                 char message[DK_PNG_MESSAGE]) {
    dk_state state = {NULL, 0, message, sink, context};
    message[0] = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, dk_error, dk_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        snprintf(message, DK_PNG_MESSAGE, "out of memory");
        png_destroy_write_struct(&png, NULL);
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return -1;
    }
    png_set_write_fn(png, &state, dk_push, dk_flush);
    png_set_IHDR(png, info, header.width, header.height, header.bit_depth, header.color_type, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (header.color_type == PNG_COLOR_TYPE_PALETTE) {
        png_color entries[256];
        if (colors < 1 || colors > 256) png_error(png, "a palette has 1 to 256 colours");
        for (int i = 0; i < colors; i++) {
            entries[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
        }
        png_set_PLTE(png, info, entries, colors);
    }
    png_write_info(png, info);
    if (header.bit_depth == 16) png_set_swap(png);
    size_t samples = header.color_type == PNG_COLOR_TYPE_RGB ? 3 : 1;
    size_t stride = (size_t)header.width * samples * (header.bit_depth / 8);
    for (uint32_t y = 0; y < header.height; y++) png_write_row(png, pixels + y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return 0;
}
