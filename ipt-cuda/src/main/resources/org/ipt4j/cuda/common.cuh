// What all kernels share: number types, sums over a warp or a block, and products of small tiles.
// NVRTC compiles this text for the card; a C++ compiler, with emulator.h before it, for the tests.

#ifndef EMULATED
#define KERNEL(name, ...) extern "C" __global__ void name(__VA_ARGS__)
// A kernel of so many threads of which a multiprocessor can hold so many blocks.
#define BOUNDED_KERNEL(threads, blocks, name, ...) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(__VA_ARGS__)
#define DEVICE __device__ __forceinline__
#define SHARED __shared__
// The block's memory whose size the launch gives, as an array of a type.
#define DYNAMIC_SHARED(type, name)             \
  extern __shared__ float4 dynamicShared[];    \
  type* name = reinterpret_cast<type*>(dynamicShared)
#endif

// AMPERE: the card has what came with compute capability 8.0: tensor cores for TF32 and bfloat16,
// conversions to these, and copies to shared memory that do not wait. TURING: it has not, and
// multiplies in float32 only; the emulator may be told that it is one.
#ifndef EMULATED
#if __CUDA_ARCH__ >= 800
#define AMPERE
#else
#define TURING
#endif
#endif

typedef long long Long;

// bfloat16: the upper half of a float.
struct bf16 {
  unsigned short bits;
};

DEVICE float asFloat(unsigned bits) {
#ifdef EMULATED
  float x;
  memcpy(&x, &bits, 4);
  return x;
#else
  return __uint_as_float(bits);
#endif
}

DEVICE unsigned asBits(float x) {
#ifdef EMULATED
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits;
#else
  return __float_as_uint(x);
#endif
}

DEVICE float toFloat(float x) { return x; }
DEVICE float toFloat(bf16 x) { return asFloat((unsigned)x.bits << 16); }

// Rounds to the nearest, ties to even; not a number stays one.
DEVICE unsigned short toBits(float x) {
#ifdef AMPERE
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
#else
  unsigned bits = asBits(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (unsigned short)((bits >> 16) | 0x40);
  return (unsigned short)((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
#endif
}

template <class T>
DEVICE T from(float x);
template <>
DEVICE float from<float>(float x) {
  return x;
}
template <>
DEVICE bf16 from<bf16>(float x) {
  bf16 y;
  y.bits = toBits(x);
  return y;
}

// Sums over the 32 lanes of a warp; each lane receives it.
DEVICE float warpSum(float x) {
  for (int apart = 16; apart > 0; apart /= 2) x += __shfl_xor_sync(0xffffffffu, x, apart);
  return x;
}

DEVICE float warpMax(float x) {
  for (int apart = 16; apart > 0; apart /= 2)
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, apart));
  return x;
}

// The sum over a block of whole warps, at most 1024 threads; each thread receives it.
DEVICE float blockSum(float x) {
  SHARED float sums[32];
  x = warpSum(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
  __syncthreads();
  float sum = 0;
  for (int warp = 0; warp < (int)(blockDim.x / 32); warp++) sum += sums[warp];
  return sum;
}

#ifndef EMULATED
// An address of shared memory, as instructions take it.
DEVICE unsigned sharedAddress(const void* p) {
  unsigned address;
  asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(address) : "l"(p));
  return address;
}
#endif

// Begins to copy BYTES (4 or 16, to and from multiples of them) to shared memory, `at` bytes from
// `to`; zeros if not inside. Without AMPERE they are there when it returns.
template <int BYTES>
DEVICE void beginCopy(void* to, int at, const void* from, bool inside) {
#ifdef AMPERE
  int bytes = inside ? BYTES : 0;
  unsigned address = sharedAddress(to) + at;
  if (BYTES == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
        "r"(bytes)
        : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(address), "l"(from),
        "r"(bytes)
        : "memory");
  }
#else
  void* there = static_cast<char*>(to) + at;
#ifdef EMULATED
  emulator::checkAligned(from, BYTES);
#endif
  if (BYTES == 16) {
    uint4 zeros = make_uint4(0, 0, 0, 0);
    *static_cast<uint4*>(there) = inside ? *static_cast<const uint4*>(from) : zeros;
  } else {
    *static_cast<unsigned*>(there) = inside ? *static_cast<const unsigned*>(from) : 0;
  }
#endif
}

// Products of tiles by the tensor cores: c [16,8] += a [16,16] · b [16,8], by the lanes of a warp.
// With g = lane / 4 and t = lane % 4, a lane holds
//   of a: the pairs (g, 2t), (g+8, 2t), (g, 2t+8), (g+8, 2t+8), each of two neighbouring columns;
//   of b: the pairs (2t, g), (2t+8, g), each of two neighbouring rows;
//   of c: (g, 2t), (g, 2t+1), (g+8, 2t), (g+8, 2t+1).
// So c's layout is that of the left or right half of an a: a product can be the next one's input.
// A form has a type of numbers in memory and of pairs in registers.

struct Pair {
  float x, y;
};

#ifndef AMPERE
// c [16,8] += a [16,8·HALVES] · b [8·HALVES,8] without tensor cores, not rounded: each lane computes
// its own sums.
#ifdef TURING
// Another lane's numbers.
template <int COUNT>
DEVICE void fromLane(int lane, const float* own, float (&numbers)[COUNT]) {
#ifdef EMULATED
  memcpy(numbers, warpExchange(own, sizeof numbers)[lane], sizeof numbers);
#else
#pragma unroll
  for (int i = 0; i < COUNT; i++) numbers[i] = __shfl_sync(0xffffffffu, own[i], lane);
#endif
}

// With a's rows from the lanes of the same g, and b's columns from those whose g is 2t and 2t+1.
template <int HALVES>
DEVICE void plainProduct(float* c, const float* a, const float* b) {
  int lane = threadIdx.x % 32, t = lane % 4;
#pragma unroll 1  // else compiling takes minutes
  for (int from = 0; from < 4; from++) {
    float rows[4 * HALVES], left[2 * HALVES], right[2 * HALVES];
    fromLane(lane - t + from, a, rows);
    fromLane(8 * t + from, b, left);
    fromLane(8 * t + 4 + from, b, right);
#pragma unroll
    for (int i = 0; i < 2 * HALVES; i++) {
      float upper = rows[i / 2 * 4 + i % 2], lower = rows[i / 2 * 4 + i % 2 + 2];
      c[0] += upper * left[i];
      c[1] += upper * right[i];
      c[2] += lower * left[i];
      c[3] += lower * right[i];
    }
  }
}
#else
// The lanes write a and the columns of b side by side, and then compute their own sums.
template <int HALVES>
DEVICE void plainProduct(float* c, const float* a, const float* b) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  float* rows = warpMemory();
  float* columns = rows + 256;
  for (int i = 0; i < 4 * HALVES; i++)
    rows[(g + i / 2 % 2 * 8) * 16 + i / 4 * 8 + 2 * t + i % 2] = a[i];
  for (int i = 0; i < 2 * HALVES; i++) columns[g * 16 + i / 2 * 8 + 2 * t + i % 2] = b[i];
  __syncwarp();
  for (int i = 0; i < 4; i++) {
    const float* left = rows + (g + i / 2 * 8) * 16;
    const float* right = columns + (2 * t + i % 2) * 16;
    float sums[4] = {0, 0, 0, 0};
    for (int k = 0; k < 8 * HALVES; k += 4)
      for (int j = 0; j < 4; j++) sums[j] += left[k + j] * right[k + j];
    c[i] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
}
#endif

DEVICE void plainProduct(float* c, Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
  float a[8] = {a0.x, a0.y, a1.x, a1.y, a2.x, a2.y, a3.x, a3.y};
  float b[4] = {b0.x, b0.y, b1.x, b1.y};
  plainProduct<2>(c, a, b);
}
#endif

DEVICE float toTf32(float x) {
#ifdef AMPERE
  unsigned y;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
  return asFloat(y);
#else
  return asFloat((asBits(x) + 0x1000u) & 0xffffe000u);
#endif
}

#ifdef AMPERE
DEVICE void productTf32(float* c, Pair a0, Pair a1, Pair b) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(asBits(a0.x)), "r"(asBits(a1.x)), "r"(asBits(a0.y)), "r"(asBits(a1.y)),
        "r"(asBits(b.x)), "r"(asBits(b.y)));
}
#endif

// TF32: 10 bits of mantissa.
struct Tf32 {
  typedef float Number;
  typedef ::Pair Pair;

  DEVICE static Pair pair(float x, float y) {
    Pair p;
    p.x = toTf32(x);
    p.y = toTf32(y);
    return p;
  }
  DEVICE static Pair load(const float* p) { return pair(p[0], p[1]); }

  DEVICE static void product(float* c, Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
#ifdef AMPERE
    productTf32(c, a0, a1, b0);
    productTf32(c, a2, a3, b1);
#else
    plainProduct(c, a0, a1, a2, a3, b0, b1);
#endif
  }
};

// float32. With tensor cores as three products of TF32: a number is its TF32 and the TF32 of what is
// left.
struct Float32 {
  typedef float Number;
  typedef ::Pair Pair;

  DEVICE static Pair pair(float x, float y) {
    Pair p;
    p.x = x;
    p.y = y;
    return p;
  }
  DEVICE static Pair load(const float* p) { return pair(p[0], p[1]); }

  DEVICE static Pair rest(Pair p, Pair rounded) {
    return Tf32::pair(p.x - rounded.x, p.y - rounded.y);
  }

  DEVICE static void product(float* c, Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
#ifdef AMPERE
    half(c, a0, a1, b0);
    half(c, a2, a3, b1);
#else
    plainProduct(c, a0, a1, a2, a3, b0, b1);
#endif
  }

#ifdef AMPERE
  DEVICE static void half(float* c, Pair a0, Pair a1, Pair b) {
    Pair h0 = Tf32::pair(a0.x, a0.y), h1 = Tf32::pair(a1.x, a1.y), hb = Tf32::pair(b.x, b.y);
    productTf32(c, rest(a0, h0), rest(a1, h1), hb);
    productTf32(c, h0, h1, rest(b, hb));
    productTf32(c, h0, h1, hb);
  }
#endif
};

// bfloat16, summed in float.
struct Bf16 {
  typedef bf16 Number;
  typedef unsigned Pair;  // the first number in the lower half

  DEVICE static Pair pair(float x, float y) {
#ifdef AMPERE
    unsigned p;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(p) : "f"(y), "f"(x));
    return p;
#else
    return toBits(x) | (unsigned)toBits(y) << 16;
#endif
  }
  DEVICE static Pair pair(bf16 x, bf16 y) { return x.bits | (unsigned)y.bits << 16; }
  // p is a multiple of 4 bytes
  DEVICE static Pair load(const bf16* p) { return *reinterpret_cast<const unsigned*>(p); }

  DEVICE static void product(float* c, Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
#ifdef AMPERE
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
        "{%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
#else
    plainProduct(c, numbers(a0), numbers(a1), numbers(a2), numbers(a3), numbers(b0), numbers(b1));
#endif
  }
  DEVICE static ::Pair numbers(Pair p) {
    ::Pair both = {asFloat(p << 16), asFloat(p & 0xffff0000u)};
    return both;
  }
};
