// Attention that never writes its scores: y = softmax(factor · q·kᵀ)·v and its derivatives.
//
// Row s of sample n and head h begins at q + n·qSample + s·qRow + h·width, likewise of the other
// arrays: they may be columns of wider ones. logSums and deltas are [samples, heads, queries].
// Any numbers of queries and keys, and widths up to the kernel's padded width W. factor > 0.
//
// A warp has 32 queries, or in attentionKeys 16 keys. So for R rows, each warp has P:
//   grid x = blocks = (R + most - 1) / most, y = heads, z = samples (or y = heads·samples);
//   threads = (R + blocks·P - 1) / (blocks·P) · 32;  no dynamic shared memory;
// where most is 160 (each multiple of 32 up to 256 works), in attentionKeys 64 (at most that).

#ifdef EMULATED
DEVICE float attentionExp2(float x) { return exp2f(x); }
DEVICE float attentionLog2(float x) { return log2f(x); }
#else
DEVICE float attentionExp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
DEVICE float attentionLog2(float x) {
  float y;
  asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
#endif

// What masked scores are: minus infinity.
DEVICE float attentionNever() { return asFloat(0xff800000u); }

#define ATTENTION_LOG2E 1.4426950408889634f
#define ATTENTION_LN2 0.6931471805599453f

DEVICE void attentionCommit() {
#ifdef AMPERE
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits for all groups of copies but the latest LEFT.
template <int LEFT>
DEVICE void attentionWait() {
#ifdef AMPERE
  asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
#endif
}

// Whether rows begin at, and have lengths of, whole pieces of so many numbers.
template <class T>
DEVICE bool attentionWhole(const T* p, Long sample, Long row, int width, int numbers) {
  return (reinterpret_cast<unsigned long long>(p) / sizeof(T) % numbers
             | (unsigned long long)(sample | row | width) % numbers)
         == 0;
}

// Copies ROWS rows of a head, those from `rows` on and columns from `width` on as zeros.
template <int ROWS, int W, int STRIDE, class T>
DEVICE void attentionTile(T* tile, const T* source, Long row, int rows, int width, bool vectors) {
  const int piece = 16 / sizeof(T), pieces = W / piece;
  const int slots = pieces <= 2 ? 2 : pieces <= 4 ? 4 : pieces <= 8 ? 8 : pieces <= 16 ? 16 : 32;
  if (vectors) {
    int c = threadIdx.x % slots * piece, step = blockDim.x / slots, r = threadIdx.x / slots;
    if (c >= W) return;
    const T* from = source + r * row + c;
    for (; r < ROWS; r += step, from += step * row)
      beginCopy<16>(tile, (r * STRIDE + c) * sizeof(T), from, r < rows && c < width);
  } else {
    for (int i = threadIdx.x; i < ROWS * W; i += blockDim.x) {
      int r = i / W, c = i % W;
      tile[r * STRIDE + c] = r < rows && c < width ? source[r * row + c] : from<T>(0.f);
    }
  }
}

// A pair at a whole multiple of two numbers.
template <class M>
DEVICE typename M::Pair attentionPair(const float* p) {
  float2 both = *reinterpret_cast<const float2*>(p);
  return M::pair(both.x, both.y);
}
template <class M>
DEVICE typename M::Pair attentionPair(const bf16* p) {
  return M::load(p);
}

// Two right operands side by side whose pairs are neighbours in a row of the tile: tile rows n to
// n+15 are the product's columns.
template <class M, int STRIDE>
DEVICE void attentionAcross(
    typename M::Pair (&b)[4], const typename M::Number* tile, int n, int k) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  for (int i = 0; i < 4; i++)
    b[i] = attentionPair<M>(tile + (n + i / 2 * 8 + g) * STRIDE + k + i % 2 * 8 + 2 * t);
}

// Two right operands side by side whose pairs are neighbours in a column: tile columns n to n+15.
template <class M, int STRIDE>
DEVICE void attentionDown(
    typename M::Pair (&b)[4], const typename M::Number* tile, int k, int n) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  for (int i = 0; i < 4; i++) {
    const typename M::Number* p = tile + (k + i % 2 * 8 + 2 * t) * STRIDE + n + i / 2 * 8 + g;
    b[i] = M::pair(p[0], p[STRIDE]);
  }
}

#ifndef EMULATED
template <int STRIDE>
DEVICE void attentionAcross16(unsigned (&b)[4], const bf16* tile, int n, int k) {
  int lane = threadIdx.x % 32;
  unsigned p = sharedAddress(tile) + n * STRIDE * 2
               + ((lane / 16 * 8 + lane % 8) * STRIDE + lane / 8 % 2 * 8) * 2 + k * 2;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(b[0]), "=r"(b[1]), "=r"(b[2]), "=r"(b[3])
               : "r"(p)
               : "memory");
}
template <int STRIDE>
DEVICE void attentionDown16(unsigned (&b)[4], const bf16* tile, int k, int n) {
  int lane = threadIdx.x % 32;
  unsigned p = sharedAddress(tile) + k * STRIDE * 2
               + ((lane / 8 % 2 * 8 + lane % 8) * STRIDE + lane / 16 * 8) * 2 + n * 2;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(b[0]), "=r"(b[1]), "=r"(b[2]), "=r"(b[3])
               : "r"(p)
               : "memory");
}
#define ATTENTION_FRAGMENTS(stride)                                                       \
  template <>                                                                             \
  DEVICE void attentionAcross<Bf16, stride>(                                              \
      unsigned (&b)[4], const bf16* tile, int n, int k) {                                 \
    attentionAcross16<stride>(b, tile, n, k);                                             \
  }                                                                                       \
  template <>                                                                             \
  DEVICE void attentionDown<Bf16, stride>(unsigned (&b)[4], const bf16* tile, int k, int n) { \
    attentionDown16<stride>(b, tile, k, n);                                               \
  }
ATTENTION_FRAGMENTS(24)
ATTENTION_FRAGMENTS(40)
ATTENTION_FRAGMENTS(56)
ATTENTION_FRAGMENTS(72)
ATTENTION_FRAGMENTS(136)
#endif

// A warp's left operands: 16·MT rows from `first` on, of a head of `rows` rows; zeros outside.
template <class M, int W, int MT>
DEVICE void attentionLeft(typename M::Pair (&a)[MT][W / 16][4], const typename M::Number* source,
    Long row, int first, int rows, int width, bool pairs) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
#pragma unroll
  for (int m = 0; m < MT; m++)
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int r = first + m * 16 + i * 8 + g;
      bool inside = r < rows;
      const typename M::Number* p = source + (inside ? r : 0) * row;
      // What lies outside is read from the row's start and dropped: loads without branches.
      typename M::Pair zeros = M::pair(0.f, 0.f);
      if (pairs) {
#pragma unroll
        for (int k = 0; k < W / 8; k++) {
          int column = k * 8 + 2 * t;
          typename M::Pair x = attentionPair<M>(p + (column < width ? column : 0));
          a[m][k / 2][k % 2 * 2 + i] = inside && column < width ? x : zeros;
        }
      } else {
#pragma unroll
        for (int k = 0; k < W / 8; k++) {
          int column = k * 8 + 2 * t;
          float x = toFloat(p[column < width ? column : 0]);
          float y = toFloat(p[column + 1 < width ? column + 1 : 0]);
          a[m][k / 2][k % 2 * 2 + i] = M::pair(
              inside && column < width ? x : 0, inside && column + 1 < width ? y : 0);
        }
      }
    }
}

DEVICE void attentionStorePair(bf16* to, float x, float y) {
  *reinterpret_cast<unsigned*>(to) = Bf16::pair(x, y);
}
DEVICE void attentionStorePair(float* to, float x, float y) {
  float2 both;
  both.x = x;
  both.y = y;
  *reinterpret_cast<float2*>(to) = both;
}

// to = scale·c + beta·to for a warp's rows; scales are of rows g and g+8 of each 16.
template <int W, int MT, class T>
DEVICE void attentionStore(T* to, Long row, int first, int rows, int width, bool pairs,
    const float (&c)[MT][W / 8][4], const float (&scale)[MT][2], float beta) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
#pragma unroll
  for (int m = 0; m < MT; m++)
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int r = first + m * 16 + i * 8 + g;
      if (r >= rows) continue;
      T* p = to + r * row + 2 * t;
      int left = width - 2 * t;  // columns from p on
      float x[W / 8], y[W / 8];
#pragma unroll
      for (int n = 0; n < W / 8; n++) {
        x[n] = c[m][n][2 * i] * scale[m][i];
        y[n] = c[m][n][2 * i + 1] * scale[m][i];
      }
      // All old numbers are read before the first new one is written: one wait.
      if (beta != 0) {
        float old[W / 8][2];
#pragma unroll
        for (int n = 0; n < W / 8; n++) {
          old[n][0] = toFloat(p[n * 8 < left ? n * 8 : -2 * t]);
          old[n][1] = toFloat(p[n * 8 + 1 < left ? n * 8 + 1 : -2 * t]);
        }
#pragma unroll
        for (int n = 0; n < W / 8; n++) {
          x[n] += beta * old[n][0];
          y[n] += beta * old[n][1];
        }
      }
#pragma unroll
      for (int n = 0; n < W / 8; n++) {
        if (pairs) {
          if (n * 8 < left) attentionStorePair(p + n * 8, x[n], y[n]);
        } else {
          if (n * 8 < left) p[n * 8] = from<T>(x[n]);
          if (n * 8 + 1 < left) p[n * 8 + 1] = from<T>(y[n]);
        }
      }
    }
}

// The widest heads for which the registers hold what 32 rows at once need; else 16, twice.
template <class M>
struct AttentionWidest {
  static const int forward = 64, queries = 64;
};
template <>
struct AttentionWidest<Float32> {
  static const int forward = 32, queries = 16;
};

// What depends on form and padded width.
template <class M, int W>
struct AttentionShape {
  static const int bytes = sizeof(typename M::Number);
  static const int tile = (W <= 64 ? 128 : 64) / bytes;  // rows of shared memory's tiles
  static const int stride = W + 8;  // of shared memory's rows, without bank conflicts
  static const int strideDown = bytes == 2 ? W + 8 : W + 4;  // if read by columns only
  static const int keysBlocks = bytes == 2 && W <= 48 ? 4 : 1;  // of a multiprocessor
};

// s [16·MT, 8·NT] = a · bᵀ, with b the tile's rows from n on.
template <class M, int W, int MT, int NT>
DEVICE void attentionScores(float (&s)[MT][NT][4], const typename M::Pair (&a)[MT][W / 16][4],
    const typename M::Number* tile, int n) {
#pragma unroll
  for (int m = 0; m < MT; m++)
#pragma unroll
    for (int j = 0; j < NT; j++)
#pragma unroll
      for (int i = 0; i < 4; i++) s[m][j][i] = 0;
#pragma unroll
  for (int k = 0; k < W / 16; k++)
#pragma unroll
    for (int j = 0; j < NT; j += 2) {
      typename M::Pair b[4];
      attentionAcross<M, AttentionShape<M, W>::stride>(b, tile, n + j * 8, k * 16);
#pragma unroll
      for (int m = 0; m < MT; m++) {
        M::product(s[m][j], a[m][k][0], a[m][k][1], a[m][k][2], a[m][k][3], b[0], b[1]);
        M::product(s[m][j + 1], a[m][k][0], a[m][k][1], a[m][k][2], a[m][k][3], b[2], b[3]);
      }
    }
}

// c [16·MT, W] += s · b, with b the tile's rows from k on.
template <class M, int W, int MT, int NT, int STRIDE = W + 8>
DEVICE void attentionAdd(float (&c)[MT][W / 8][4], const float (&s)[MT][NT][4],
    const typename M::Number* tile, int k) {
#pragma unroll
  for (int j = 0; j < NT; j += 2) {
    typename M::Pair a[MT][4];
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
      for (int i = 0; i < 4; i++)
        a[m][i] = M::pair(s[m][j + i / 2][i % 2 * 2], s[m][j + i / 2][i % 2 * 2 + 1]);
#pragma unroll
    for (int n = 0; n < W / 8; n += 2) {
      typename M::Pair b[4];
      attentionDown<M, STRIDE>(b, tile, k + j * 8, n * 8);
#pragma unroll
      for (int m = 0; m < MT; m++) {
        M::product(c[m][n], a[m][0], a[m][1], a[m][2], a[m][3], b[0], b[1]);
        M::product(c[m][n + 1], a[m][0], a[m][1], a[m][2], a[m][3], b[2], b[3]);
      }
    }
  }
}

template <int MT, int NT>
DEVICE void attentionZero(float (&c)[MT][NT][4]) {
#pragma unroll
  for (int m = 0; m < MT; m++)
#pragma unroll
    for (int n = 0; n < NT; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) c[m][n][i] = 0;
}

// Softmax by blocks of keys. exp(scores - a reference) is summed, where the reference is at most
// a factor of 2^8 below the highest score so far: sums are rescaled only when it must rise.
template <class M, int W>
DEVICE void attentionForward(const typename M::Number* q, const typename M::Number* k,
    const typename M::Number* v, typename M::Number* y, float* logSums, int heads, int queries,
    int keys, int width, Long qSample, Long qRow, Long kSample, Long kRow, Long vSample, Long vRow,
    Long ySample, Long yRow, float factor) {
  typedef typename M::Number T;
  typedef AttentionShape<M, W> Shape;
  const int MT = W <= AttentionWidest<M>::forward ? 2 : 1;
  const int STRIDE = Shape::stride, DOWN = Shape::strideDown;
  const int TILE = Shape::tile, NT = TILE < 32 ? 2 : 4;
  SHARED float4 memory[2 * 2 * TILE * STRIDE * sizeof(T) / 16];
  T* tiles = reinterpret_cast<T*>(memory);

  int head = blockIdx.y % heads, sample = blockIdx.y / heads + blockIdx.z;
  q += sample * qSample + head * width;
  k += sample * kSample + head * width;
  v += sample * vSample + head * width;
  y += sample * ySample + head * width;
  const int piece = 16 / sizeof(T);
  bool vectorsK = attentionWhole(k, kSample, kRow, width, piece);
  bool vectorsV = attentionWhole(v, vSample, vRow, width, piece);
  bool pairsQ = attentionWhole(q, qSample, qRow, width, 2);
  bool pairsY = attentionWhole(y, ySample, yRow, width, 2);
  float scale = factor * ATTENTION_LOG2E;
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;

  for (int pass = 0; pass < 2 / MT; pass++) {
    int first = blockIdx.x * blockDim.x + threadIdx.x / 32 * 32 + pass * 16;
    bool active = first < queries;
    attentionTile<TILE, W, STRIDE>(tiles, k, kRow, keys, width, vectorsK);
    attentionTile<TILE, W, DOWN>(tiles + TILE * STRIDE, v, vRow, keys, width, vectorsV);
    attentionCommit();

    typename M::Pair a[MT][W / 16][4];
    attentionLeft<M, W, MT>(a, q, qRow, first, queries, width, pairsQ);
    float out[MT][W / 8][4], reference[MT][2], sum[MT][2];
    attentionZero(out);
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
      for (int i = 0; i < 2; i++) {
        reference[m][i] = attentionNever();
        sum[m][i] = 0;
      }

    for (int key = 0, stage = 0; key < keys; key += TILE, stage ^= 1) {
      int next = key + TILE;
      if (next < keys) {
        T* to = tiles + (stage ^ 1) * 2 * TILE * STRIDE;
        attentionTile<TILE, W, STRIDE>(to, k + next * kRow, kRow, keys - next, width, vectorsK);
        attentionTile<TILE, W, DOWN>(
            to + TILE * STRIDE, v + next * vRow, vRow, keys - next, width, vectorsV);
        attentionCommit();
        attentionWait<1>();
      } else {
        attentionWait<0>();
      }
      __syncthreads();
      const T* tileK = tiles + stage * 2 * TILE * STRIDE;
      const T* tileV = tileK + TILE * STRIDE;
      int end = active ? min(TILE, keys - key) : 0;
#pragma unroll 1
      for (int n = 0; n < end; n += NT * 8) {
        float s[MT][NT][4];
        attentionScores<M, W, MT, NT>(s, a, tileK, n);
        if (n + NT * 8 > end) {
#pragma unroll
          for (int m = 0; m < MT; m++)
#pragma unroll
            for (int j = 0; j < NT; j++)
#pragma unroll
              for (int i = 0; i < 4; i++)
                if (n + j * 8 + 2 * t + i % 2 >= end) s[m][j][i] = attentionNever();
        }
        float highest[MT][2];
        bool rises = false;
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
          for (int i = 0; i < 2; i++) {
            float x = fmaxf(s[m][0][2 * i], s[m][0][2 * i + 1]);
#pragma unroll
            for (int j = 1; j < NT; j++)
              x = fmaxf(x, fmaxf(s[m][j][2 * i], s[m][j][2 * i + 1]));
            x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
            x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
            highest[m][i] = x;
            rises |= (x - reference[m][i]) * scale > 8;
          }
        if (__any_sync(0xffffffffu, rises)) {
#pragma unroll
          for (int m = 0; m < MT; m++)
#pragma unroll
            for (int i = 0; i < 2; i++) {
              float higher = fmaxf(reference[m][i], highest[m][i]);
              float less = attentionExp2((reference[m][i] - higher) * scale);
              reference[m][i] = higher;
              sum[m][i] *= less;
#pragma unroll
              for (int j = 0; j < W / 8; j++) {
                out[m][j][2 * i] *= less;
                out[m][j][2 * i + 1] *= less;
              }
            }
        }
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
          for (int i = 0; i < 2; i++) {
            float minus = -reference[m][i] * scale;
#pragma unroll
            for (int j = 0; j < NT; j++) {
              float& x0 = s[m][j][2 * i];
              float& x1 = s[m][j][2 * i + 1];
              x0 = attentionExp2(x0 * scale + minus);
              x1 = attentionExp2(x1 * scale + minus);
              sum[m][i] += x0 + x1;
            }
          }
        attentionAdd<M, W, MT, NT, DOWN>(out, s, tileV, n);
      }
      __syncthreads();
    }
    if (!active) continue;

    float inverse[MT][2];
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
      for (int i = 0; i < 2; i++) {
        float all = sum[m][i];
        all += __shfl_xor_sync(0xffffffffu, all, 1);
        all += __shfl_xor_sync(0xffffffffu, all, 2);
        inverse[m][i] = 1 / all;
        int row = first + m * 16 + i * 8 + g;
        if (logSums && t == 0 && row < queries)
          logSums[((Long)sample * heads + head) * queries + row] =
              (reference[m][i] * scale + attentionLog2(all)) * ATTENTION_LN2;
      }
    attentionStore<W, MT>(y, yRow, first, queries, width, pairsY, out, inverse, 0);
  }
}

// dq, of a block's queries, by tiles of keys and values.
template <class M, int W>
DEVICE void attentionBackwardQueries(const typename M::Number* q, const typename M::Number* k,
    const typename M::Number* v, const typename M::Number* dy, const float* logSums,
    const float* deltas, typename M::Number* dq, int heads, int queries, int keys, int width,
    Long qSample, Long qRow, Long kSample, Long kRow, Long vSample, Long vRow, Long dySample,
    Long dyRow, Long dqSample, Long dqRow, float factor, float beta) {
  typedef typename M::Number T;
  typedef AttentionShape<M, W> Shape;
  const int MT = W <= AttentionWidest<M>::queries ? 2 : 1;
  const int TILE = Shape::tile, STRIDE = Shape::stride, NT = 2;
  SHARED float4 memory[2 * 2 * TILE * STRIDE * sizeof(T) / 16];
  T* tiles = reinterpret_cast<T*>(memory);
  if (!dq) return;

  int head = blockIdx.y % heads, sample = blockIdx.y / heads + blockIdx.z;
  q += sample * qSample + head * width;
  k += sample * kSample + head * width;
  v += sample * vSample + head * width;
  dy += sample * dySample + head * width;
  dq += sample * dqSample + head * width;
  logSums += ((Long)sample * heads + head) * queries;
  deltas += ((Long)sample * heads + head) * queries;
  const int piece = 16 / sizeof(T);
  bool vectorsK = attentionWhole(k, kSample, kRow, width, piece);
  bool vectorsV = attentionWhole(v, vSample, vRow, width, piece);
  bool pairsQ = attentionWhole(q, qSample, qRow, width, 2);
  bool pairsDy = attentionWhole(dy, dySample, dyRow, width, 2);
  bool pairsDq = attentionWhole(dq, dqSample, dqRow, width, 2);
  float scale = factor * ATTENTION_LOG2E;
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;

  for (int pass = 0; pass < 2 / MT; pass++) {
    int first = blockIdx.x * blockDim.x + threadIdx.x / 32 * 32 + pass * 16;
    bool active = first < queries;
    attentionTile<TILE, W, STRIDE>(tiles, k, kRow, keys, width, vectorsK);
    attentionTile<TILE, W, STRIDE>(tiles + TILE * STRIDE, v, vRow, keys, width, vectorsV);
    attentionCommit();

    typename M::Pair aq[MT][W / 16][4], ady[MT][W / 16][4];
    attentionLeft<M, W, MT>(aq, q, qRow, first, queries, width, pairsQ);
    attentionLeft<M, W, MT>(ady, dy, dyRow, first, queries, width, pairsDy);
    float out[MT][W / 8][4], minus[MT][2], delta[MT][2], factors[MT][2];
    attentionZero(out);
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
      for (int i = 0; i < 2; i++) {
        int row = first + m * 16 + i * 8 + g;
        minus[m][i] = row < queries ? -logSums[row] * ATTENTION_LOG2E : 0;
        delta[m][i] = row < queries ? deltas[row] : 0;
        factors[m][i] = factor;
      }

    for (int key = 0, stage = 0; key < keys; key += TILE, stage ^= 1) {
      int next = key + TILE;
      if (next < keys) {
        T* to = tiles + (stage ^ 1) * 2 * TILE * STRIDE;
        attentionTile<TILE, W, STRIDE>(to, k + next * kRow, kRow, keys - next, width, vectorsK);
        attentionTile<TILE, W, STRIDE>(
            to + TILE * STRIDE, v + next * vRow, vRow, keys - next, width, vectorsV);
        attentionCommit();
        attentionWait<1>();
      } else {
        attentionWait<0>();
      }
      __syncthreads();
      const T* tileK = tiles + stage * 2 * TILE * STRIDE;
      const T* tileV = tileK + TILE * STRIDE;
      int end = active ? min(TILE, keys - key) : 0;
#pragma unroll 1
      for (int n = 0; n < end; n += NT * 8) {
        float s[MT][NT][4], d[MT][NT][4];
        attentionScores<M, W, MT, NT>(s, aq, tileK, n);
        attentionScores<M, W, MT, NT>(d, ady, tileV, n);
        if (n + NT * 8 > end) {
#pragma unroll
          for (int m = 0; m < MT; m++)
#pragma unroll
            for (int j = 0; j < NT; j++)
#pragma unroll
              for (int i = 0; i < 4; i++)
                if (n + j * 8 + 2 * t + i % 2 >= end) s[m][j][i] = attentionNever();
        }
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
          for (int j = 0; j < NT; j++)
#pragma unroll
            for (int i = 0; i < 4; i++)
              d[m][j][i] = attentionExp2(s[m][j][i] * scale + minus[m][i / 2])
                           * (d[m][j][i] - delta[m][i / 2]);
        attentionAdd<M, W, MT, NT>(out, d, tileK, n);
      }
      __syncthreads();
    }
    if (active) {
      attentionStore<W, MT>(
          dq, dqRow, first, queries, width, pairsDq, out, factors, beta);
    }
  }
}

// dk and dv, of a block's keys and values, by tiles of queries.
template <class M, int W>
DEVICE void attentionBackwardKeys(const typename M::Number* q, const typename M::Number* k,
    const typename M::Number* v, const typename M::Number* dy, const float* logSums,
    const float* deltas, typename M::Number* dk, typename M::Number* dv, int heads, int queries,
    int keys, int width, Long qSample, Long qRow, Long kSample, Long kRow, Long vSample, Long vRow,
    Long dySample, Long dyRow, Long dkSample, Long dkRow, Long dvSample, Long dvRow, float factor,
    float betaK, float betaV) {
  typedef typename M::Number T;
  typedef AttentionShape<M, W> Shape;
  const int MT = 1;
  const int TILE = Shape::tile, STRIDE = Shape::stride, NT = 2;
  const int size = 2 * 2 * TILE * STRIDE * sizeof(T) / 16;
  SHARED float4 memory[size + 2 * 2 * TILE / 4];
  T* tiles = reinterpret_cast<T*>(memory);
  float* rows = reinterpret_cast<float*>(memory + size);  // log sums and deltas
  if (!dk && !dv) return;

  int head = blockIdx.y % heads, sample = blockIdx.y / heads + blockIdx.z;
  q += sample * qSample + head * width;
  k += sample * kSample + head * width;
  v += sample * vSample + head * width;
  dy += sample * dySample + head * width;
  logSums += ((Long)sample * heads + head) * queries;
  deltas += ((Long)sample * heads + head) * queries;
  const int piece = 16 / sizeof(T);
  bool vectorsQ = attentionWhole(q, qSample, qRow, width, piece);
  bool vectorsDy = attentionWhole(dy, dySample, dyRow, width, piece);
  bool pairsK = attentionWhole(k, kSample, kRow, width, 2);
  bool pairsV = attentionWhole(v, vSample, vRow, width, 2);
  float scale = factor * ATTENTION_LOG2E;
  int t = threadIdx.x % 4;

  auto load = [&](int query, int stage) {
    T* to = tiles + stage * 2 * TILE * STRIDE;
    int left = queries - query;
    attentionTile<TILE, W, STRIDE>(to, q + query * qRow, qRow, left, width, vectorsQ);
    attentionTile<TILE, W, STRIDE>(
        to + TILE * STRIDE, dy + query * dyRow, dyRow, left, width, vectorsDy);
    for (int i = threadIdx.x; i < TILE; i += blockDim.x) {
      int row = i < left ? query + i : 0;
      beginCopy<4>(rows, (stage * 2 * TILE + i) * 4, logSums + row, i < left);
      beginCopy<4>(rows, (stage * 2 * TILE + TILE + i) * 4, deltas + row, i < left);
    }
    attentionCommit();
  };

  int first = (blockIdx.x * blockDim.x + threadIdx.x) / 32 * 16;
  bool active = first < keys;
  load(0, 0);

  typename M::Pair ak[MT][W / 16][4], av[MT][W / 16][4];
  attentionLeft<M, W, MT>(ak, k, kRow, first, keys, width, pairsK);
  attentionLeft<M, W, MT>(av, v, vRow, first, keys, width, pairsV);
  float outK[MT][W / 8][4], outV[MT][W / 8][4];
  attentionZero(outK);
  attentionZero(outV);

  for (int query = 0, stage = 0; query < queries; query += TILE, stage ^= 1) {
    if (query + TILE < queries) {
      load(query + TILE, stage ^ 1);
      attentionWait<1>();
    } else {
      attentionWait<0>();
    }
    __syncthreads();
    const T* tileQ = tiles + stage * 2 * TILE * STRIDE;
    const T* tileDy = tileQ + TILE * STRIDE;
    int end = active ? min(TILE, queries - query) : 0;
#pragma unroll 1
    for (int n = 0; n < end; n += NT * 8) {
      // Queries outside are rows of zeros with a sum and a delta of 0: they add nothing.
      float s[MT][NT][4], d[MT][NT][4];
      float2 logs[NT], dots[NT];
#pragma unroll
      for (int j = 0; j < NT; j++) {
        const float* p = rows + stage * 2 * TILE + n + j * 8 + 2 * t;
        logs[j] = *reinterpret_cast<const float2*>(p);
        dots[j] = *reinterpret_cast<const float2*>(p + TILE);
      }
      attentionScores<M, W, MT, NT>(s, ak, tileQ, n);
      attentionScores<M, W, MT, NT>(d, av, tileDy, n);
#pragma unroll
      for (int j = 0; j < NT; j++)
#pragma unroll
        for (int i = 0; i < 2; i++) {
          float minus = -(i ? logs[j].y : logs[j].x) * ATTENTION_LOG2E;
#pragma unroll
          for (int m = 0; m < MT; m++) {
            s[m][j][i] = attentionExp2(s[m][j][i] * scale + minus);
            s[m][j][i + 2] = attentionExp2(s[m][j][i + 2] * scale + minus);
          }
        }
      attentionAdd<M, W, MT, NT>(outV, s, tileDy, n);
#pragma unroll
      for (int j = 0; j < NT; j++)
#pragma unroll
        for (int i = 0; i < 2; i++) {
          float delta = i ? dots[j].y : dots[j].x;
#pragma unroll
          for (int m = 0; m < MT; m++) {
            d[m][j][i] = s[m][j][i] * (d[m][j][i] - delta);
            d[m][j][i + 2] = s[m][j][i + 2] * (d[m][j][i + 2] - delta);
          }
        }
      attentionAdd<M, W, MT, NT>(outK, d, tileQ, n);
    }
    __syncthreads();
  }
  if (!active) return;

  float scales[MT][2];
#pragma unroll
  for (int m = 0; m < MT; m++) scales[m][0] = scales[m][1] = factor;
  bool together = dk == dv && dkSample == dvSample && dkRow == dvRow && betaV == 1;
  if (together) {
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
      for (int n = 0; n < W / 8; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) outV[m][n][i] += factor * outK[m][n][i];
  } else if (dk) {
    T* to = dk + sample * dkSample + head * width;
    bool pairs = attentionWhole(to, dkSample, dkRow, width, 2);
    attentionStore<W, MT>(to, dkRow, first, keys, width, pairs, outK, scales, betaK);
  }
#pragma unroll
  for (int m = 0; m < MT; m++) scales[m][0] = scales[m][1] = 1;
  if (dv) {
    T* to = dv + sample * dvSample + head * width;
    bool pairs = attentionWhole(to, dvSample, dvRow, width, 2);
    attentionStore<W, MT>(
        to, dvRow, first, keys, width, pairs, outV, scales, together ? betaK : betaV);
  }
}

// deltas = sums over a head's columns of y∘dy; 8 lanes a sum.
template <class T>
DEVICE void attentionDeltas(const T* y, const T* dy, float* deltas, int heads, int queries,
    int width, Long ySample, Long yRow, Long dySample, Long dyRow) {
  unsigned item = (blockIdx.x * blockDim.x + threadIdx.x) / 8, query = item / heads;
  int head = item % heads, part = threadIdx.x % 8;
  Long sample = blockIdx.y;
  bool inside = query < (unsigned)queries;
  float sum = 0;
  if (inside) {
    y += sample * ySample + query * yRow + head * width;
    dy += sample * dySample + query * dyRow + head * width;
    const int piece = 16 / sizeof(T);
    if (attentionWhole(y, ySample, yRow, width, piece)
        && attentionWhole(dy, dySample, dyRow, width, piece)) {
      for (int c = part * piece; c < width; c += 8 * piece) {
        uint4 a = *reinterpret_cast<const uint4*>(y + c);
        uint4 b = *reinterpret_cast<const uint4*>(dy + c);
        const T* x = reinterpret_cast<const T*>(&a);
        const T* z = reinterpret_cast<const T*>(&b);
#pragma unroll
        for (int i = 0; i < piece; i++) sum += toFloat(x[i]) * toFloat(z[i]);
      }
    } else {
      for (int c = part; c < width; c += 8) sum += toFloat(y[c]) * toFloat(dy[c]);
    }
  }
  for (int apart = 4; apart > 0; apart /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, apart);
  if (inside && part == 0) deltas[(sample * heads + head) * queries + query] = sum;
}

#ifdef EMULATED
#define ATTENTION_KEYS_KERNEL(M, W, name, ...) KERNEL(name, __VA_ARGS__)
#else
#define ATTENTION_KEYS_KERNEL(M, W, name, ...)                                                \
  extern "C" __global__ void __launch_bounds__(128, (AttentionShape<M, W>::keysBlocks)) name( \
      __VA_ARGS__)
#endif

#define ATTENTION_KERNELS(M, form, W)                                                        \
  KERNEL(attention_##form##_##W, const M::Number* q, const M::Number* k, const M::Number* v, \
      M::Number* y, float* logSums, int heads, int queries, int keys, int width,             \
      Long qSample, Long qRow, Long kSample, Long kRow, Long vSample, Long vRow,             \
      Long ySample, Long yRow, float factor) {                                               \
    attentionForward<M, W>(q, k, v, y, logSums, heads, queries, keys, width, qSample, qRow,  \
        kSample, kRow, vSample, vRow, ySample, yRow, factor);                                \
  }                                                                                          \
  KERNEL(attentionQueries_##form##_##W, const M::Number* q, const M::Number* k,              \
      const M::Number* v, const M::Number* dy, const float* logSums, const float* deltas,    \
      M::Number* dq, int heads, int queries, int keys, int width, Long qSample, Long qRow,   \
      Long kSample, Long kRow, Long vSample, Long vRow, Long dySample, Long dyRow,           \
      Long dqSample, Long dqRow, float factor, float beta) {                                 \
    attentionBackwardQueries<M, W>(q, k, v, dy, logSums, deltas, dq, heads, queries, keys,   \
        width, qSample, qRow, kSample, kRow, vSample, vRow, dySample, dyRow, dqSample,       \
        dqRow, factor, beta);                                                                \
  }                                                                                          \
  ATTENTION_KEYS_KERNEL(M, W, attentionKeys_##form##_##W, const M::Number* q, const M::Number* k, \
      const M::Number* v, const M::Number* dy, const float* logSums, const float* deltas,    \
      M::Number* dk, M::Number* dv, int heads, int queries, int keys, int width,             \
      Long qSample, Long qRow, Long kSample, Long kRow, Long vSample, Long vRow,             \
      Long dySample, Long dyRow, Long dkSample, Long dkRow, Long dvSample, Long dvRow,       \
      float factor, float betaK, float betaV) {                                              \
    attentionBackwardKeys<M, W>(q, k, v, dy, logSums, deltas, dk, dv, heads, queries, keys,  \
        width, qSample, qRow, kSample, kRow, vSample, vRow, dySample, dyRow, dkSample,       \
        dkRow, dvSample, dvRow, factor, betaK, betaV);                                       \
  }

// attentionDeltas has 128 threads; grid x = (queries · heads + 15) / 16, y = samples.
#define ATTENTION_DELTAS(M, form, W)                                                         \
  KERNEL(attentionDeltas_##form##_##W, const M::Number* y, const M::Number* dy, float* deltas, \
      int heads, int queries, int width, Long ySample, Long yRow, Long dySample,             \
      Long dyRow) {                                                                          \
    attentionDeltas(y, dy, deltas, heads, queries, width, ySample, yRow, dySample, dyRow);   \
  }

// All forms and widths take a minute to compile: ATTENTION_FORM and ATTENTION_WIDTH choose one.
#define ATTENTION_TYPE_bf16 Bf16
#define ATTENTION_TYPE_tf32 Tf32
#define ATTENTION_TYPE_float32 Float32
#define ATTENTION_OF_WIDTH(form, W)                \
  ATTENTION_DELTAS(ATTENTION_TYPE_##form, form, W) \
  ATTENTION_KERNELS(ATTENTION_TYPE_##form, form, W)
#ifdef ATTENTION_WIDTH
#define ATTENTION_OF_FORM(form)                    \
  ATTENTION_OF_WIDTH(form, ATTENTION_WIDTH)
#else
#define ATTENTION_OF_FORM(form)                    \
  ATTENTION_OF_WIDTH(form, 16)                     \
  ATTENTION_OF_WIDTH(form, 32)                     \
  ATTENTION_OF_WIDTH(form, 48)                     \
  ATTENTION_OF_WIDTH(form, 64)                     \
  ATTENTION_OF_WIDTH(form, 128)
#endif
#ifdef ATTENTION_FORM
#define ATTENTION_CHOSEN(form) ATTENTION_OF_FORM(form)
ATTENTION_CHOSEN(ATTENTION_FORM)
#else
#ifndef TURING
ATTENTION_OF_FORM(bf16)
ATTENTION_OF_FORM(tf32)
#endif
ATTENTION_OF_FORM(float32)
#endif
