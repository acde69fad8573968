/* The engine: libtorch behind a C interface.
 *
 * Every function returns 0 and writes its result through the last argument, or returns 1 and leaves a sentence in
 * ct_last_error() (of the calling thread). A result tensor belongs to the caller, who frees it with ct_release.
 * Optional tensors are NULL. No defaults and no logic here: both live in Swift.
 */
#ifndef CT_H
#define CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_impl *ct_tensor;
typedef struct ct_generator_impl *ct_generator;
typedef struct ct_packed_conv2d_impl *ct_packed_conv2d;
typedef struct ct_store_impl *ct_store;
typedef struct ct_group_impl *ct_group;
typedef struct ct_receive_impl *ct_receive;
typedef struct ct_reducer_impl *ct_reducer;

/* Element types, with ATen's own numbers. */
enum { CT_UINT8 = 0, CT_INT8 = 1, CT_INT16 = 2, CT_INT32 = 3, CT_INT64 = 4, CT_FLOAT16 = 5, CT_FLOAT32 = 6, CT_FLOAT64 = 7,
       CT_BOOL = 11, CT_BFLOAT16 = 15 };
/* CT_PRIVATEUSE1: the key at which libtorch knows a backend from outside. */
enum { CT_CPU = 0, CT_CUDA = 1, CT_META = 2, CT_PRIVATEUSE1 = 3 };
enum { CT_CONTIGUOUS = 0, CT_PRESERVE = 1, CT_CHANNELS_LAST = 2 };
enum { CT_NEAREST = 0, CT_BILINEAR = 1, CT_BICUBIC = 2 };
enum { CT_SUM = 0, CT_MIN = 1, CT_MAX = 2 };
enum { CT_REDUCE_NONE = 0, CT_REDUCE_MEAN = 1, CT_REDUCE_SUM = 2 };

/* The engine as a whole (ct_runtime.cpp) */
const char *ct_last_error(void);
const char *ct_version(void);
int ct_build_description(const char **out);
int ct_set_num_threads(int32_t count);
int32_t ct_num_threads(void);
int32_t ct_available_processors(void);
// The allocator keeps memory that is freed, and takes none by mappings of their own.
void ct_keep_memory(void);
int32_t ct_cuda_device_count(void);
// Whether NCCL's process group is compiled in.
bool ct_has_nccl(void);
bool ct_grad_enabled(void);
void ct_set_grad_enabled(bool enabled);
int ct_set_autocast(int32_t device, bool enabled, int32_t dtype);
bool ct_can_autocast(int32_t device, int32_t dtype);
int ct_autocast(int32_t device, bool *enabled, int32_t *dtype);
int ct_clear_autocast_cache(void);

/* Random numbers (ct_random.cpp): generator NULL is the device's default one */
int ct_generator_new(uint64_t seed, ct_generator *out);
int ct_generator_default(int32_t device, int32_t index, ct_generator *out);
void ct_generator_release(ct_generator generator);
int ct_manual_seed(uint64_t seed);
int ct_generator_state(ct_generator generator, ct_tensor *out);
int ct_set_generator_state(ct_generator generator, ct_tensor state);
int ct_uniform_(ct_tensor x, double low, double high, ct_generator generator);
int ct_normal_(ct_tensor x, double mean, double deviation, ct_generator generator);

/* A tensor's life and properties (ct_tensor.cpp) */
void ct_release(ct_tensor x);
int64_t ct_dim(ct_tensor x);
int64_t ct_size(ct_tensor x, int64_t dim);
int32_t ct_dtype(ct_tensor x);
int ct_device(ct_tensor x, int32_t *type, int32_t *index);
bool ct_is_contiguous(ct_tensor x, int32_t format);
bool ct_requires_grad(ct_tensor x);
int ct_set_requires_grad(ct_tensor x, bool value);
int ct_data(ct_tensor x, void **out);
int ct_item(ct_tensor x, double *out);
int ct_detach(ct_tensor x, ct_tensor *out);
int ct_set_data(ct_tensor x, ct_tensor data);
int ct_grad(ct_tensor x, ct_tensor *out); /* NULL where there is none */
int ct_set_grad(ct_tensor x, ct_tensor grad);
int ct_backward(ct_tensor x, ct_tensor gradient);

/* Making and converting (ct_creation.cpp) */
int ct_empty(const int64_t *shape, int64_t rank, int32_t dtype, int32_t device, int32_t index, int32_t format, ct_tensor *out);
int ct_full(const int64_t *shape, int64_t rank, double value, int32_t dtype, int32_t device, int32_t index, ct_tensor *out);
int ct_arange(double start, double end, double step, int32_t dtype, int32_t device, int32_t index, ct_tensor *out);
int ct_to(ct_tensor x, int32_t dtype, int32_t device, int32_t index, ct_tensor *out);
int ct_contiguous(ct_tensor x, int32_t format, ct_tensor *out);
int ct_clone(ct_tensor x, ct_tensor *out);
int ct_copy_(ct_tensor x, ct_tensor source);
int ct_fill_(ct_tensor x, double value);

/* Shapes (ct_shape.cpp) */
int ct_reshape(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor *out);
int ct_permute(ct_tensor x, const int64_t *dims, int64_t rank, ct_tensor *out);
int ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out);
int ct_unsqueeze(ct_tensor x, int64_t dim, ct_tensor *out);
int ct_squeeze(ct_tensor x, int64_t dim, ct_tensor *out);
int ct_expand(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor *out);
int ct_repeat(ct_tensor x, const int64_t *times, int64_t rank, ct_tensor *out);
int ct_narrow(ct_tensor x, int64_t dim, int64_t start, int64_t length, ct_tensor *out);
int ct_as_strided(ct_tensor x, const int64_t *shape, const int64_t *strides, int64_t rank, int64_t offset, ct_tensor *out);
int ct_select(ct_tensor x, int64_t dim, int64_t index, ct_tensor *out);
int ct_slice(ct_tensor x, int64_t dim, int64_t start, int64_t end, int64_t step, ct_tensor *out);
int ct_index_select(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor *out);
int ct_index(ct_tensor x, const ct_tensor *indices, int64_t count, ct_tensor *out);
int ct_index_copy(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out);
int ct_gather(ct_tensor x, int64_t dim, ct_tensor indices, ct_tensor *out);
int ct_flip(ct_tensor x, const int64_t *dims, int64_t rank, ct_tensor *out);
int ct_triu(ct_tensor x, int64_t diagonal, ct_tensor *out);
int ct_pad(ct_tensor x, const int64_t *amounts, int64_t count, double value, ct_tensor *out);
int ct_cat(const ct_tensor *xs, int64_t count, int64_t dim, ct_tensor *out);
int ct_stack(const ct_tensor *xs, int64_t count, int64_t dim, ct_tensor *out);

/* Arithmetic (ct_math.cpp) */
int ct_add(ct_tensor a, ct_tensor b, double alpha, ct_tensor *out);
int ct_add_(ct_tensor a, ct_tensor b, double alpha);
int ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_div(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_add_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_add_scalar_(ct_tensor a, double b);
int ct_mul_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_mul_scalar_(ct_tensor a, double b);
int ct_div_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_remainder(ct_tensor a, int64_t b, ct_tensor *out);
int ct_pow(ct_tensor a, double exponent, ct_tensor *out);
int ct_maximum(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_minimum(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_neg(ct_tensor x, ct_tensor *out);
int ct_abs(ct_tensor x, ct_tensor *out);
int ct_exp(ct_tensor x, ct_tensor *out);
int ct_log(ct_tensor x, ct_tensor *out);
int ct_log2(ct_tensor x, ct_tensor *out);
int ct_floor(ct_tensor x, ct_tensor *out);
int ct_sqrt(ct_tensor x, ct_tensor *out);
int ct_rsqrt(ct_tensor x, ct_tensor *out);
int ct_erfinv_(ct_tensor x);
int ct_clamp(ct_tensor x, const double *low, const double *high, ct_tensor *out);
int ct_eq(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_lt(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_gt(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_le(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_ge(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_eq_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_ne_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_lt_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_gt_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_le_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_ge_scalar(ct_tensor a, double b, ct_tensor *out);
int ct_logical_and(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_logical_or(ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_logical_not(ct_tensor x, ct_tensor *out);
int ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);
int ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out);
int ct_isfinite(ct_tensor x, ct_tensor *out);
int ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out);

/* Reductions (ct_reduce.cpp): no dims reduces everything */
int ct_sum(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out);
int ct_mean(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out);
int ct_amax(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out);
int ct_amin(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out);
int ct_norm(ct_tensor x, const int64_t *dims, int64_t rank, bool keep, ct_tensor *out);
int ct_max(ct_tensor x, int64_t dim, bool keep, ct_tensor *values, ct_tensor *indices);
int ct_min(ct_tensor x, int64_t dim, bool keep, ct_tensor *values, ct_tensor *indices);
int ct_argmax(ct_tensor x, int64_t dim, bool keep, ct_tensor *out);
int ct_softmax(ct_tensor x, int64_t dim, ct_tensor *out);
int ct_log_softmax(ct_tensor x, int64_t dim, ct_tensor *out);

/* Order and search (ct_sorting.cpp): equal elements keep their order, what is not a number counts as largest */
int ct_sort(ct_tensor x, int64_t dim, bool descending, ct_tensor *values, ct_tensor *indices);
int ct_topk(ct_tensor x, int64_t count, int64_t dim, ct_tensor *values, ct_tensor *indices);
int ct_nonzero(ct_tensor x, ct_tensor *out);

/* Neural network operations (ct_nn.cpp) */
int ct_relu(ct_tensor x, ct_tensor *out);
int ct_relu_(ct_tensor x);
int ct_add_relu_(ct_tensor x, ct_tensor other);
int ct_sigmoid(ct_tensor x, ct_tensor *out);
int ct_tanh(ct_tensor x, ct_tensor *out);
int ct_gelu(ct_tensor x, ct_tensor *out);
int ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out);
int ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
              const int64_t dilation[2], int64_t groups, ct_tensor *out);
int ct_conv_transpose2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2],
                        const int64_t output_padding[2], int64_t groups, const int64_t dilation[2], ct_tensor *out);
int ct_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor mean, ct_tensor variance, bool training,
                  double momentum, double eps, ct_tensor *out);
int ct_layer_norm(ct_tensor x, const int64_t *shape, int64_t rank, ct_tensor weight, ct_tensor bias, double eps, ct_tensor *out);
int ct_group_norm(ct_tensor x, int64_t groups, ct_tensor weight, ct_tensor bias, double eps, ct_tensor *out);
int ct_max_pool2d(ct_tensor x, const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], bool ceil_mode,
                  ct_tensor *out);
int ct_avg_pool2d(ct_tensor x, const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], bool ceil_mode,
                  bool count_include_pad, ct_tensor *out);
int ct_adaptive_avg_pool2d(ct_tensor x, const int64_t size[2], ct_tensor *out);
int ct_interpolate(ct_tensor x, const int64_t size[2], int32_t mode, bool align_corners, ct_tensor *out);
int ct_embedding(ct_tensor weight, ct_tensor indices, ct_tensor *out);
int ct_dropout(ct_tensor x, double probability, bool channels, ct_tensor *out);
int ct_scaled_dot_product_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, ct_tensor *out);
int ct_cross_entropy(ct_tensor logits, ct_tensor target, ct_tensor weight, int32_t reduction, int64_t ignore_index, ct_tensor *out);
int ct_binary_cross_entropy_with_logits(ct_tensor logits, ct_tensor target, ct_tensor weight, int32_t reduction, ct_tensor *out);

/* What libtorch lacks (ct_vision.cpp): the class of every pixel of rows begin..<end of the bilinear enlargement to height x width of
 * logits [rows, w, k], which are the rows from first_row on of a map of source_height rows. int32 [end - begin, width] */
int ct_bilinear_argmax(ct_tensor logits, int64_t first_row, int64_t source_height, int64_t height, int64_t width, int64_t begin,
                       int64_t end, ct_tensor *out);

/* A window of sliding inference: its place in the view, and which rows of its map of source_height rows are at hand. */
typedef struct {
    int64_t y, x, height, width, first_row, source_height;
} ct_window;

/* The same for several windows [rows, w, k], each upsampled to its place in a view, averaged where they overlap; the part of the view
   that the image fills, image_height x image_width at its top left, is then resized. */
int ct_window_argmax(const ct_tensor *logits, const ct_window *places, int64_t count, int64_t view_width, int64_t image_height,
                     int64_t image_width, int64_t height, int64_t width, int64_t begin, int64_t end, ct_tensor *out);

/* The sum of the cross-entropies of logits [n, k, h, w], upsampled bilinearly to labels [n, height, width] (ct_resized_cross_entropy.cpp) */
int ct_resized_cross_entropy(ct_tensor logits, ct_tensor labels, ct_tensor weights, int64_t ignore_index, ct_tensor *out);

/* The sum of the focal losses of logits [n, k] against the class of each row [n], none where it is not in 0 ..< k; weights [n] or null
 * (ct_focal.cpp) */
int ct_focal_loss(ct_tensor logits, ct_tensor classes, ct_tensor weights, double gamma, double alpha, ct_tensor *out);

/* A map [n, h, w, c] cut into windows [n * rows * columns, size * size, c], padded with zeros at its right and bottom and rolled up and left by
 * shift, and windows put together to maps of height x width again (ct_windows.cpp) */
int ct_windows(ct_tensor map, int64_t size, int64_t shift, ct_tensor *out);
int ct_joined_windows(ct_tensor windows, int64_t size, int64_t shift, int64_t height, int64_t width, ct_tensor *out);

/* Boxes [n, 4] = x1, y1, x2, y2 (ct_detection.cpp): which are kept, by descending score; groups may be NULL. Masks [d, m, m] at boxes of an
 * image: uint8 where threshold is given, float32 else; `whole` samples the whole image instead of the boxes and a pixel around them. */
int ct_nms(ct_tensor boxes, ct_tensor scores, ct_tensor groups, double threshold, ct_tensor *out);
int ct_paste_masks(ct_tensor masks, ct_tensor boxes, int64_t height, int64_t width, const double *threshold, bool whole, ct_tensor *out);

/* Regions [r, 5] = image, x1, y1, x2, y2 of a map [n, c, h, w], sampled to [r, c, size[0], size[1]] (ct_roi_align.cpp) */
int ct_roi_align(ct_tensor map, ct_tensor rois, const int64_t size[2], double scale, int64_t sampling_ratio, bool aligned, ct_tensor *out);

/* Operations on lists of tensors, for optimizers (ct_foreach.cpp) */
int ct_foreach_mul_(const ct_tensor *xs, int64_t count, double factor);
int ct_foreach_add_(const ct_tensor *xs, const ct_tensor *ys, int64_t count, double alpha);
int ct_foreach_addcmul_(const ct_tensor *xs, const ct_tensor *as, const ct_tensor *bs, int64_t count, double value);
int ct_foreach_addcdiv_(const ct_tensor *xs, const ct_tensor *as, const ct_tensor *bs, int64_t count, double value);
int ct_foreach_sqrt(const ct_tensor *xs, int64_t count, ct_tensor *outs);
int ct_foreach_add_scalar_(const ct_tensor *xs, int64_t count, double value);
int ct_foreach_norm(const ct_tensor *xs, int64_t count, ct_tensor *outs);

/* Convolutions with packed weights, float32 or bfloat16 on the CPU (ct_packed_convolution.cpp) */
bool ct_can_pack_conv2d(void);
int ct_pack_conv2d(ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2], const int64_t dilation[2],
                   int64_t groups, const int64_t input_size[4], bool relu, ct_packed_conv2d *out);
int ct_packed_conv2d_run(ct_packed_conv2d packed, ct_tensor x, ct_tensor *out);
void ct_packed_conv2d_release(ct_packed_conv2d packed);

/* 3x3 convolutions, stride 1 and padding 1, by Winograd's method; float32 on the CPU (ct_winograd.cpp) */
int ct_winograd_kernels(ct_tensor weight, ct_tensor *out);
int ct_winograd_conv2d(ct_tensor x, ct_tensor kernels, ct_tensor bias, bool relu, ct_tensor *out);

/* Several processes, on c10d. Times are in milliseconds. Keys and values that they share (ct_store.cpp): the server is in one process,
 * port 0 takes a free one. Calls of one store wait for each other. */
int ct_store_open(const char *host, int32_t port, bool server, int64_t timeout, ct_store *out);
int32_t ct_store_port(ct_store store);
int ct_store_set(ct_store store, const char *key, const uint8_t *bytes, int64_t count);
/* keeps a value that is there already; out is the value kept, uint8 [count] */
int ct_store_set_first(ct_store store, const char *key, const uint8_t *bytes, int64_t count, ct_tensor *out);
int ct_store_get(ct_store store, const char *key, ct_tensor *out); /* uint8 [count]; waits for the key */
int ct_store_add(ct_store store, const char *key, int64_t amount, int64_t *out);
int ct_store_has(ct_store store, const char *key, bool *out);
void ct_store_release(ct_store store);

/* Collectives (ct_process_group.cpp): every process of the group calls the same ones in the same order, with tensors of the same size and type.
 * They change x, and return once that is done. address is what the others reach this process by; NULL is that of its host's name. */
bool ct_has_gloo(void);
int ct_group_open(ct_store store, const char *name, int32_t rank, int32_t size, const char *address, int32_t device, int64_t timeout,
                  ct_group *out);
int ct_group_all_reduce(ct_group group, ct_tensor x, int32_t operation);
int ct_group_broadcast(ct_group group, ct_tensor x, int32_t root);
int ct_group_all_gather(ct_group group, ct_tensor x, ct_tensor *outs);
int ct_group_send(ct_group group, ct_tensor x, int32_t to, int32_t tag);
int ct_group_receive(ct_group group, ct_tensor x, int32_t from, int32_t tag);
int64_t ct_group_calls(ct_group group); /* collectives that this process has started */
void ct_group_release(ct_group group);

/* Receives x while others of the group do. Only Gloo's groups have a timeout here and can abort; arrived is false after an abort. A wait that
 * fails says that the connection is closed. */
int ct_receive_start(ct_group group, ct_tensor x, int32_t from, int32_t tag, ct_receive *out);
int ct_receive_wait(ct_receive receive, int64_t timeout, bool *arrived);
int ct_receive_abort(ct_receive receive);
void ct_receive_release(ct_receive receive);

/* A bucket of gradients that was sent: its bytes, and when it was sent and had arrived, in seconds of the monotonic clock. */
typedef struct {
    int64_t bytes;
    double begin, end;
} ct_transfer;

/* Means of gradients over the processes, during the backward pass (ct_reducer.cpp): between the two calls of prepare lies a forward pass. Buckets
 * of cap bytes, the first one of `first` bytes. */
int ct_reducer_open(ct_group group, const ct_tensor *parameters, const char *const *names, int64_t count, int64_t first, int64_t cap,
                    bool trace, ct_reducer *out);
int ct_reducer_prepare_forward(ct_reducer reducer);
int ct_reducer_prepare_backward(ct_reducer reducer, ct_tensor loss);
int ct_touch(ct_tensor loss, const ct_tensor *parameters, int64_t count, ct_tensor *out); /* the loss; its backward pass counts as a use of all */
int64_t ct_reducer_transfers(ct_reducer reducer, ct_transfer *out, int64_t room); /* takes up to `room` of those noted */
void ct_reducer_release(ct_reducer reducer);

/* Batch norm in training with the statistics of all processes of the group (ct_sync_batch_norm.cpp) */
int ct_sync_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor mean, ct_tensor variance, double momentum, double eps,
                       ct_group group, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
