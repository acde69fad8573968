// Sums over the positions of every channel of a map, in double. Internal to CTorch.
#pragma once

#include "handle.h"

namespace ct {

/// Whether `x` is a map `[n, c, h, w]` of floats on the CPU with its channels side by side, which the loops here are written for.
bool lies_by_channels(const at::Tensor &x);

/// Sums and then sums of squares of the channels of a map that lies by channels: double `[2c]`.
/// Parts are added up in their order, whatever the number of threads.
at::Tensor channel_sums(const at::Tensor &x);

}  // namespace ct
