#include "coco_columns.h"

#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

namespace dom = simdjson::dom;

namespace {

/// An array that grows in place where the system can do that: large ones are remapped, not copied.
template <class T> class Column {
  public:
    Column() = default;
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;
    ~Column() { std::free(data_); }

    T *data() const { return data_; }
    int64_t count() const { return static_cast<int64_t>(count_); }
    void push(T value) { *extend(1) = value; }
    void clear() { count_ = 0; }

    /// Room for `more` elements at the end, which are to be written.
    T *extend(size_t more) {
        if (capacity_ - count_ < more) grow(more);
        count_ += more;
        return data_ + count_ - more;
    }

  private:
    void grow(size_t more) {
        size_t capacity = capacity_ + capacity_ / 2 + 64;
        if (capacity - count_ < more) capacity = count_ + more;
        void *grown = std::realloc(static_cast<void *>(data_), capacity * sizeof(T));
        if (grown == nullptr) throw std::bad_alloc();
        data_ = static_cast<T *>(grown);
        capacity_ = capacity;
    }

    T *data_ = nullptr;
    size_t count_ = 0;
    size_t capacity_ = 0;
};

/// What is wrong with an object.
struct Problem {
    int32_t kind;
    const char *key;
    const char *expected;
    const char *found;
};

const char *name(dom::element value) {
    switch (value.type()) {
    case dom::element_type::ARRAY: return "a list";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::STRING: return "a string";
    case dom::element_type::BOOL: return "a Boolean";
    case dom::element_type::NULL_VALUE: return "null";
    default: return "a number";
    }
}

[[noreturn]] void mismatch(const char *key, const char *expected, const char *found) {
    throw Problem{DK_COCO_TYPE, key, expected, found};
}

/// A whole number of 64 bits; `3.0` is one.
int64_t integer(dom::element value, const char *key) {
    int64_t whole = 0;
    if (value.get(whole) == simdjson::SUCCESS) return whole;
    double number = 0;
    if (value.is<double>() && value.get(number) == simdjson::SUCCESS && std::fabs(number) <= 0x1p53 && std::trunc(number) == number)
        return static_cast<int64_t>(number);
    mismatch(key, "a whole number of 64 bits", value.is<uint64_t>() ? "a larger one" : value.is<double>() ? "a fraction" : name(value));
}

double number(dom::element value, const char *key, const char *expected) {
    double result = 0;
    if (value.get(result) != simdjson::SUCCESS) mismatch(key, expected, name(value));
    return result;
}

/// As Python takes it for true or false.
bool truth(dom::element value, const char *key) {
    if (value.is_null()) return false;
    bool flag = false;
    if (value.get(flag) == simdjson::SUCCESS) return flag;
    return number(value, key, "0 or 1") != 0;
}

}  // namespace

struct dk_coco_arrays {
    dom::parser parser;
    Column<dk_coco_image> images;
    Column<dk_coco_category> categories;
    Column<dk_coco_annotation> annotations;
    Column<dk_coco_result> results;
    Column<uint8_t> names;
    Column<int32_t> words;
    std::vector<double> coordinates;
    std::vector<size_t> lengths;

    void image(dom::object object) {
        dk_coco_image image{};
        unsigned seen = 0;
        for (auto [key, value] : object) {
            if (key == "id") image.id = integer(value, "id"), seen |= 1;
            else if (key == "file_name") text(value, "file_name", image.name_start, image.name_length), seen |= 2;
            else if (key == "height") image.height = integer(value, "height"), seen |= 4;
            else if (key == "width") image.width = integer(value, "width"), seen |= 8;
        }
        require(seen, {"id", "file_name", "height", "width"});
        images.push(image);
    }

    void category(dom::object object) {
        dk_coco_category category{};
        unsigned seen = 0;
        for (auto [key, value] : object) {
            if (key == "id") category.id = integer(value, "id"), seen |= 1;
            else if (key == "name") text(value, "name", category.name_start, category.name_length), seen |= 2;
        }
        require(seen, {"id", "name"});
        categories.push(category);
    }

    void annotation(dom::object object) {
        dk_coco_annotation annotation{};
        unsigned seen = 0;
        for (auto [key, value] : object) {
            if (key == "id") annotation.id = integer(value, "id"), seen |= 1;
            else if (key == "image_id") annotation.image = integer(value, "image_id"), seen |= 2;
            else if (key == "category_id") annotation.category = integer(value, "category_id"), seen |= 4;
            else if (key == "bbox") box(value, annotation), seen |= 8;
            else if (key == "area") annotation.area = number(value, "area", "a number"), seen |= 16;
            else if (key == "iscrowd") annotation.is_crowd = truth(value, "iscrowd");
            else if (key == "ignore") annotation.is_ignored = truth(value, "ignore");
            else if (key == "segmentation") segmentation(value, annotation);
        }
        require(seen, {"id", "image_id", "category_id", "bbox", "area"});
        annotations.push(annotation);
    }

    void result(dom::object object, bool wants_masks) {
        dk_coco_result result{};
        unsigned seen = 0;
        for (auto [key, value] : object) {
            if (key == "image_id") result.image = integer(value, "image_id"), seen |= 1;
            else if (key == "category_id") result.category = integer(value, "category_id"), seen |= 2;
            else if (key == "score") result.score = number(value, "score", "a number"), seen |= 4;
            else if (key == "bbox") result.has_box = box_or_none(value, result);
            else if (key == "segmentation" && wants_masks) mask(value, result);
        }
        require(seen, {"image_id", "category_id", "score"});
        results.push(result);
    }

    void clear() {
        images.clear(), categories.clear(), annotations.clear(), results.clear();
        names.clear(), words.clear();
    }

  private:
    static void require(unsigned seen, std::initializer_list<const char *> keys) {
        for (const char *key : keys) {
            if ((seen & 1) == 0) throw Problem{DK_COCO_MISSING, key, "", ""};
            seen >>= 1;
        }
    }

    void text(dom::element value, const char *key, int64_t &start, int64_t &length) {
        std::string_view view;
        if (value.get(view) != simdjson::SUCCESS) mismatch(key, "a string", name(value));
        start = names.count();
        length = static_cast<int64_t>(view.size());
        if (!view.empty()) std::memcpy(names.extend(view.size()), view.data(), view.size());
    }

    template <class Record> static void box(dom::element value, Record &record) {
        const char *expected = "[x, y, width, height]";
        dom::array list;
        if (value.get(list) != simdjson::SUCCESS) mismatch("bbox", expected, name(value));
        double sides[4];
        size_t count = 0;
        for (dom::element side : list) {
            if (count == 4) mismatch("bbox", expected, "more than four numbers");
            sides[count++] = number(side, "bbox", expected);
        }
        if (count < 4) mismatch("bbox", expected, "fewer than four numbers");
        record.x = sides[0], record.y = sides[1], record.width = sides[2], record.height = sides[3];
    }

    /// Whether there is one: an empty list is none.
    static bool box_or_none(dom::element value, dk_coco_result &result) {
        dom::array list;
        if (value.get(list) == simdjson::SUCCESS && list.size() == 0) return false;
        box(value, result);
        return true;
    }

    void mask(dom::element value, dk_coco_result &result) {
        dom::object object;
        if (value.get(object) != simdjson::SUCCESS) mismatch("segmentation", "a compressed mask {counts, size}", name(value));
        const Runs runs(object);
        if (!runs.counts.is_string()) mismatch("segmentation", "counts as a compressed string", name(runs.counts));
        result.mask_height = static_cast<uint32_t>(runs.height);
        result.mask_width = static_cast<uint32_t>(runs.width);
        text(runs.counts, "segmentation", result.mask_start, result.mask_length);
        result.has_mask = 1;
    }

    void segmentation(dom::element value, dk_coco_annotation &annotation) {
        annotation.shape_start = words.count();
        dom::array list;
        dom::object object;
        if (value.get(list) == simdjson::SUCCESS) annotation.shape_kind = polygons(list);
        else if (value.get(object) == simdjson::SUCCESS) annotation.shape_kind = run_lengths(object);
        else if (!value.is_null()) mismatch("segmentation", "polygons or run lengths", name(value));
        annotation.shape_words = words.count() - annotation.shape_start;
    }

    uint8_t polygons(dom::array list) {
        const char *expected = "a list of polygons, each [x0, y0, x1, y1, …]";
        coordinates.clear();
        lengths.clear();
        for (dom::element element : list) {
            dom::array polygon;
            if (element.get(polygon) != simdjson::SUCCESS) mismatch("segmentation", expected, name(element));
            const size_t before = coordinates.size();
            for (dom::element coordinate : polygon) coordinates.push_back(number(coordinate, "segmentation", expected));
            lengths.push_back(coordinates.size() - before);
        }
        if (lengths.empty()) return DK_COCO_NONE;
        const bool is_exact = in_hundredths();
        words.push(static_cast<int32_t>(lengths.size()));
        const double *next = coordinates.data();
        for (size_t length : lengths) {
            words.push(static_cast<int32_t>(length));
            if (is_exact) {
                int32_t *to = words.extend(length);
                for (size_t i = 0; i < length; ++i) to[i] = static_cast<int32_t>(std::nearbyint(next[i] * 100));
            } else if (length > 0) {
                std::memcpy(words.extend(2 * length), next, length * sizeof(double));
            }
            next += length;
        }
        return is_exact ? DK_COCO_HUNDREDTHS : DK_COCO_DOUBLES;
    }

    /// Whether all coordinates are decimals of two places: then a whole number of 32 bits, divided by 100, is the same double.
    bool in_hundredths() const {
        for (double value : coordinates) {
            const double rounded = std::nearbyint(value * 100);
            if (!(std::fabs(rounded) < 0x1p31) || rounded / 100 != value) return false;
        }
        return true;
    }

    /// Run lengths, a list or a compressed string, and the bits of the mask's sides.
    struct Runs {
        dom::element counts;
        int32_t height = 0;
        int32_t width = 0;

        explicit Runs(dom::object object) {
            dom::element size;
            if (object["counts"].get(counts) != simdjson::SUCCESS) mismatch("segmentation", "{counts, size}", "no counts");
            if (object["size"].get(size) != simdjson::SUCCESS) mismatch("segmentation", "{counts, size}", "no size");
            dom::array sides;
            const char *expected = "size [height, width]";
            if (size.get(sides) != simdjson::SUCCESS) mismatch("segmentation", expected, name(size));
            if (sides.size() != 2) mismatch("segmentation", expected, "a list of another length");
            int32_t *side = &height;
            for (dom::element value : sides) *side = bits32(value, "a size within 32 bits"), side = &width;
        }
    };

    uint8_t run_lengths(dom::object object) {
        const Runs runs(object);
        const dom::element counts = runs.counts;
        words.push(runs.height);
        words.push(runs.width);
        dom::array list;
        if (counts.get(list) == simdjson::SUCCESS) {
            const size_t place = static_cast<size_t>(words.count());
            words.push(0);
            for (dom::element count : list) words.push(bits32(count, "run lengths of 32 bits"));
            words.data()[place] = static_cast<int32_t>(static_cast<size_t>(words.count()) - place - 1);
            return DK_COCO_COUNTS;
        }
        std::string_view text;
        if (counts.get(text) != simdjson::SUCCESS) mismatch("segmentation", "counts as list or string", name(counts));
        words.push(static_cast<int32_t>(text.size()));
        const size_t length = (text.size() + 3) / 4;
        int32_t *to = words.extend(length);
        if (length > 0) to[length - 1] = 0;
        if (!text.empty()) std::memcpy(to, text.data(), text.size());
        return DK_COCO_TEXT;
    }

    /// A whole number of 0 … 2³² − 1, as its bits.
    static int32_t bits32(dom::element value, const char *expected) {
        const int64_t whole = integer(value, "segmentation");
        if (whole < 0 || whole > UINT32_MAX) mismatch("segmentation", expected, whole < 0 ? "a negative number" : "a larger number");
        return static_cast<int32_t>(static_cast<uint32_t>(whole));
    }
};

namespace {

template <size_t size> void copy(const char *text, char (&to)[size]) {
    std::strncpy(to, text, size - 1);
    to[size - 1] = 0;
}

void fill(dk_coco_failure &failure, const Problem &problem) {
    failure.kind = problem.kind;
    copy(problem.key, failure.key);
    copy(problem.expected, failure.expected);
    copy(problem.found, failure.found);
}

/// Hands each object of a JSON list to `read`. Nothing that is thrown passes this line.
template <class Read> int each(dk_coco_arrays &coco, const uint8_t *json, size_t length, dk_coco_failure &failure, Read read) noexcept {
    failure = {};
    try {
        dom::array list;
        const auto error = coco.parser.parse(json, length, false).get(list);
        if (error != simdjson::SUCCESS) {
            fill(failure, {DK_COCO_SYNTAX, "", simdjson::error_message(error), ""});
            return 1;
        }
        for (dom::element element : list) {
            dom::object object;
            try {
                if (element.get(object) != simdjson::SUCCESS) mismatch("", "an object", name(element));
                read(object);
            } catch (const Problem &problem) {
                fill(failure, problem);
                failure.has_id = element.is_object() && object["id"].get(failure.id) == simdjson::SUCCESS;
                return 1;
            }
            ++failure.element;
        }
        return 0;
    } catch (const std::exception &error) {
        fill(failure, {DK_COCO_OTHER, "", error.what(), ""});
    } catch (...) {
        fill(failure, {DK_COCO_OTHER, "", "unknown C++ exception", ""});
    }
    return 1;
}

}  // namespace

int dk_coco_make(dk_coco *result) {
    try {
        *result = new dk_coco_arrays;
        return 0;
    } catch (...) {
        return 1;
    }
}

void dk_coco_free(dk_coco coco) { delete coco; }

int dk_coco_images(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure) {
    return each(*coco, json, length, *failure, [&](dom::object object) { coco->image(object); });
}

int dk_coco_categories(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure) {
    return each(*coco, json, length, *failure, [&](dom::object object) { coco->category(object); });
}

int dk_coco_annotations(dk_coco coco, const uint8_t *json, size_t length, dk_coco_failure *failure) {
    return each(*coco, json, length, *failure, [&](dom::object object) { coco->annotation(object); });
}

int dk_coco_results(dk_coco coco, const uint8_t *json, size_t length, int wants_masks, dk_coco_failure *failure) {
    return each(*coco, json, length, *failure, [&](dom::object object) { coco->result(object, wants_masks != 0); });
}

void dk_coco_clear(dk_coco coco) { coco->clear(); }

void dk_coco_columns_of(dk_coco coco, dk_coco_columns *result) {
    *result = {
        coco->images.data(), coco->images.count(), coco->categories.data(), coco->categories.count(), coco->annotations.data(),
        coco->annotations.count(), coco->results.data(), coco->results.count(), coco->names.data(), coco->names.count(),
        coco->words.data(), coco->words.count(),
    };
}
