// Convolutions (cross-correlations) of stride 1 with zero padding, images [N,C,H,W], as products of
// tiles. Channels are taken in chunks of at most CONVOLUTION_CHANNELS, which the launcher sets; the
// channels and taps of a chunk, counted together, are padded to a multiple of 16. What is a table of
// offsets here is the position of each (tap, channel) in a tile of the image with its halo in shared
// memory.

#ifdef EMULATED
#define CONVOLUTION_KERNEL(threads, blocks, name, ...) KERNEL(name, __VA_ARGS__)
#else
#define CONVOLUTION_KERNEL(threads, blocks, name, ...) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(__VA_ARGS__)
#endif

DEVICE int convolutionChunks(int c) {
  return (c + CONVOLUTION_CHANNELS - 1) / CONVOLUTION_CHANNELS;
}

DEVICE int convolutionChunk(int c) {
  int chunks = convolutionChunks(c);
  return (c + chunks - 1) / chunks;
}

// Segments of 16 pixels in a row of a tile.
DEVICE int convolutionSegments(int wd) { return wd <= 16 ? 1 : wd <= 32 ? 2 : 3; }

#ifndef AMPERE
// The next two functions without tensor cores.
template <int HALVES>
DEVICE void convolutionPlain(float* c, const float* a, const float* b) {
  float left[4 * HALVES], right[2 * HALVES];
  for (int i = 0; i < 4 * HALVES; i++) left[i] = asFloat(asBits(a[i]) & 0xffffe000u);
  for (int i = 0; i < 2 * HALVES; i++) right[i] = asFloat(asBits(b[i]) & 0xffffe000u);
  plainProduct<HALVES>(c, left, right);
}
#endif

// c [16,8] += a [16,16] · b [16,8] of numbers whose lower 13 bits do not count.
DEVICE void convolutionTerm(float* c, const float* a, const float* b) {
#ifdef AMPERE
  Pair a0 = {a[0], a[1]}, a1 = {a[2], a[3]}, a2 = {a[4], a[5]}, a3 = {a[6], a[7]};
  Pair b0 = {b[0], b[1]}, b1 = {b[2], b[3]};
  productTf32(c, a0, a1, b0);
  productTf32(c, a2, a3, b1);
#else
  convolutionPlain<2>(c, a, b);
#endif
}

// c [16,8] += a [16,8] · b [8,8], likewise: of a the lane's (g, t), (g, t+4), (g+8, t), (g+8, t+4), of
// b its (t, g), (t+4, g).
DEVICE void convolutionHalfTerm(float* c, const float* a, const float* b) {
#ifdef AMPERE
  Pair a0 = {a[0], a[1]}, a1 = {a[2], a[3]}, b0 = {b[0], b[1]};
  productTf32(c, a0, a1, b0);
#else
  convolutionPlain<1>(c, a, b);
#endif
}

// A form's numbers in registers, rounded but for the lower 13 bits; for float32 also what is left.
template <class Form, int COUNT>
struct ConvolutionNumbers;

template <int COUNT>
struct ConvolutionNumbers<Tf32, COUNT> {
  float high[COUNT];

  DEVICE void set(int i, float x) { high[i] = asFloat(asBits(x) + 0x1000u); }
};

DEVICE void convolutionProduct(
    float* c, const ConvolutionNumbers<Tf32, 8>& a, const ConvolutionNumbers<Tf32, 4>& b) {
  convolutionTerm(c, a.high, b.high);
}

DEVICE void convolutionProduct(
    float* c, const ConvolutionNumbers<Tf32, 4>& a, const ConvolutionNumbers<Tf32, 2>& b) {
  convolutionHalfTerm(c, a.high, b.high);
}

#ifdef TURING
template <int COUNT>
struct ConvolutionNumbers<Float32, COUNT> {
  float all[COUNT];

  DEVICE void set(int i, float x) { all[i] = x; }
};

template <int COUNT>
DEVICE void convolutionProduct(
    float* c, const ConvolutionNumbers<Float32, COUNT>& a,
    const ConvolutionNumbers<Float32, COUNT / 2>& b) {
  plainProduct<COUNT / 4>(c, a.all, b.all);
}
#else
template <int COUNT>
struct ConvolutionNumbers<Float32, COUNT> {
  float high[COUNT];
  float low[COUNT];

  DEVICE void set(int i, float x) {
    high[i] = asFloat((asBits(x) + 0x1000u) & 0xffffe000u);
    low[i] = x - high[i];
  }
};

DEVICE void convolutionProduct(
    float* c, const ConvolutionNumbers<Float32, 8>& a, const ConvolutionNumbers<Float32, 4>& b) {
  convolutionTerm(c, a.low, b.high);
  convolutionTerm(c, a.high, b.low);
  convolutionTerm(c, a.high, b.high);
}

DEVICE void convolutionProduct(
    float* c, const ConvolutionNumbers<Float32, 4>& a, const ConvolutionNumbers<Float32, 2>& b) {
  convolutionHalfTerm(c, a.low, b.high);
  convolutionHalfTerm(c, a.high, b.low);
  convolutionHalfTerm(c, a.high, b.high);
}
#endif

// Waits for the thread's own copies, then for those of the block.
DEVICE void convolutionCopied() {
#ifdef AMPERE
  asm volatile("cp.async.wait_all;" : : : "memory");
#endif
  __syncthreads();
}

// A number that is zero where its gate is not positive.
DEVICE float convolutionGated(float x, float gate) { return gate <= 0.0f ? 0.0f : x; }

// Columns of a tile beyond a segment on either side: k / 2 or more, so that rows begin at multiples
// of 16 bytes.
DEVICE int convolutionHalo(int k) { return (k / 2 + 3) / 4 * 4; }

// 16 threads a line.
template <int COUNT>
DEVICE void convolutionFill(
    float* tile, int planes, int plane, int rows, int columns, const float* x, const float* gate,
    int channels, int h, int wd, int top, int left) {
  int lines = planes * rows, step = blockDim.x / 16;
  for (int column = threadIdx.x % 16 * COUNT; column < columns; column += 16 * COUNT) {
    bool across = (unsigned)(left + column) < (unsigned)wd;
    int line = threadIdx.x / 16, channel = line / rows, row = line - channel * rows;
    if (gate == nullptr) {
      for (; line < lines; line += step) {
        bool copied = across && channel < channels && (unsigned)(top + row) < (unsigned)h;
        int from = copied ? (channel * h + top + row) * wd + left + column : 0;
        beginCopy<4 * COUNT>(
            tile, 4 * (channel * plane + row * columns + column), x + from, copied);
        for (row += step; row >= rows; row -= rows) channel++;
      }
      continue;
    }
    const int AT_ONCE = 4;
#pragma unroll 1
    while (line < lines) {
      int to[AT_ONCE];
      float numbers[AT_ONCE][COUNT], gates[AT_ONCE][COUNT];
#pragma unroll
      for (int i = 0; i < AT_ONCE; i++) {
        bool inside = across && line < lines && channel < channels
            && (unsigned)(top + row) < (unsigned)h;
        int from = (channel * h + top + row) * wd + left + column;
        to[i] = line < lines ? channel * plane + row * columns + column : -1;
        line += step;
        for (row += step; row >= rows; row -= rows) channel++;
#pragma unroll
        for (int j = 0; j < COUNT; j++) numbers[i][j] = gates[i][j] = 0.0f;
        if (!inside) continue;
        if (COUNT == 4) {
          float4 four = __ldg(reinterpret_cast<const float4*>(x + from));
          numbers[i][0] = four.x;
          numbers[i][COUNT / 4] = four.y;
          numbers[i][COUNT / 2] = four.z;
          numbers[i][COUNT - 1] = four.w;
          four = __ldg(reinterpret_cast<const float4*>(gate + from));
          gates[i][0] = four.x;
          gates[i][COUNT / 4] = four.y;
          gates[i][COUNT / 2] = four.z;
          gates[i][COUNT - 1] = four.w;
        } else {
          numbers[i][0] = __ldg(x + from);
          gates[i][0] = __ldg(gate + from);
        }
      }
#pragma unroll
      for (int i = 0; i < AT_ONCE; i++)
        if (to[i] >= 0) {
#pragma unroll
          for (int j = 0; j < COUNT; j++)
            tile[to[i] + j] = convolutionGated(numbers[i][j], gates[i][j]);
        }
    }
  }
}

// Begins to fill planes of a tile, of rows x columns from (top, left) of an image's channels from
// first on; zero outside the image, beyond its channels, and where gate, if given, is not positive.
DEVICE void convolutionLoad(
    float* tile, int planes, int plane, int rows, int columns, const float* x, const float* gate,
    int image, int first, int c, int h, int wd, int top, int left) {
  Long start = ((Long)image * c + first) * h * wd;
  bool fours = wd % 4 == 0 && ((Long)x | (Long)gate) % 16 == 0;
  x += start;
  if (gate != nullptr) gate += start;
  if (fours)
    convolutionFill<4>(tile, planes, plane, rows, columns, x, gate, c - first, h, wd, top, left);
  else
    convolutionFill<1>(tile, planes, plane, rows, columns, x, gate, c - first, h, wd, top, left);
}

// Weights in the order in which lanes take them: [chunk][step of 16][8 outputs][lane][4].
// Of w [o,c,k,k], or transposed and flipped of w [c,o,k,k]. A thread a number.
KERNEL(
    convolutionPack, const float* w, float* packed, int o, int c, int k, int transposed) {
  int chunk = convolutionChunk(c), taps = k * k, steps = (chunk * taps + 15) / 16;
  int tiles = (o + 7) / 8;
  Long index = (Long)blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= (Long)convolutionChunks(c) * steps * tiles * 128) return;
  int i = index % 4, lane = index / 4 % 32;
  Long rest = index / 128;
  int out = (int)(rest % tiles) * 8 + lane / 4;
  rest /= tiles;
  int joint = (int)(rest % steps) * 16 + i * 4 + lane % 4;
  int tap = joint / chunk, local = joint - tap * chunk;
  int in = (int)(rest / steps) * chunk + local;
  float x = 0.0f;
  if (tap < taps && in < c && out < o)
    x = transposed ? w[((Long)in * o + out) * taps + taps - 1 - tap]
                   : w[((Long)out * c + in) * taps + tap];
  packed[index] = x;
}

// y = convolution of x (0 where gate is not positive) + b + r, at least 0 if relu; any of gate, b, r
// may be null, and r may be y. A block of 8 warps computes PIXELS segments of 16 pixels a warp,
// OUTS times 8 channels. c·h·wd < 2^31.
// Blocks: n · ceil(wd / (16 segments)) · ceil(h / tileRows) · ceil(ceil(o / 8) / OUTS).
// Shared memory: 64 steps + 4 chunk · plane · (OUTS >= 4 and chunks > 1 ? 2 : 1) bytes.
template <class Form, int OUTS, int PIXELS>
DEVICE void convolutionForward(
    const float* x, const float* gate, const float* packed, const float* b, const float* r,
    float* y, int c, int h, int wd, int o, int k, int relu) {
  DYNAMIC_SHARED(int4, offsets);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
  int chunks = convolutionChunks(c), chunk = convolutionChunk(c), taps = k * k;
  int steps = (chunk * taps + 15) / 16, outTiles = (o + 7) / 8;
  int segments = convolutionSegments(wd), tileRows = 8 * PIXELS / segments;
  int halo = convolutionHalo(k), rows = tileRows + k - 1, columns = segments * 16 + 2 * halo;
  int plane = (rows * columns + 7) / 16 * 16 + 8;
  float* tile = reinterpret_cast<float*>(offsets + steps * 4);

  int groups = (outTiles + OUTS - 1) / OUTS;
  int across = (wd + segments * 16 - 1) / (segments * 16), down = (h + tileRows - 1) / tileRows;
  int index = blockIdx.x;
  int firstOut = index % groups * OUTS;
  index /= groups;
  int left = index % across * segments * 16;
  index /= across;
  int top = index % down * tileRows, image = index / down;

  for (int joint = threadIdx.x; joint < steps * 16; joint += blockDim.x) {
    int tap = joint / chunk, channel = joint - tap * chunk;
    int offset = 0;
    if (tap < taps)
      offset = channel * plane + tap / k * columns + tap % k + halo - k / 2;
    reinterpret_cast<int*>(offsets)[(joint / 16 * 4 + joint % 4) * 4 + joint % 16 / 4] = offset;
  }

  int base[PIXELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    int segment = warp * PIXELS + p;
    base[p] = segment / segments * columns + segment % segments * 16 + g;
  }
  float sums[PIXELS][OUTS][4];
#pragma unroll
  for (int p = 0; p < PIXELS; p++)
#pragma unroll
    for (int q = 0; q < OUTS; q++)
#pragma unroll
      for (int i = 0; i < 4; i++) sums[p][q][i] = 0.0f;

  const float4* weights = reinterpret_cast<const float4*>(packed) + firstOut * 32 + lane;
  // With two buffers the next channels are copied while these are multiplied.
  const int BUFFERS = OUTS >= 4 ? 2 : 1;
#pragma unroll 1
  for (int next = 0; next < chunks + BUFFERS - 1; next++) {
    if (next > 0) convolutionCopied();
    if (next < chunks)
      convolutionLoad(
          tile + next % BUFFERS * chunk * plane, chunk, plane, rows, columns, x, gate, image,
          next * chunk, c, h, wd, top - k / 2, left - halo);
    if (BUFFERS == 1) convolutionCopied();
    if (BUFFERS == 2 && next == 0) continue;
    const float* current = tile + (next + 1) % BUFFERS * chunk * plane;
#pragma unroll 1
    for (int step = 0; step < steps; step++) {
      int4 offset = offsets[step * 4 + t];
      ConvolutionNumbers<Form, 4> right[OUTS];
#pragma unroll
      for (int q = 0; q < OUTS; q++) {
        float4 four = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        if (firstOut + q < outTiles) four = __ldg(weights + q * 32);
        right[q].set(0, four.x);
        right[q].set(1, four.y);
        right[q].set(2, four.z);
        right[q].set(3, four.w);
      }
      weights += outTiles * 32;
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        const float* at = current + base[p];
        ConvolutionNumbers<Form, 8> numbers;
        numbers.set(0, at[offset.x]);
        numbers.set(1, at[offset.y]);
        numbers.set(2, at[offset.x + 8]);
        numbers.set(3, at[offset.y + 8]);
        numbers.set(4, at[offset.z]);
        numbers.set(5, at[offset.w]);
        numbers.set(6, at[offset.z + 8]);
        numbers.set(7, at[offset.w + 8]);
#pragma unroll
        for (int q = 0; q < OUTS; q++) convolutionProduct(sums[p][q], numbers, right[q]);
      }
    }
  }

#pragma unroll
  for (int q = 0; q < OUTS; q++) {
#pragma unroll
    for (int j = 0; j < 2; j++) {
      int out = (firstOut + q) * 8 + 2 * t + j;
      if (out >= o) continue;
      float bias = b != nullptr ? b[out] : 0.0f;
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        int segment = warp * PIXELS + p;
        int row = top + segment / segments, column = left + segment % segments * 16 + g;
        Long at = (((Long)image * o + out) * h + row) * wd + column;
#pragma unroll
        for (int i = 0; i < 2; i++) {
          if (row < h && column + 8 * i < wd) {
            float sum = sums[p][q][2 * i + j] + bias;
            if (r != nullptr) sum += r[at + 8 * i];
            y[at + 8 * i] = relu && sum < 0.0f ? 0.0f : sum;
          }
        }
      }
    }
  }
}

#define CONVOLUTION_FORWARD(name, form, outs, pixels, blocks)                                    \
  CONVOLUTION_KERNEL(                                                                            \
      256, blocks, name, const float* x, const float* gate, const float* packed, const float* b, \
      const float* r, float* y, int c, int h, int wd, int o, int k, int relu) {                  \
    convolutionForward<form, outs, pixels>(x, gate, packed, b, r, y, c, h, wd, o, k, relu);      \
  }

#ifndef TURING
CONVOLUTION_FORWARD(convolution1_tf32, Tf32, 1, 6, 2)
CONVOLUTION_FORWARD(convolution2_tf32, Tf32, 2, 6, 2)
CONVOLUTION_FORWARD(convolution4_tf32, Tf32, 4, 3, 2)
#endif
CONVOLUTION_FORWARD(convolution1_float32, Float32, 1, 6, 2)
CONVOLUTION_FORWARD(convolution2_float32, Float32, 2, 6, 2)
CONVOLUTION_FORWARD(convolution4_float32, Float32, 4, 3, 2)

// Weights of convolutionRows in the order in which lanes take them:
// [chunk][step of 8 (column, channel)][8 outputs][row][lane][2]; else as convolutionPack.
KERNEL(
    convolutionRowsPack, const float* w, float* packed, int o, int c, int k, int transposed) {
  int chunk = convolutionChunk(c), steps = (chunk * k + 7) / 8, tiles = (o + 7) / 8;
  Long index = (Long)blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= (Long)convolutionChunks(c) * steps * tiles * k * 64) return;
  int i = index % 2, lane = index / 2 % 32;
  Long rest = index / 64;
  int row = rest % k;
  rest /= k;
  int out = (int)(rest % tiles) * 8 + lane / 4;
  rest /= tiles;
  int joint = (int)(rest % steps) * 8 + i * 4 + lane % 4;
  int column = joint / chunk, local = joint - column * chunk;
  int in = (int)(rest / steps) * chunk + local, tap = row * k + column;
  float x = 0.0f;
  if (column < k && in < c && out < o)
    x = transposed ? w[((Long)in * o + out) * k * k + k * k - 1 - tap]
                   : w[((Long)out * c + in) * k * k + tap];
  packed[index] = x;
}

// As convolutionForward, of a kernel of K x K: a row of the image, once in registers, serves all
// rows of the kernel. A block of 6 warps; a warp computes ROWS rows of a segment of 16 pixels, OUTS
// times 8 channels.
// Blocks: n · ceil(wd / (16 segments)) · ceil(h / (6 / segments · ROWS)) · ceil(ceil(o / 8) / OUTS).
// Shared memory: 32 steps + 4 chunk · plane bytes.
template <class Form, int K, int OUTS, int ROWS>
DEVICE void convolutionRows(
    const float* x, const float* gate, const float* packed, const float* b, const float* r,
    float* y, int c, int h, int wd, int o, int relu) {
  DYNAMIC_SHARED(int2, offsets);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
  int chunks = convolutionChunks(c), chunk = convolutionChunk(c);
  int steps = (chunk * K + 7) / 8, outTiles = (o + 7) / 8;
  int segments = convolutionSegments(wd), tileRows = 6 / segments * ROWS;
  int halo = convolutionHalo(K), rows = tileRows + K - 1, columns = segments * 16 + 2 * halo;
  int plane = (rows * columns + 7) / 16 * 16 + 8;
  float* tile = reinterpret_cast<float*>(offsets + steps * 4);

  int groups = (outTiles + OUTS - 1) / OUTS;
  int across = (wd + segments * 16 - 1) / (segments * 16), down = (h + tileRows - 1) / tileRows;
  int index = blockIdx.x;
  int firstOut = index % groups * OUTS;
  index /= groups;
  int left = index % across * segments * 16;
  index /= across;
  int top = index % down * tileRows, image = index / down;

  for (int joint = threadIdx.x; joint < steps * 8; joint += blockDim.x) {
    int column = joint / chunk, channel = joint - column * chunk;
    int offset = column < K ? channel * plane + column + halo - K / 2 : 0;
    reinterpret_cast<int*>(offsets)[(joint / 8 * 4 + joint % 4) * 2 + joint % 8 / 4] = offset;
  }

  int firstRow = warp / segments * ROWS, firstColumn = warp % segments * 16 + g;
  float sums[ROWS][OUTS][4];
#pragma unroll
  for (int p = 0; p < ROWS; p++)
#pragma unroll
    for (int q = 0; q < OUTS; q++)
#pragma unroll
      for (int i = 0; i < 4; i++) sums[p][q][i] = 0.0f;

  const float2* weights = reinterpret_cast<const float2*>(packed) + firstOut * K * 32 + lane;
#pragma unroll 1
  for (int part = 0; part < chunks; part++) {
    if (part > 0) __syncthreads();
    convolutionLoad(
        tile, chunk, plane, rows, columns, x, gate, image, part * chunk, c, h, wd, top - K / 2,
        left - halo);
    convolutionCopied();
    const float* start = tile + firstRow * columns + firstColumn;
#pragma unroll 1
    for (int step = 0; step < steps; step++) {
      int2 offset = offsets[step * 4 + t];
      ConvolutionNumbers<Form, 2> right[K][OUTS];
#pragma unroll
      for (int q = 0; q < OUTS; q++)
#pragma unroll
        for (int i = 0; i < K; i++) {
          float2 two = make_float2(0.0f, 0.0f);
          if (firstOut + q < outTiles) two = __ldg(weights + (q * K + i) * 32);
          right[i][q].set(0, two.x);
          right[i][q].set(1, two.y);
        }
      weights += outTiles * K * 32;
      const float* first = start + offset.x;
      const float* second = start + offset.y;
#pragma unroll
      for (int row = 0; row < ROWS + K - 1; row++) {
        ConvolutionNumbers<Form, 4> numbers;
        numbers.set(0, first[row * columns]);
        numbers.set(1, second[row * columns]);
        numbers.set(2, first[row * columns + 8]);
        numbers.set(3, second[row * columns + 8]);
#pragma unroll
        for (int i = 0; i < K; i++)
          if (row - i >= 0 && row - i < ROWS) {
#pragma unroll
            for (int q = 0; q < OUTS; q++)
              convolutionProduct(sums[row - i < 0 ? 0 : row - i][q], numbers, right[i][q]);
          }
      }
    }
  }

#pragma unroll
  for (int q = 0; q < OUTS; q++) {
#pragma unroll
    for (int j = 0; j < 2; j++) {
      int out = (firstOut + q) * 8 + 2 * t + j;
      if (out >= o) continue;
      float bias = b != nullptr ? b[out] : 0.0f;
      int column = left + firstColumn;
      Long plain = (Long)image * o + out;
#pragma unroll
      for (int p = 0; p < ROWS; p++) {
        int row = top + firstRow + p;
        Long at = (plain * h + row) * wd + column;
#pragma unroll
        for (int i = 0; i < 2; i++) {
          if (row < h && column + 8 * i < wd) {
            float sum = sums[p][q][2 * i + j] + bias;
            if (r != nullptr) sum += r[at + 8 * i];
            y[at + 8 * i] = relu && sum < 0.0f ? 0.0f : sum;
          }
        }
      }
    }
  }
}

#define CONVOLUTION_ROWS(name, form, k, outs, rows, blocks)                                      \
  CONVOLUTION_KERNEL(                                                                            \
      192, blocks, name, const float* x, const float* gate, const float* packed, const float* b, \
      const float* r, float* y, int c, int h, int wd, int o, int relu) {                         \
    convolutionRows<form, k, outs, rows>(x, gate, packed, b, r, y, c, h, wd, o, relu);           \
  }

#ifndef TURING
CONVOLUTION_ROWS(convolutionRows1_3_tf32, Tf32, 3, 1, 8, 3)
CONVOLUTION_ROWS(convolutionRows2_3_tf32, Tf32, 3, 2, 8, 2)
CONVOLUTION_ROWS(convolutionRows4_3_tf32, Tf32, 3, 4, 6, 2)
CONVOLUTION_ROWS(convolutionRows1_5_tf32, Tf32, 5, 1, 8, 3)
CONVOLUTION_ROWS(convolutionRows2_5_tf32, Tf32, 5, 2, 8, 2)
CONVOLUTION_ROWS(convolutionRows4_5_tf32, Tf32, 5, 4, 6, 2)
#endif
CONVOLUTION_ROWS(convolutionRows1_3_float32, Float32, 3, 1, 8, 2)
CONVOLUTION_ROWS(convolutionRows2_3_float32, Float32, 3, 2, 6, 2)
CONVOLUTION_ROWS(convolutionRows1_5_float32, Float32, 5, 1, 8, 2)
CONVOLUTION_ROWS(convolutionRows2_5_float32, Float32, 5, 2, 6, 2)

// How the rows of a gradient of weights, (tap, channel) of a chunk and one for the bias, go to
// warps: TILES tiles of 16 rows each; with few rows several warps share them and divide the pixels.
const int CONVOLUTION_TILES = 4;
const int CONVOLUTION_WARPS = 8;

DEVICE int convolutionRowWarps(int rows) {
  return min((rows + 16 * CONVOLUTION_TILES - 1) / (16 * CONVOLUTION_TILES), CONVOLUTION_WARPS);
}

// Partial sums [slot][chunk][row][o] of the gradients; a slot for each of a block's shares of
// pixels. blockIdx.x: share of the tiles (any number of blocks up to n · across · down); blockIdx.y:
// rowGroups · chunks · ceil(o / (8 OUTS)). Threads: 32 rowWarps · max(1, 8 / rowWarps).
// Shared memory: 4 ((chunk + 1) · plane + 8 OUTS · outPlane) bytes. Slots: gridDim.x · shares.
template <class Form, int OUTS>
DEVICE void convolutionGradient(
    const float* x, const float* dy, const float* gate, float* partial, int n, int c, int h,
    int wd, int o, int k) {
  const int TILES = CONVOLUTION_TILES, TILE_ROWS = 8;
  DYNAMIC_SHARED(float, tile);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
  int chunks = convolutionChunks(c), chunk = convolutionChunk(c);
  int jointRows = chunk * k * k + 1;
  int rowWarps = convolutionRowWarps(jointRows), shares = blockDim.x / 32 / rowWarps;
  int share = warp / rowWarps;
  int groupRows = rowWarps * TILES * 16, rowGroups = (jointRows + groupRows - 1) / groupRows;

  int index = blockIdx.y;
  int rowGroup = index % rowGroups;
  index /= rowGroups;
  int part = index % chunks, firstOut = index / chunks * OUTS * 8;

  int segments = convolutionSegments(wd);
  int halo = convolutionHalo(k);
  int rows = TILE_ROWS + k - 1, columns = segments * 16 + 2 * halo;
  int plane = (rows * columns + 3) / 8 * 8 + 4;
  int outPlane = TILE_ROWS * segments * 16 + 4;
  float* outs = tile + (chunk + 1) * plane;
  for (int i = threadIdx.x; i < plane; i += blockDim.x) tile[chunk * plane + i] = 1.0f;

  int firstRow = rowGroup * groupRows + warp % rowWarps * TILES * 16 + g;
  int offsets[TILES][2];
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int row = firstRow + m * 16 + i * 8, tap = row / chunk, channel = row - tap * chunk;
      offsets[m][i] = (tap < k * k ? channel * plane + tap / k * columns + tap % k + halo - k / 2
                                   : chunk * plane) + t;
    }
  int tiles = (jointRows - firstRow + g + 15) / 16;  // of this warp, if less than TILES

  float sums[TILES][OUTS][4];
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int q = 0; q < OUTS; q++)
#pragma unroll
      for (int i = 0; i < 4; i++) sums[m][q][i] = 0.0f;

  int across = (wd + segments * 16 - 1) / (segments * 16), down = (h + TILE_ROWS - 1) / TILE_ROWS;
  int places = n * across * down;
  for (int place = blockIdx.x; place < places; place += gridDim.x) {
    int left = place % across * segments * 16, top = place / across % down * TILE_ROWS;
    int image = place / across / down;
    __syncthreads();
    convolutionLoad(
        tile, chunk, plane, rows, columns, x, nullptr, image, part * chunk, c, h, wd, top - k / 2,
        left - halo);
    convolutionLoad(
        outs, OUTS * 8, outPlane, TILE_ROWS, segments * 16, dy, gate, image, firstOut, o, h, wd,
        top, left);
    convolutionCopied();
    if (share < shares) {
#pragma unroll 1
      for (int segment = share; segment < TILE_ROWS * segments; segment += shares) {
        const float* out = outs + g * outPlane + segment * 16 + t;
        ConvolutionNumbers<Form, 4> right[OUTS];
#pragma unroll
        for (int q = 0; q < OUTS; q++)
#pragma unroll
          for (int i = 0; i < 4; i++) right[q].set(i, out[q * 8 * outPlane + i * 4]);
        const float* at = tile + segment / segments * columns + segment % segments * 16;
#pragma unroll
        for (int m = 0; m < TILES; m++) {
          if (m < tiles) {
            const float* upper = at + offsets[m][0];
            const float* lower = at + offsets[m][1];
            ConvolutionNumbers<Form, 8> numbers;
            numbers.set(0, upper[0]);
            numbers.set(1, upper[4]);
            numbers.set(2, lower[0]);
            numbers.set(3, lower[4]);
            numbers.set(4, upper[8]);
            numbers.set(5, upper[12]);
            numbers.set(6, lower[8]);
            numbers.set(7, lower[12]);
#pragma unroll
            for (int q = 0; q < OUTS; q++) convolutionProduct(sums[m][q], numbers, right[q]);
          }
        }
      }
    }
  }

  if (share >= shares) return;
  float* to = partial + (((Long)blockIdx.x * shares + share) * chunks + part) * jointRows * o;
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int q = 0; q < OUTS; q++)
#pragma unroll
      for (int i = 0; i < 4; i++) {
        int row = firstRow + m * 16 + i / 2 * 8, out = firstOut + q * 8 + 2 * t + i % 2;
        if (row < jointRows && out < o) to[(Long)row * o + out] = sums[m][q][i];
      }
}

#define CONVOLUTION_GRADIENT(name, form, outs)                                                \
  CONVOLUTION_KERNEL(                                                                         \
      256, 2, name, const float* x, const float* dy, const float* gate, float* partial, int n, \
      int c, int h, int wd, int o, int k) {                                                   \
    convolutionGradient<form, outs>(x, dy, gate, partial, n, c, h, wd, o, k);                 \
  }

#ifndef TURING
CONVOLUTION_GRADIENT(convolutionGradient1_tf32, Tf32, 1)
CONVOLUTION_GRADIENT(convolutionGradient2_tf32, Tf32, 2)
#endif
CONVOLUTION_GRADIENT(convolutionGradient1_float32, Float32, 1)
CONVOLUTION_GRADIENT(convolutionGradient2_float32, Float32, 2)

// As convolutionGradient, of a kernel of K x K: the output's slopes of K rows in registers serve each
// row of the image. A warp sums TILES times 16 (column, channel) of all rows of the kernel.
// blockIdx.x: share of the tiles; blockIdx.y: chunks · ceil(o / (8 OUTS)).
// With rowWarps = ceil(ceil(chunk · K / 16) / TILES), at most 6: threads: 32 rowWarps · shares,
// shares = min(2 segments, 6 / rowWarps). Shared memory: 4 (chunk · plane + 8 OUTS · outPlane) bytes.
template <class Form, int K, int TILES, int OUTS>
DEVICE void convolutionRowsGradient(
    const float* x, const float* dy, const float* gate, float* partial, int n, int c, int h,
    int wd, int o) {
  const int ROWS = 8;
  DYNAMIC_SHARED(float, tile);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
  int chunks = convolutionChunks(c), chunk = convolutionChunk(c), joints = chunk * K;
  int rowWarps = ((joints + 15) / 16 + TILES - 1) / TILES, shares = blockDim.x / 32 / rowWarps;
  int share = warp / rowWarps;
  int part = blockIdx.y % chunks, firstOut = blockIdx.y / chunks * OUTS * 8;

  int segments = convolutionSegments(wd);
  int halo = convolutionHalo(K), columns = segments * 16 + 2 * halo;
  int plane = ((ROWS + K - 1) * columns + 3) / 8 * 8 + 4;
  int outPlane = ROWS * segments * 16 + 4;
  float* outs = tile + chunk * plane;

  int firstJoint = warp % rowWarps * TILES * 16 + g;
  int offsets[TILES][2];
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int joint = firstJoint + m * 16 + i * 8, column = joint / chunk;
      int channel = joint - column * chunk;
      offsets[m][i] = (joint < joints ? channel * plane + column + halo - K / 2 : 0) + t;
    }

  float sums[K][TILES][OUTS][4], biases[OUTS];
#pragma unroll
  for (int q = 0; q < OUTS; q++) {
    biases[q] = 0.0f;
#pragma unroll
    for (int e = 0; e < K; e++)
#pragma unroll
      for (int m = 0; m < TILES; m++)
#pragma unroll
        for (int i = 0; i < 4; i++) sums[e][m][q][i] = 0.0f;
  }

  int across = (wd + segments * 16 - 1) / (segments * 16), down = (h + ROWS - 1) / ROWS;
  int places = n * across * down;
  for (int place = blockIdx.x; place < places; place += gridDim.x) {
    int left = place % across * segments * 16, top = place / across % down * ROWS;
    int image = place / across / down;
    __syncthreads();
    convolutionLoad(
        tile, chunk, plane, ROWS + K - 1, columns, x, nullptr, image, part * chunk, c, h, wd,
        top - K / 2, left - halo);
    convolutionLoad(
        outs, OUTS * 8, outPlane, ROWS, segments * 16, dy, gate, image, firstOut, o, h, wd, top,
        left);
    convolutionCopied();
#pragma unroll 1
    for (int eighth = share; eighth < 2 * segments; eighth += shares) {
      const float* out = outs + g * outPlane + eighth * 8 + t;
      const float* at = tile + eighth * 8;
      ConvolutionNumbers<Form, 2> right[K][OUTS];
#pragma unroll
      for (int row = 0; row < ROWS + K - 1; row++) {
        if (row < ROWS) {
#pragma unroll
          for (int q = 0; q < OUTS; q++) {
            const float* from = out + q * 8 * outPlane + row * segments * 16;
            right[row % K][q].set(0, from[0]);
            right[row % K][q].set(1, from[4]);
            biases[q] += from[0] + from[4];
          }
        }
#pragma unroll
        for (int m = 0; m < TILES; m++) {
          const float* upper = at + offsets[m][0] + row * columns;
          const float* lower = at + offsets[m][1] + row * columns;
          ConvolutionNumbers<Form, 4> numbers;
          numbers.set(0, upper[0]);
          numbers.set(1, upper[4]);
          numbers.set(2, lower[0]);
          numbers.set(3, lower[4]);
#pragma unroll
          for (int e = 0; e < K; e++)
            if (row - e >= 0 && row - e < ROWS) {
#pragma unroll
              for (int q = 0; q < OUTS; q++)
                convolutionProduct(sums[e][m][q], numbers, right[(row - e + K) % K][q]);
            }
        }
      }
    }
  }

  int jointRows = joints * K + 1;
  float* to = partial + (((Long)blockIdx.x * shares + share) * chunks + part) * jointRows * o;
#pragma unroll
  for (int q = 0; q < OUTS; q++) {
#pragma unroll
    for (int m = 0; m < TILES; m++)
#pragma unroll
      for (int i = 0; i < 4; i++) {
        int joint = firstJoint + m * 16 + i / 2 * 8, out = firstOut + q * 8 + 2 * t + i % 2;
        if (joint < joints && out < o) {
#pragma unroll
          for (int e = 0; e < K; e++) to[(Long)(e * joints + joint) * o + out] = sums[e][m][q][i];
        }
      }
    float bias = biases[q];
    bias += __shfl_xor_sync(0xffffffffu, bias, 1);
    bias += __shfl_xor_sync(0xffffffffu, bias, 2);
    int out = firstOut + q * 8 + g;
    if (t == 0 && warp % rowWarps == 0 && out < o) to[(Long)(jointRows - 1) * o + out] = bias;
  }
}

#define CONVOLUTION_ROWS_GRADIENT(name, form, k, tiles, outs)                                   \
  CONVOLUTION_KERNEL(                                                                          \
      192, 2, name, const float* x, const float* dy, const float* gate, float* partial, int n, \
      int c, int h, int wd, int o) {                                                           \
    convolutionRowsGradient<form, k, tiles, outs>(x, dy, gate, partial, n, c, h, wd, o);       \
  }

#ifndef TURING
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient1_3_tf32, Tf32, 3, 1, 1)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient2_3_tf32, Tf32, 3, 1, 2)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient4_3_tf32, Tf32, 3, 1, 4)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient1_5_tf32, Tf32, 5, 1, 1)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient2_5_tf32, Tf32, 5, 1, 2)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient4_5_tf32, Tf32, 5, 1, 4)
#endif
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient1_3_float32, Float32, 3, 1, 1)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient2_3_float32, Float32, 3, 1, 2)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient1_5_float32, Float32, 5, 1, 1)
CONVOLUTION_ROWS_GRADIENT(convolutionRowsGradient2_5_float32, Float32, 5, 1, 2)

// dw [o,c,k,k] and db [o], if not null, from partial sums. A block of 256 threads: 32 sums, each by
// 8 threads.
KERNEL(
    convolutionGradientSum, const float* partial, float* dw, float* db, int slots, int c, int o,
    int k) {
  SHARED float shares[8][32];
  int chunk = convolutionChunk(c), jointRows = chunk * k * k + 1;
  Long count = (Long)convolutionChunks(c) * jointRows * o;
  int share = threadIdx.x / 32, lane = threadIdx.x % 32;
  Long index = (Long)blockIdx.x * 32 + lane;
  float sum = 0.0f;
  if (index < count) {
#pragma unroll 4
    for (int slot = share; slot < slots; slot += 8) sum += partial[slot * count + index];
  }
  shares[share][lane] = sum;
  __syncthreads();
  if (share > 0 || index >= count) return;
  for (int i = 1; i < 8; i++) sum += shares[i][lane];
  int out = index % o;
  Long rest = index / o;
  int row = rest % jointRows, part = rest / jointRows;
  int tap = row / chunk, channel = part * chunk + row - tap * chunk;
  if (tap < k * k) {
    if (channel < c) dw[((Long)out * c + channel) * k * k + tap] = sum;
  } else if (part == 0 && db != nullptr) {
    db[out] = sum;
  }
}
