// Layer normalisation, a warp a row. A lane holds the columns 2·lane, 2·lane + 1 and those 64, 128,
// … further; PAIRS = ⌈D/64⌉ of them.

DEVICE float2 loadPair(const void* p, int type, Long i) {
  if (type == 0) return *(const float2*)((const float*)p + i);
  unsigned pair = *(const unsigned*)((const bf16*)p + i);
  return make_float2(asFloat(pair << 16), asFloat(pair & 0xffff0000u));
}

DEVICE void storePair(void* p, int type, Long i, float2 x) {
  if (type == 0) {
    *(float2*)((float*)p + i) = x;
  } else {
    *(unsigned*)((bf16*)p + i) = Bf16::pair(x.x, x.y);
  }
}

// y = (x − mean) · inverse ∘ gain + bias, with mean and inverse = 1/√(variance + epsilon) of each
// row; D is even and at most 64·PAIRS.
template <int PAIRS>
DEVICE void layerNormOfPairs(const float* x, const float* gain, const float* bias, void* y, int ty,
                             float* means, float* inverses, int rows, int d, float epsilon) {
  int lane = threadIdx.x % 32;
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  const float* from = x + (Long)row * d;
  float2 v[PAIRS];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < PAIRS; i++) {
    int c = 2 * lane + 64 * i;
    v[i] = c < d ? *(const float2*)(from + c) : make_float2(0, 0);
    sum += v[i].x + v[i].y;
  }
  float mean = warpSum(sum) / d;
  sum = 0;
#pragma unroll
  for (int i = 0; i < PAIRS; i++) {
    if (2 * lane + 64 * i < d) {
      v[i].x -= mean;
      v[i].y -= mean;
      sum += v[i].x * v[i].x + v[i].y * v[i].y;
    }
  }
  float inverse = 1 / sqrtf(warpSum(sum) / d + epsilon);
#pragma unroll
  for (int i = 0; i < PAIRS; i++) {
    int c = 2 * lane + 64 * i;
    if (c < d) {
      v[i].x = v[i].x * inverse * gain[c] + bias[c];
      v[i].y = v[i].y * inverse * gain[c + 1] + bias[c + 1];
      storePair(y, ty, (Long)row * d + c, v[i]);
    }
  }
  if (lane == 0) {
    means[row] = mean;
    inverses[row] = inverse;
  }
}

#define LAYER_NORM(PAIRS)                                                                     \
  KERNEL(layerNorm##PAIRS, const float* x, const float* gain, const float* bias, void* y,     \
         int ty, float* means, float* inverses, int rows, int d, float epsilon) {             \
    layerNormOfPairs<PAIRS>(x, gain, bias, y, ty, means, inverses, rows, d, epsilon);         \
  }
LAYER_NORM(3)
LAYER_NORM(5)
LAYER_NORM(9)
LAYER_NORM(16)

// The same for any D.
KERNEL(layerNormAny, const float* x, const float* gain, const float* bias, void* y, int ty,
       float* means, float* inverses, int rows, int d, float epsilon) {
  int lane = threadIdx.x % 32;
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  const float* from = x + (Long)row * d;
  float sum = 0;
  for (int c = lane; c < d; c += 32) sum += from[c];
  float mean = warpSum(sum) / d;
  sum = 0;
  for (int c = lane; c < d; c += 32) sum += (from[c] - mean) * (from[c] - mean);
  float inverse = 1 / sqrtf(warpSum(sum) / d + epsilon);
  for (int c = lane; c < d; c += 32)
    store1(y, ty, (Long)row * d + c, (from[c] - mean) * inverse * gain[c] + bias[c]);
  if (lane == 0) {
    means[row] = mean;
    inverses[row] = inverse;
  }
}

// x̂ of an output y, whose rounding is divided by the gain: no more than the √D that x̂ can be, and
// 0 where the gain is. Not a number stays one.
DEVICE float normalisedOf(float y, float gain, float bias, float most) {
  float x = gain == 0 ? 0 : (y - bias) / gain;
  return x > most ? most : x < -most ? -most : x;
}

// dx = (g − mean(g) − x̂ · mean(g ∘ x̂)) · inverse + beta · dx with g = dy ∘ gain; each block's sums
// over its rows of dy ∘ x̂ and dy go to sums [blocks][2][D]. x̂ is of the inputs x, or without means
// of the outputs x. dx may be null. A block has 8 warps.
template <int PAIRS>
DEVICE void layerNormBackwardOfPairs(const void* dy, int tdy, const void* x, int tx,
                                     const float* gain, const float* bias, const float* means,
                                     const float* inverses, float* dx, float beta, float* sums,
                                     int rows, int d) {
  DYNAMIC_SHARED(float, shared);  // [8][2][D]
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  float most = sqrtf(d);
  float2 ofGain[PAIRS], ofBias[PAIRS], gains[PAIRS];
#pragma unroll
  for (int i = 0; i < PAIRS; i++) {
    int c = 2 * lane + 64 * i;
    ofGain[i] = ofBias[i] = make_float2(0, 0);
    gains[i] = c < d ? make_float2(gain[c], gain[c + 1]) : make_float2(0, 0);
  }
  for (int row = blockIdx.x * 8 + warp; row < rows; row += gridDim.x * 8) {
    Long at = (Long)row * d;
    float mean = means ? means[row] : 0, inverse = inverses[row];
    float2 g[PAIRS], h[PAIRS];
    float sum = 0, along = 0;
#pragma unroll
    for (int i = 0; i < PAIRS; i++) {
      int c = 2 * lane + 64 * i;
      if (c < d) {
        g[i] = loadPair(dy, tdy, at + c);
        h[i] = loadPair(x, tx, at + c);
        if (means) {
          h[i].x = (h[i].x - mean) * inverse;
          h[i].y = (h[i].y - mean) * inverse;
        } else {
          h[i].x = normalisedOf(h[i].x, gains[i].x, bias[c], most);
          h[i].y = normalisedOf(h[i].y, gains[i].y, bias[c + 1], most);
        }
        ofBias[i].x += g[i].x;
        ofBias[i].y += g[i].y;
        ofGain[i].x += g[i].x * h[i].x;
        ofGain[i].y += g[i].y * h[i].y;
        g[i].x *= gains[i].x;
        g[i].y *= gains[i].y;
        sum += g[i].x + g[i].y;
        along += g[i].x * h[i].x + g[i].y * h[i].y;
      }
    }
    if (dx) {
      sum = warpSum(sum) / d;
      along = warpSum(along) / d;
#pragma unroll
      for (int i = 0; i < PAIRS; i++) {
        int c = 2 * lane + 64 * i;
        if (c < d) {
          float2 old = beta == 0 ? make_float2(0, 0) : *(const float2*)(dx + at + c);
          old.x += (g[i].x - sum - h[i].x * along) * inverse;
          old.y += (g[i].y - sum - h[i].y * along) * inverse;
          *(float2*)(dx + at + c) = old;
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < PAIRS; i++) {
    int c = 2 * lane + 64 * i;
    if (c < d) {
      *(float2*)(shared + (2 * warp) * d + c) = ofGain[i];
      *(float2*)(shared + (2 * warp + 1) * d + c) = ofBias[i];
    }
  }
  __syncthreads();
  for (int c = threadIdx.x; c < 2 * d; c += blockDim.x) {
    float all = 0;
    for (int w = 0; w < 8; w++) all += shared[2 * w * d + c];
    sums[(Long)blockIdx.x * 2 * d + c] = all;
  }
}

// As many blocks of a multiprocessor as are launched for it.
#define LAYER_NORM_BACKWARD(PAIRS, BLOCKS)                                                      \
  BOUNDED_KERNEL(256, BLOCKS, layerNormBackward##PAIRS, const void* dy, int tdy,                \
                 const void* x, int tx, const float* gain, const float* bias,                   \
                 const float* means, const float* inverses, float* dx, float beta, float* sums, \
                 int rows, int d) {                                                             \
    layerNormBackwardOfPairs<PAIRS>(                                                            \
        dy, tdy, x, tx, gain, bias, means, inverses, dx, beta, sums, rows, d);                  \
  }
LAYER_NORM_BACKWARD(3, 4)
LAYER_NORM_BACKWARD(5, 3)
LAYER_NORM_BACKWARD(9, 2)
LAYER_NORM_BACKWARD(16, 1)

// The same for any D: a warp a block, its sums where the others have theirs.
KERNEL(layerNormBackwardAny, const void* dy, int tdy, const void* x, int tx, const float* gain,
       const float* bias, const float* means, const float* inverses, float* dx, float beta,
       float* sums, int rows, int d) {
  int lane = threadIdx.x;
  float most = sqrtf(d);
  auto normalised = [&](Long at, int c, float mean, float inverse) {
    float from = load1(x, tx, at + c);
    return means ? (from - mean) * inverse : normalisedOf(from, gain[c], bias[c], most);
  };
  float* ofGain = sums + (Long)blockIdx.x * 2 * d;
  float* ofBias = ofGain + d;
  for (int c = lane; c < d; c += 32) ofGain[c] = ofBias[c] = 0;
  for (int row = blockIdx.x; row < rows; row += gridDim.x) {
    Long at = (Long)row * d;
    float mean = means ? means[row] : 0, inverse = inverses[row];
    float sum = 0, along = 0;
    for (int c = lane; c < d; c += 32) {
      float slope = load1(dy, tdy, at + c);
      float h = normalised(at, c, mean, inverse);
      ofBias[c] += slope;
      ofGain[c] += slope * h;
      sum += slope * gain[c];
      along += slope * gain[c] * h;
    }
    if (dx) {
      sum = warpSum(sum) / d;
      along = warpSum(along) / d;
      for (int c = lane; c < d; c += 32) {
        float slope = load1(dy, tdy, at + c) * gain[c];
        float h = normalised(at, c, mean, inverse);
        float old = beta == 0 ? 0 : dx[at + c];
        dx[at + c] = old + (slope - sum - h * along) * inverse;
      }
    }
  }
}
