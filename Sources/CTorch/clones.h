// Functions that exist once for each kind of vector unit; the loader chooses. Internal to CTorch.
#pragma once

#if defined(__x86_64__)
#define CT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CT_CLONES
#endif
