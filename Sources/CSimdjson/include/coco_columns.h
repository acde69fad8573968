// Lists of COCO's images, categories, annotations and results, from JSON text into flat arrays. Parsed by simdjson, which throws and is C++: both
// stay behind these functions. Each returns 0, or 1 with the reason in `failure`.
#ifndef DENSEKIT_COCO_COLUMNS_H
#define DENSEKIT_COCO_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Arrays that grow with each call.
typedef struct dk_coco_arrays *dk_coco;

/// Bytes behind a JSON text that must be readable; what is in them does not matter.
#define DK_COCO_PADDING 64

typedef struct {
    int64_t id;
    /// Where the name is in `names`.
    int64_t name_start;
    int64_t name_length;
    int64_t height;
    int64_t width;
} dk_coco_image;

typedef struct {
    int64_t id;
    int64_t name_start;
    int64_t name_length;
} dk_coco_category;

/// How `words` hold what an object covers.
enum {
    DK_COCO_NONE = 0,
    /// The number of polygons, and for each the number of its coordinates and these in hundredths of a pixel.
    DK_COCO_HUNDREDTHS = 1,
    /// The same with coordinates of two words, the bits of a double, the lower half first.
    DK_COCO_DOUBLES = 2,
    /// Height, width, the number of run lengths and these.
    DK_COCO_COUNTS = 3,
    /// Height, width, the number of characters and these, four a word.
    DK_COCO_TEXT = 4,
};

typedef struct {
    int64_t id;
    int64_t image;
    int64_t category;
    double x, y, width, height;
    double area;
    int64_t shape_start;
    int64_t shape_words;
    uint8_t shape_kind;
    uint8_t is_crowd;
    uint8_t is_ignored;
    uint8_t unused[5];
} dk_coco_annotation;

/// What a detector found.
typedef struct {
    int64_t image;
    int64_t category;
    double score;
    double x, y, width, height;
    int64_t mask_height;
    int64_t mask_width;
    /// Where the mask's compressed run lengths are in `names`.
    int64_t mask_start;
    int64_t mask_length;
    uint8_t has_box;
    uint8_t has_mask;
    uint8_t unused[6];
} dk_coco_result;

/// The arrays; they stay where they are until the next call.
typedef struct {
    const dk_coco_image *images;
    int64_t image_count;
    const dk_coco_category *categories;
    int64_t category_count;
    dk_coco_annotation *annotations;
    int64_t annotation_count;
    const dk_coco_result *results;
    int64_t result_count;
    const uint8_t *names;
    int64_t name_bytes;
    const int32_t *words;
    int64_t word_count;
} dk_coco_columns;

enum {
    /// Not JSON: `expected` is simdjson's sentence.
    DK_COCO_SYNTAX = 1,
    /// An object without `key`.
    DK_COCO_MISSING = 2,
    /// `key` holds something else than what is `expected`; `found` names it.
    DK_COCO_TYPE = 3,
    /// No memory, or another exception: `expected` names it.
    DK_COCO_OTHER = 4,
};

typedef struct {
    int32_t kind;
    /// Whether the object has a number of its own that could be read: `id`.
    int32_t has_id;
    int64_t id;
    /// Which object of the list, from 0.
    int64_t element;
    char key[16];
    char expected[128];
    char found[64];
} dk_coco_failure;

int dk_coco_make(dk_coco *result);
void dk_coco_free(dk_coco coco);

/// Each takes a JSON list of objects, with DK_COCO_PADDING bytes behind it. Where the text is not JSON, nothing is added.
int dk_coco_images(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure);
int dk_coco_categories(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure);
int dk_coco_annotations(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure);
/// Masks are looked at if they are wanted.
int dk_coco_results(dk_coco coco, const uint8_t *json, size_t length, int wants_masks, dk_coco_failure *failure);

/// Empties the arrays.
void dk_coco_clear(dk_coco coco);

void dk_coco_columns_of(dk_coco coco, dk_coco_columns *result);

#ifdef __cplusplus
}
#endif

#endif
