// Sums, always in the same order.

// out[r] = factor · the sum of row r of x, a warp a row of q numbers.
KERNEL(rowSums, const void* x, int tx, Long rowStride, int rows, int q, float factor, void* out,
       int to, Long outStride) {
  int lane = threadIdx.x % 32;
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  float sum = 0;
  for (int c = lane; c < q; c += 32) sum += load1(x, tx, row * rowStride + c);
  sum = warpSum(sum);
  if (lane == 0) store1(out, to, row * outStride, factor * sum);
}

// sums[y][c] = the sum over some rows of column c of x [R,Q]. A block is 128 columns by 8 rows, which
// it takes at a distance of 8 · gridDim.y. Where gate, if given, is not positive, x counts as 0.
// copy, if given, receives what was summed. Q is a multiple of 4.
KERNEL(columnSums, const void* x, int tx, const void* gate, int tg, void* copy, int tc, Long rows,
       int q, float* sums) {
  SHARED float4 shared[8][32];
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int c = (blockIdx.x * 32 + lane) * 4;
  float4 sum = make_float4(0, 0, 0, 0);
  if (c < q) {
#pragma unroll 4
    for (Long row = blockIdx.y * 8 + warp; row < rows; row += gridDim.y * 8) {
      float4 v = load4(x, tx, row * q + c);
      if (gate) {
        float4 g = load4(gate, tg, row * q + c);
        if (!(g.x > 0)) v.x = 0;
        if (!(g.y > 0)) v.y = 0;
        if (!(g.z > 0)) v.z = 0;
        if (!(g.w > 0)) v.w = 0;
      }
      if (copy) store4(copy, tc, row * q + c, v);
      sum.x += v.x;
      sum.y += v.y;
      sum.z += v.z;
      sum.w += v.w;
    }
  }
  shared[warp][lane] = sum;
  __syncthreads();
  if (warp == 0 && c < q) {
    for (int w = 1; w < 8; w++) {
      sum.x += shared[w][lane].x;
      sum.y += shared[w][lane].y;
      sum.z += shared[w][lane].z;
      sum.w += shared[w][lane].w;
    }
    *(float4*)(sums + (Long)blockIdx.y * q + c) = sum;
  }
}

// out[c] = the sum over the parts of sums [parts][Q] + beta · out[c]; from column split on, it goes
// to rest[c − split]. A block of 256 threads is 32 columns, each by 8 threads.
KERNEL(partSums, const float* sums, int parts, int q, float beta, float* out, int split,
       float* rest) {
  SHARED float shared[8][32];
  int lane = threadIdx.x % 32;
  int share = threadIdx.x / 32;
  int c = blockIdx.x * 32 + lane;
  float sum = 0;
  if (c < q) {
#pragma unroll 8
    for (int part = share; part < parts; part += 8) sum += sums[(Long)part * q + c];
  }
  shared[share][lane] = sum;
  __syncthreads();
  if (share > 0 || c >= q) return;
  for (int i = 1; i < 8; i++) sum += shared[i][lane];
  float* to = c < split ? out + c : rest + (c - split);
  *to = beta == 0 ? sum : sum + beta * *to;
}

// The same for any Q and strides, a thread a column.
KERNEL(columnSumsAny, const void* x, int tx, Long rowStride, Long rows, int q, float beta, void* out,
       int to) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= q) return;
  float sum = 0;
  for (Long row = 0; row < rows; row++) sum += load1(x, tx, row * rowStride + c);
  store1(out, to, c, beta == 0 ? sum : sum + beta * load1(out, to, c));
}

// The sum of f(x) in double: f 0: x, 1: |x|, 2: x², 3: whether x is not finite. x has rows of q
// numbers. Each of the blocks writes the sum of its part.
KERNEL(totals, int f, const void* x, int tx, Long n, Long q, Long rowStride, Long stride,
       double* out) {
  SHARED double shared[256];
  double sum = 0;
  Long step = (Long)gridDim.x * blockDim.x;
  for (Long i = (Long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
    float v = load1(x, tx, i / q * rowStride + i % q * stride);
    if (f == 0) {
      sum += v;
    } else if (f == 1) {
      sum += fabsf(v);
    } else if (f == 2) {
      sum += (double)v * v;
    } else {
      sum += (asBits(v) & 0x7f800000u) == 0x7f800000u ? 1 : 0;
    }
  }
  shared[threadIdx.x] = sum;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if ((int)threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = shared[0];
}

// out = the sum of what totals wrote, of at most as many blocks as there are threads here, over n.
KERNEL(meanOfTotals, const double* parts, int count, Long n, float* out) {
  SHARED double shared[256];
  shared[threadIdx.x] = (int)threadIdx.x < count ? parts[threadIdx.x] : 0;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if ((int)threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) *out = (float)(shared[0] / n);
}

// Softmax of each row of q numbers, a warp a row; y may be x.
KERNEL(softmaxRows, const void* x, int tx, void* y, int ty, int rows, int q) {
  int lane = threadIdx.x % 32;
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  Long at = (Long)row * q;
  float most = asFloat(0xff800000u);  // −∞
  for (int c = lane; c < q; c += 32) most = fmaxf(most, load1(x, tx, at + c));
  most = warpMax(most);
  float sum = 0;
  for (int c = lane; c < q; c += 32) sum += expf(load1(x, tx, at + c) - most);
  sum = warpSum(sum);
  for (int c = lane; c < q; c += 32)
    store1(y, ty, at + c, expf(load1(x, tx, at + c) - most) / sum);
}
