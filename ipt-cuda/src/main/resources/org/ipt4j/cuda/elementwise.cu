// Element by element: out[i] = f(a[i], b[i]). A type is 0 for float, 1 for bfloat16.

enum {
  ADD, SUBTRACT, MULTIPLY, DIVIDE, ADD_SCALED, RELU_BACKWARD, ADD_RELU,  // of a and b
  COPY, SCALE, SHIFT, SIGN, EXP, LOG, ROOT, INVERSE_ROOT, RELU, FILL  // of a, or of the factor
};

DEVICE float elementOf(int f, float a, float b, float factor) {
  switch (f) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case ADD_SCALED: return a + factor * b;
    case RELU_BACKWARD: return b > 0 ? a : 0;
    case ADD_RELU: return a + b < 0 ? 0 : a + b;  // not a number stays so
    case SCALE: return a * factor;
    case SHIFT: return a + factor;
    case SIGN: return a > 0 ? 1.f : a < 0 ? -1.f : 0.f;
    case EXP: return expf(a);
    case LOG: return logf(a);
    case ROOT: return sqrtf(a + factor);
    case INVERSE_ROOT: return 1 / sqrtf(a + factor);
    case RELU: return a < 0 ? 0 : a;
    case FILL: return factor;
    default: return a;
  }
}

DEVICE float load1(const void* p, int type, Long i) {
  return type == 0 ? ((const float*)p)[i] : toFloat(((const bf16*)p)[i]);
}

DEVICE void store1(void* p, int type, Long i, float x) {
  if (type == 0) {
    ((float*)p)[i] = x;
  } else {
    ((bf16*)p)[i] = from<bf16>(x);
  }
}

// Four neighbours, from a multiple of four on.
DEVICE float4 load4(const void* p, int type, Long i) {
  if (type == 0) return *(const float4*)((const float*)p + i);
  uint2 two = *(const uint2*)((const bf16*)p + i);
  return make_float4(
      asFloat(two.x << 16), asFloat(two.x & 0xffff0000u), asFloat(two.y << 16),
      asFloat(two.y & 0xffff0000u));
}

DEVICE void store4(void* p, int type, Long i, float4 x) {
  if (type == 0) {
    *(float4*)((float*)p + i) = x;
  } else {
    uint2 two;
    two.x = Bf16::pair(x.x, x.y);
    two.y = Bf16::pair(x.z, x.w);
    *(uint2*)((bf16*)p + i) = two;
  }
}

// Contiguous a and out; b at i / run % period. b may be null. Index is wide enough for n.
template <class Index>
DEVICE void elementsOf(int f, Index n, const void* a, int ta, const void* b, int tb, Index run,
                       Index period, void* out, int to, float factor) {
  Index step = (Index)gridDim.x * blockDim.x;
  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
    float second = b ? load1(b, tb, i / run % period) : 0;
    store1(out, to, i, elementOf(f, f == FILL ? 0 : load1(a, ta, i), second, factor));
  }
}

KERNEL(elements, int f, Long n, const void* a, int ta, const void* b, int tb, Long run, Long period,
       void* out, int to, float factor) {
  if (n < 1u << 31) {
    elementsOf<unsigned>(f, n, a, ta, b, tb, run, period, out, to, factor);
  } else {
    elementsOf<Long>(f, n, a, ta, b, tb, run, period, out, to, factor);
  }
}

// The same four at a time: n is a multiple of 4; mode 0: b contiguous; 1: at i % period, a multiple
// of 4; 2: at i / run % period, run a multiple of 4; 3: no b. All pointers are multiples of four
// numbers.
template <class Index>
DEVICE void elementsByFourOf(int f, Index n, const void* a, int ta, const void* b, int tb, int mode,
                             Index run, Index period, void* out, int to, float factor) {
  Index step = (Index)gridDim.x * blockDim.x * 4;
  for (Index i = ((Index)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
    float4 x = make_float4(0, 0, 0, 0);
    float4 y = x;
    if (f != FILL) x = load4(a, ta, i);
    if (mode == 0) {
      y = load4(b, tb, i);
    } else if (mode == 1) {
      y = load4(b, tb, i % period);
    } else if (mode == 2) {
      float all = load1(b, tb, i / run % period);
      y = make_float4(all, all, all, all);
    }
    x.x = elementOf(f, x.x, y.x, factor);
    x.y = elementOf(f, x.y, y.y, factor);
    x.z = elementOf(f, x.z, y.z, factor);
    x.w = elementOf(f, x.w, y.w, factor);
    store4(out, to, i, x);
  }
}

KERNEL(elementsByFour, int f, Long n, const void* a, int ta, const void* b, int tb, int mode,
       Long run, Long period, void* out, int to, float factor) {
  if (n < 1u << 31) {
    elementsByFourOf<unsigned>(f, n, a, ta, b, tb, mode, run, period, out, to, factor);
  } else {
    elementsByFourOf<Long>(f, n, a, ta, b, tb, mode, run, period, out, to, factor);
  }
}

// i / divisor for i < 2³¹: the upper half of i · factor, shifted (Granlund and Montgomery, 1994).
struct Divisor {
  unsigned divisor, factor;
  int shift;
};

DEVICE Divisor divisorOf(int divisor, int factor, int shift) {
  Divisor d = {(unsigned)divisor, (unsigned)factor, shift};
  return d;
}

// Takes the index along an axis off i.
DEVICE unsigned indexOff(unsigned& i, Divisor d) {
  unsigned quotient = __umulhi(i, d.factor) >> d.shift;
  unsigned rest = i - quotient * d.divisor;
  i = quotient;
  return rest;
}

// Any strides, six axes, less than 2³¹ numbers: the sizes of all axes but the first, each with the
// factor and shift of a division by it; b's strides are those after broadcasting. b may be null.
KERNEL(stridedElements, int f, Long n, int s1, int f1, int h1, int s2, int f2, int h2, int s3,
       int f3, int h3, int s4, int f4, int h4, int s5, int f5, int h5, const void* a, int ta,
       Long a0, Long a1, Long a2, Long a3, Long a4, Long a5, const void* b, int tb, Long b0, Long b1,
       Long b2, Long b3, Long b4, Long b5, void* out, int to, Long o0, Long o1, Long o2, Long o3,
       Long o4, Long o5, float factor) {
  Divisor d1 = divisorOf(s1, f1, h1), d2 = divisorOf(s2, f2, h2), d3 = divisorOf(s3, f3, h3);
  Divisor d4 = divisorOf(s4, f4, h4), d5 = divisorOf(s5, f5, h5);
  unsigned step = gridDim.x * blockDim.x;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < (unsigned)n; i += step) {
    unsigned i0 = i;
    unsigned i5 = indexOff(i0, d5), i4 = indexOff(i0, d4), i3 = indexOff(i0, d3);
    unsigned i2 = indexOff(i0, d2), i1 = indexOff(i0, d1);
    Long ofA = i0 * a0 + i1 * a1 + i2 * a2 + i3 * a3 + i4 * a4 + i5 * a5;
    Long ofOut = i0 * o0 + i1 * o1 + i2 * o2 + i3 * o3 + i4 * o4 + i5 * o5;
    float second =
        b ? load1(b, tb, i0 * b0 + i1 * b1 + i2 * b2 + i3 * b3 + i4 * b4 + i5 * b5) : 0;
    store1(out, to, ofOut, elementOf(f, f == FILL ? 0 : load1(a, ta, ofA), second, factor));
  }
}

// A step of Adam: w, g, m, v of n numbers each; fresh1 is 1 - beta1, rounded once, and so on.
KERNEL(adam, Long n, float* w, const float* g, float* m, float* v, float beta1, float fresh1,
       float beta2, float fresh2, float meanFactor, float squareFactor, float epsilon) {
  Long step = (Long)gridDim.x * blockDim.x;
  for (Long i = (Long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
    float slope = g[i];
    float mean = beta1 * m[i] + fresh1 * slope;
    float square = beta2 * v[i] + fresh2 * slope * slope;
    m[i] = mean;
    v[i] = square;
    w[i] -= meanFactor * mean / (sqrtf(square * squareFactor) + epsilon);
  }
}
