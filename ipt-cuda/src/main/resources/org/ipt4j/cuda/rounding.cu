// y = x as bfloat16, n numbers; a thread for each.
KERNEL(roundToBf16, const float* x, bf16* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = from<bf16>(x[i]);
}
