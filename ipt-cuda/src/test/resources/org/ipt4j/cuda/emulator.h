// Runs kernels on a processor: the threads of a block are fibers that take turns between barriers.
#pragma once
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
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
template <class... A>
Kernel caller(void (*function)(A...)) {
  return {reinterpret_cast<void*>(function), [](void* f, void** arguments) {
            callWith(
                reinterpret_cast<void (*)(A...)>(f), arguments, std::index_sequence_for<A...>());
          }};
}

inline std::vector<float4> sharedMemory;

enum State { READY, AT_BLOCK, AT_WARP, DONE };
struct Fiber {
  ucontext_t start;
  jmp_buf here;
  bool begun = false;
  State state = READY;
  Three index;
  unsigned turn = 0; // of warp exchanges
  std::vector<char> stack = std::vector<char>(256 * 1024);
};
struct Exchange {
  char numbers[2][32][64];
};
inline std::vector<Fiber*> pool;
inline std::vector<Exchange> exchanges;
inline int current, count;
inline jmp_buf scheduler;
inline ucontext_t schedulerContext;
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
  running.call(running.function, runningArguments);
  pool[current]->state = DONE;
  _longjmp(scheduler, 1);
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
inline void runBlock() {
  int warps = (count + 31) / 32;
  exchanges.resize(warps);
  while ((int)pool.size() < count) pool.push_back(new Fiber());
  for (int i = 0; i < count; i++) {
    Fiber& fiber = *pool[i];
    fiber.begun = false;
    fiber.state = READY;
    fiber.turn = 0;
    fiber.index.x = i % blockDim.x;
    fiber.index.y = i / blockDim.x % blockDim.y;
    fiber.index.z = i / blockDim.x / blockDim.y;
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = fiber.stack.data();
    fiber.start.uc_stack.ss_size = fiber.stack.size();
    fiber.start.uc_link = nullptr;
    makecontext(&fiber.start, body, 0);
  }
  for (;;) {
    bool progress = false, all = true, blocked = true;
    for (int warp = 0; warp < warps; warp++) {
      int end = warp * 32 + 32 < count ? warp * 32 + 32 : count;
      bool waiting = true, some = false;
      for (int i = warp * 32; i < end; i++) {
        if (pool[i]->state == READY) {
          resume(i);
          progress = true;
        }
      }
      for (int i = warp * 32; i < end; i++) {
        State state = pool[i]->state;
        all &= state == DONE;
        blocked &= state == DONE || state == AT_BLOCK;
        waiting &= state == AT_WARP;
        some = true;
      }
      if (waiting && some) {
        for (int i = warp * 32; i < end; i++) pool[i]->state = READY;
        progress = true;
      }
    }
    if (all) return;
    if (blocked) {
      for (int i = 0; i < count; i++)
        if (pool[i]->state == AT_BLOCK) pool[i]->state = READY;
    } else if (!progress) {
      fprintf(stderr, "some threads of a block wait at a barrier that others never reach\n");
      abort();
    }
  }
}
inline void run(
    const char* name, Three grid, Three block, size_t shared, void** arguments) {
  running = kernels().at(name);
  runningArguments = arguments;
  gridDim = grid;
  blockDim = block;
  count = block.x * block.y * block.z;
  sharedMemory.assign(shared / 16 + 1, {NAN, NAN, NAN, NAN});
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx.x = x;
        blockIdx.y = y;
        blockIdx.z = z;
        runBlock();
      }
}
}  // namespace emulator

inline void __syncthreads() { emulator::wait(emulator::AT_BLOCK); }

// All 32 lanes' numbers, to each lane.
inline void warpExchange(const void* own, size_t size, void* all) {
  using namespace emulator;
  int lane = linear() % 32, warp = linear() / 32;
  auto& numbers = exchanges[warp].numbers[pool[current]->turn++ % 2];
  memcpy(numbers[lane], own, size);
  wait(AT_WARP);
  for (int i = 0; i < 32; i++) memcpy(static_cast<char*>(all) + i * size, numbers[i], size);
}
inline void __syncwarp(unsigned = 0xffffffffu) {
  char own = 0, all[32];
  warpExchange(&own, 1, all);
}
template <class T>
T __shfl_sync(unsigned, T x, int lane) {
  T all[32];
  warpExchange(&x, sizeof x, all);
  return all[lane % 32];
}
template <class T>
T __shfl_xor_sync(unsigned, T x, int mask) {
  T all[32];
  int lane = emulator::linear() % 32;
  warpExchange(&x, sizeof x, all);
  return all[lane ^ mask];
}
template <class T>
T __shfl_down_sync(unsigned, T x, int by) {
  T all[32];
  int lane = emulator::linear() % 32;
  warpExchange(&x, sizeof x, all);
  return lane + by < 32 ? all[lane + by] : x;
}
inline int __any_sync(unsigned, int predicate) {
  char own = predicate != 0, all[32];
  warpExchange(&own, 1, all);
  for (char one : all)
    if (one) return 1;
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

// What the tests call; 0 if there is no such kernel.
extern "C" int emulate(
    const char* name, int gx, int gy, int gz, int bx, int by, int bz, int64_t shared,
    void** arguments) {
  Three grid, block;
  grid.x = gx, grid.y = gy, grid.z = gz;
  block.x = bx, block.y = by, block.z = bz;
  if (!emulator::kernels().count(name)) return 0;
  emulator::run(name, grid, block, shared, arguments);
  return 1;
}
