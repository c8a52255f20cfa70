// The same text for a GPU (NVRTC, nvcc) and for the host's C compiler, which runs the threads of a block one after
// another: what crosses a SYNC lives in SHARED memory. No contraction, no fast mathematics: compile with --fmad=false or
// -ffp-contract=off, and every operation is the one that is written.
typedef long long i64;

#ifdef __CUDACC__
#define DEVICE static __device__ __forceinline__
#define KERNEL extern "C" __global__ void
#define RESTRICT __restrict__
#define ALIGN(bytes) __align__(bytes)
#define SHARED __shared__
#define THREADS(t, count) for (int t = threadIdx.x; t < (count); t = (count))
#define SYNC __syncthreads()
#define FENCE __threadfence()
#define ARRIVE(counter) atomicAdd(counter, 1u)
#define BLOCK ((i64)blockIdx.x)
#define PRAGMA(text) _Pragma(#text)
#define UNROLL(count) PRAGMA(unroll count)
#define FMA fma
#define FMAF fmaf
#define SQRT sqrt
#define SQRTF sqrtf
#define ABS fabs
#define ABSF fabsf
DEVICE unsigned bits32(float x) { return __float_as_uint(x); }
DEVICE float float32(unsigned b) { return __uint_as_float(b); }
DEVICE unsigned long long bits64(double x) { return (unsigned long long)__double_as_longlong(x); }
DEVICE double float64(unsigned long long b) { return __longlong_as_double((i64)b); }
#else
#ifdef __cplusplus
#define KERNEL extern "C" void
#else
#define KERNEL void
#endif
#define DEVICE static inline
#define RESTRICT
#define ALIGN(bytes)
#define SHARED static
#define THREADS(t, count) for (int t = 0; t < (count); ++t)
#define SYNC
#define FENCE
#define ARRIVE(counter) (*(counter))++
static i64 BLOCK; // set by whoever calls a kernel
#define UNROLL(count)
#define FMA __builtin_fma
#define FMAF __builtin_fmaf
#define SQRT __builtin_sqrt
#define SQRTF __builtin_sqrtf
#define ABS __builtin_fabs
#define ABSF __builtin_fabsf
DEVICE unsigned bits32(float x) { unsigned b; __builtin_memcpy(&b, &x, 4); return b; }
DEVICE float float32(unsigned b) { float x; __builtin_memcpy(&x, &b, 4); return x; }
DEVICE unsigned long long bits64(double x) { unsigned long long b; __builtin_memcpy(&b, &x, 8); return b; }
DEVICE double float64(unsigned long long b) { double x; __builtin_memcpy(&x, &b, 8); return x; }
#endif

#define EACH(b, count) UNROLL(count) for (int b = 0; b < (count); ++b)

#define INFINITY32 float32(0x7f800000u)
#define NAN32 float32(0x7fc00000u)
#define INFINITY64 float64(0x7ff0000000000000ull)
#define NAN64 float64(0x7ff8000000000000ull)

// bfloat16 is the upper half of a float; narrowing rounds to nearest, ties to even.
typedef unsigned short bf16;
DEVICE float load_bf16(bf16 x) { return float32((unsigned)x << 16); }
DEVICE bf16 store_bf16(float x) {
  const unsigned b = bits32(x);
  return (bf16)(x != x ? 0x7fc0u : (b + 0x7fffu + ((b >> 16) & 1u)) >> 16);
}
DEVICE float load_f32(float x) { return x; }
DEVICE float store_f32(float x) { return x; }
DEVICE double load_f64(double x) { return x; }
DEVICE double store_f64(double x) { return x; }
