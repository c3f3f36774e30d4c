// Runs kernels on a processor: the threads of a block are fibers that take turns between barriers.
// What a card would refuse ends the launch with a message: a wrong grid or arguments, an address
// that is not a multiple of what is read there, a barrier that some threads never reach.
#pragma once
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <ucontext.h>
#include <utility>
#include <vector>

#define EMULATED
#define DEVICE inline
#define SHARED static
#define DYNAMIC_SHARED(type, name) type* name = reinterpret_cast<type*>(emulator::sharedMemory.data())
#define __restrict__
#define __launch_bounds__(...)
#define __ldg(p) (*(p))
#define KERNEL(name, ...)                                                                \
  void name(__VA_ARGS__);                                                                \
  static const bool registered_##name = emulator::add(#name, emulator::caller(&name));   \
  void name(__VA_ARGS__)

#define BOUNDED_KERNEL(threads, blocks, name, ...) KERNEL(name, __VA_ARGS__)

struct Three {
  unsigned x = 1, y = 1, z = 1;
};
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) int4 { int x, y, z, w; };
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

inline Three threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
using Call = void (*)(void* function, void** arguments);
struct Kernel {
  void* function;
  Call call;
  std::string types;  // of the arguments: L, I or F
};
inline std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}
inline bool add(const char* name, Kernel kernel) {
  kernels()[name] = kernel;
  return true;
}
template <class... A, size_t... I>
void callWith(void (*function)(A...), void** arguments, std::index_sequence<I...>) {
  function(*static_cast<std::remove_const_t<A>*>(arguments[I])...);
}
template <class T>
char typeOf() {
  return std::is_floating_point<T>::value ? 'F' : sizeof(T) == 8 ? 'L' : 'I';
}
template <class... A>
Kernel caller(void (*function)(A...)) {
  return {
      reinterpret_cast<void*>(function),
      [](void* f, void** arguments) {
        callWith(reinterpret_cast<void (*)(A...)>(f), arguments, std::index_sequence_for<A...>());
      },
      {typeOf<A>()...}};
}

inline std::vector<float4> sharedMemory;

enum State { READY, AT_BLOCK, AT_WARP, DONE };
const size_t STACK = 256 * 1024;
// Goes on from block to block and from launch to launch.
struct Fiber {
  ucontext_t start;
  jmp_buf here;
  bool begun = false;
  State state = READY;
  Three index;
  unsigned turn = 0; // of warp exchanges
  std::unique_ptr<char[]> stack = std::unique_ptr<char[]>(new char[STACK]);
};
struct alignas(16) Exchange {
  char numbers[2][32 * 64];
};
inline std::vector<std::unique_ptr<Fiber>> pool;
inline std::vector<Exchange> exchanges;
inline int current, count;
inline jmp_buf scheduler;
inline std::string failure;  // empty: none
inline Kernel running;
inline void** runningArguments;

inline int linear() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
inline void wait(State state) {
  Fiber& fiber = *pool[current];
  fiber.state = state;
  if (_setjmp(fiber.here) == 0) _longjmp(scheduler, 1);
}
inline void body() {
  for (;;) {
    running.call(running.function, runningArguments);
    wait(DONE);
  }
}
// Ends the launch.
inline void fail(const std::string& why) {
  failure = why;
  _longjmp(scheduler, 1);
}
inline void checkAligned(const void* p, size_t bytes) {
  if (reinterpret_cast<size_t>(p) % bytes != 0)
    fail("an address is not a multiple of " + std::to_string(bytes) + " bytes");
}
inline void resume(int i) {
  current = i;
  Fiber& fiber = *pool[i];
  threadIdx = fiber.index;
  if (_setjmp(scheduler) != 0) return;
  if (fiber.begun) _longjmp(fiber.here, 1);
  fiber.begun = true;
  setcontext(&fiber.start);
}
inline void prepare() {
  exchanges.resize((count + 31) / 32);
  while ((int)pool.size() < count) {
    pool.emplace_back(new Fiber());
    Fiber& fiber = *pool.back();
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = fiber.stack.get();
    fiber.start.uc_stack.ss_size = STACK;
    fiber.start.uc_link = nullptr;
    makecontext(&fiber.start, body, 0);
  }
  for (int i = 0; i < count; i++) {
    pool[i]->index.x = i % blockDim.x;
    pool[i]->index.y = i / blockDim.x % blockDim.y;
    pool[i]->index.z = i / blockDim.x / blockDim.y;
  }
}
inline void runBlock() {
  int warps = (count + 31) / 32;
  for (int i = 0; i < count; i++) {
    pool[i]->state = READY;
    pool[i]->turn = 0;
  }
  for (;;) {
    bool progress = false, all = true, blocked = true;
    for (int warp = 0; warp < warps; warp++) {
      int end = warp * 32 + 32 < count ? warp * 32 + 32 : count;
      bool waiting = true;
      for (int i = warp * 32; i < end; i++) {
        if (pool[i]->state == READY) {
          resume(i);
          if (!failure.empty()) return;
          progress = true;
        }
      }
      for (int i = warp * 32; i < end; i++) {
        State state = pool[i]->state;
        all &= state == DONE;
        blocked &= state == DONE || state == AT_BLOCK;
        waiting &= state == AT_WARP;
      }
      if (waiting) {
        for (int i = warp * 32; i < end; i++) pool[i]->state = READY;
        progress = true;
      }
    }
    if (all) return;
    if (blocked) {
      for (int i = 0; i < count; i++)
        if (pool[i]->state == AT_BLOCK) pool[i]->state = READY;
    } else if (!progress) {
      failure = "some threads of a block wait at a barrier that others never reach";
      return;
    }
  }
}
inline void run(
    const char* name, Three grid, Three block, size_t shared, void** arguments) {
  failure.clear();
  running = kernels().at(name);
  runningArguments = arguments;
  gridDim = grid;
  blockDim = block;
  count = block.x * block.y * block.z;
  prepare();
  sharedMemory.assign(shared / 16 + 1, {NAN, NAN, NAN, NAN});
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx.x = x;
        blockIdx.y = y;
        blockIdx.z = z;
        runBlock();
        if (!failure.empty()) {
          pool.clear();  // its threads are somewhere in the kernel
          return;
        }
      }
}
}  // namespace emulator

inline void __syncthreads() { emulator::wait(emulator::AT_BLOCK); }

inline void __syncwarp(unsigned = 0xffffffffu) { emulator::wait(emulator::AT_WARP); }
// Memory of 512 floats that a warp's lanes share; it stays until their exchange after the next.
inline float* warpMemory() {
  using namespace emulator;
  return reinterpret_cast<float*>(
      exchanges[linear() / 32].numbers[pool[current]->turn++ % 2]);
}
// All 32 lanes' numbers, for each lane; they stay until the lane's exchange after the next.
inline const char (*warpExchange(const void* own, size_t size))[64] {
  using namespace emulator;
  auto* numbers = reinterpret_cast<char (*)[64]>(warpMemory());
  memcpy(numbers[linear() % 32], own, size);
  wait(AT_WARP);
  return numbers;
}
template <class T>
T warpNumber(T own, int lane) {
  T x;
  memcpy(&x, warpExchange(&own, sizeof x)[lane], sizeof x);
  return x;
}
template <class T>
T __shfl_sync(unsigned, T x, int lane) {
  return warpNumber(x, lane % 32);
}
template <class T>
T __shfl_xor_sync(unsigned, T x, int mask) {
  return warpNumber(x, emulator::linear() % 32 ^ mask);
}
template <class T>
T __shfl_down_sync(unsigned, T x, int by) {
  int lane = emulator::linear() % 32 + by;
  return warpNumber(x, lane < 32 ? lane : lane - by);
}
inline int __any_sync(unsigned, int predicate) {
  char own = predicate != 0;
  const char (*all)[64] = warpExchange(&own, 1);
  for (int lane = 0; lane < 32; lane++)
    if (all[lane][0]) return 1;
  return 0;
}
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float x, float y) { return x / y; }
template <class T>
T min(T a, T b) { return a < b ? a : b; }
template <class T>
T max(T a, T b) { return a > b ? a : b; }

namespace emulator {
inline std::string refusal(const char* name, Three grid, Three block, const char* types) {
  if (!kernels().count(name)) return "there is none";
  if (kernels().at(name).types != types)
    return std::string("arguments are ") + types + ", not " + kernels().at(name).types;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return "no blocks";
  if (grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) return "too many blocks";
  if (block.x == 0 || block.x * block.y * block.z > 1024)
    return std::to_string(block.x) + " threads in a block";
  return "";
}
}  // namespace emulator

#define EXPORTED extern "C" __attribute__((visibility("default")))

// What tests call. The message of what is wrong, or null.
EXPORTED const char* emulate(
    const char* name, int gx, int gy, int gz, int threads, int64_t shared, const char* types,
    void** arguments) {
  using namespace emulator;
  Three grid, block;
  grid.x = gx, grid.y = gy, grid.z = gz;
  block.x = threads;
  failure = refusal(name, grid, block, types);
  if (failure.empty()) run(name, grid, block, shared, arguments);
  return failure.empty() ? nullptr : failure.c_str();
}

// What the compiler calls, by -fsanitize=alignment, before an access of a wrong address.
struct SanitizedType {
  unsigned short kind, info;
  char name[1];
};
struct Sanitized {
  const char* file;
  unsigned line, column;
  const SanitizedType* type;
  unsigned char logOfAlignment, check;
};
extern "C" __attribute__((visibility("hidden"))) void __ubsan_handle_type_mismatch_v1(
    Sanitized* access, size_t address) {
  emulator::fail(
      std::string(access->file) + ":" + std::to_string(access->line) + ": a " + access->type->name
      + " at an address that is not a multiple of "
      + std::to_string(1 << access->logOfAlignment) + " bytes");
}

// Memory as a card gives it, full of what is not a number: nothing may read what nobody wrote.
EXPORTED void* allocateMemory(int64_t bytes) {
  void* memory = aligned_alloc(256, (bytes + 511) / 256 * 256);
  memset(memory, 0xff, bytes);
  return memory;
}
EXPORTED void freeMemory(void* memory) { free(memory); }

namespace emulator {
struct Matrix {
  char* numbers;
  bool half, byColumns;
  int64_t lead, apart;

  explicit Matrix(const int64_t* m)
      : numbers(reinterpret_cast<char*>(m[0])), half(m[1]), byColumns(m[2]), lead(m[3]),
        apart(m[4]) {}
  size_t place(int64_t n, int64_t r, int64_t c) const {
    return n * apart + (byColumns ? c * lead + r : r * lead + c);
  }
  float get(size_t place) const {
    unsigned bits = 0;
    if (half) {
      memcpy(reinterpret_cast<char*>(&bits) + 2, numbers + 2 * place, 2);
    } else {
      memcpy(&bits, numbers + 4 * place, 4);
    }
    float x;
    memcpy(&x, &bits, 4);
    return x;
  }
  void put(size_t place, float x) {
    unsigned bits;
    memcpy(&bits, &x, 4);
    if (half) {
      unsigned short upper = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
      memcpy(numbers + 2 * place, &upper, 2);
    } else {
      memcpy(numbers + 4 * place, &bits, 4);
    }
  }
};
}  // namespace emulator

// A product of matrices, summed in double. p: a, b and out, each its address, whether of bfloat16,
// by columns, lead and distance to the next; then rows, terms, columns, count; bias, residual, relu.
EXPORTED void multiplyMatrices(const int64_t* p, float alpha, float beta) {
  emulator::Matrix a(p), b(p + 5), out(p + 10), residual(p + 10);
  int64_t rows = p[15], terms = p[16], columns = p[17], count = p[18];
  emulator::Matrix bias(p + 10);
  bias.numbers = reinterpret_cast<char*>(p[19]);
  residual.numbers = reinterpret_cast<char*>(p[20]);
  std::vector<double> sums(columns);
  for (int64_t n = 0; n < count; n++)
    for (int64_t r = 0; r < rows; r++) {
      sums.assign(columns, 0);
      for (int64_t k = 0; k < terms; k++) {
        double x = a.get(a.place(n, r, k));
        for (int64_t c = 0; c < columns; c++) sums[c] += x * b.get(b.place(n, k, c));
      }
      for (int64_t c = 0; c < columns; c++) {
        size_t place = out.place(n, r, c);
        double y = alpha * sums[c];
        if (beta != 0) y += beta * out.get(place);
        if (residual.numbers) y += residual.get(place);
        if (bias.numbers) y += bias.get(c);
        out.put(place, p[21] && y < 0 ? 0 : y);
      }
    }
}
