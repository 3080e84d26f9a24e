// What the instrumented kernels of `checker.hpp` call: threads as contexts, and a record of who touched which word.
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

struct EmulatedIndex { unsigned x = 0, y = 0, z = 0; };
EmulatedIndex threadIdx, blockIdx, blockDim, gridDim;
constexpr size_t SHARED_BYTES = 1 << 18, STACK_BYTES = 1 << 16;
alignas(64) unsigned char qlang_shared[SHARED_BYTES];
// Of this library, whose constants and globals kernels may touch.
extern "C" __attribute__((visibility("hidden"))) char __ehdr_start, _end;

namespace {

constexpr int NOBODY = -1, SEVERAL = -2;
struct Access { int block = NOBODY, interval = 0, thread = 0; };
struct Word { Access write, read; };
struct Array { uintptr_t begin, end; std::vector<Word> words; };

std::vector<Array> arrays;
std::vector<Word> shared;
std::vector<unsigned char> stacks;
std::string report;  // empty, or the first thing that is wrong
size_t shared_bytes;
int block, interval;
bool watching;
size_t counted_bytes;

// Of each access of a warp to shared memory the words that its threads want: what a real one serves together.
struct Request { uintptr_t word; unsigned size; };
std::map<std::pair<void*, int>, std::vector<Request>> warp;
std::map<void*, int> turn;
long long served, ideal;

constexpr int ENDED = 0;
struct Thread { ucontext_t context; int waits_at; };
std::vector<Thread> threads;
ucontext_t scheduler;
unsigned current;
void (*body)();

// Says what is wrong, and leaves the kernel: what it does next may be anything.
void complain(const char* what, const char* where, size_t at, Access other) {
    char line[256];
    snprintf(line, sizeof line, "%s: %s %zu, thread %u of block %d after %d barriers", what, where, at, current, block,
             interval);
    report = line;
    if (other.block != NOBODY) {
        snprintf(line, sizeof line, "; before, thread %d of block %d after %d (%d: several)", other.thread, other.block,
                 other.interval, SEVERAL);
        report += line;
    }
    swapcontext(&threads[current].context, &scheduler);
}

bool meets(const Access& other) {
    if (other.block == NOBODY) return false;
    if (other.block != block) return true;
    return other.interval == interval && other.thread != (int)current;
}

void note(Access& held) {
    const Access now{block, interval, (int)current};
    if (held.block == NOBODY || (held.block == block && held.interval != interval)) held = now;
    else if (held.block != block) held.block = SEVERAL;
    else if (held.thread != (int)current) held.thread = SEVERAL;
}

void touch(Word& word, bool write, bool own, const char* where, size_t at) {
    if (meets(word.write)) complain(write ? "two writes" : "read of what is written", where, at, word.write);
    if (write && meets(word.read)) complain("write of what is read", where, at, word.read);
    if (!write && own && word.write.block == NOBODY) complain("read of what was never written", where, at, word.write);
    if (write) word.write = {block, interval, (int)current};
    else note(word.read);
}

void seen(const void* address, size_t size, bool write, void* site) {
    if (!watching) return;
    const uintptr_t at = (uintptr_t)address, end = at + size;
    const uintptr_t begin = (uintptr_t)qlang_shared;
    const bool crooked = size <= 16 && !(size & size - 1) && at % size;
    if (at >= begin && at < begin + SHARED_BYTES) {
        if (crooked) complain("no multiple of its size", "byte", at - begin, {});
        if (end > begin + shared_bytes) return complain("outside of shared memory", "byte", at - begin, {});
        if (at - begin < counted_bytes) warp[{site, turn[site]++}].push_back({(at - begin) / 4, (unsigned)size / 4});
        for (uintptr_t byte = at & ~(uintptr_t)3; byte < end; byte += 4)
            touch(shared[(byte - begin) / 4], write, true, "shared", (byte - begin) / 4);
        return;
    }
    for (size_t number = 0; number < arrays.size(); ++number) {
        Array& array = arrays[number];
        if (at < array.begin || end > array.end) continue;
        char name[32];
        snprintf(name, sizeof name, "array %zu", number);
        if (crooked) complain("no multiple of its size", name, at - array.begin, {});
        for (uintptr_t byte = at & ~(uintptr_t)3; byte < end; byte += 4)
            touch(array.words[(byte - array.begin) / 4], write, false, name, (byte - array.begin) / 4);
        return;
    }
    const bool stack = at >= (uintptr_t)stacks.data() && end <= (uintptr_t)stacks.data() + stacks.size();
    const bool own = at >= (uintptr_t)&__ehdr_start && end <= (uintptr_t)&_end;
    if (!stack && !own) complain(write ? "write outside of all arrays" : "read outside of all arrays", "byte", at, {});
}

// Wavefronts of the requests of a warp: 128 bytes at a time, each bank once for each word of it that is wanted.
void count_wavefronts() {
    for (auto& [key, wanted] : warp) {
        const unsigned together = wanted[0].size ? 32 / wanted[0].size : 32;  // threads whose words make 128 bytes
        for (size_t first = 0; first < wanted.size(); first += together) {
            std::map<unsigned, std::map<uintptr_t, int>> banks;
            for (size_t k = first; k < wanted.size() && k < first + together; ++k)
                for (unsigned word = 0; word < wanted[k].size; ++word)
                    banks[(wanted[k].word + word) % 32][wanted[k].word + word] = 1;
            size_t most = 0;
            for (auto& [bank, words] : banks) most = words.size() > most ? words.size() : most;
            served += most;
            ideal += 1;
        }
    }
    warp.clear();
}

void enter() {
    body();
    threads[current].waits_at = ENDED;
    swapcontext(&threads[current].context, &scheduler);
}

// Lets every thread go on to its next barrier, in an order that is given; whether some are at one.
bool step(unsigned stride) {
    const unsigned count = blockDim.x;
    bool mixed = false;
    for (unsigned k = 0; k < count; ++k) {
        current = k * stride & (count - 1);
        if (threads[current].waits_at == ENDED && interval) continue;
        threadIdx.x = current;
        turn.clear();
        swapcontext(&scheduler, &threads[current].context);
        if (!report.empty()) return false;
        if (k % 32 == 31) count_wavefronts();
    }
    count_wavefronts();
    for (unsigned k = 0; k < count; ++k) mixed |= threads[k].waits_at != threads[0].waits_at;
    if (mixed) report = "a barrier that not all threads reach";
    ++interval;
    return !mixed && threads[0].waits_at != ENDED;
}

}  // namespace

void qlang_barrier(int line) {
    threads[current].waits_at = line;
    swapcontext(&threads[current].context, &scheduler);
}

// Runs a kernel, block after block; returns what is wrong with it, empty if nothing. Conflicts of banks are counted in
// the first `counted` bytes of shared memory.
extern "C" const char* qlang_launch(void (*kernel)(), unsigned grid_x, unsigned grid_y, unsigned count, size_t bytes,
                                    unsigned stride, int passed, const uintptr_t* begins, const uintptr_t* sizes,
                                    size_t counted) {
    body = kernel;
    gridDim.x = grid_x, gridDim.y = grid_y, blockDim.x = count;
    shared_bytes = bytes, counted_bytes = counted;
    report.clear();
    arrays.clear();
    for (int k = 0; k < passed; ++k)
        arrays.push_back({begins[k], begins[k] + sizes[k], std::vector<Word>(sizes[k] / 4 + 1)});
    stacks.resize(STACK_BYTES * count);
    threads.resize(count);
    const long long blocks = (long long)grid_x * grid_y;
    for (long long number = 0; number < blocks && report.empty(); ++number) {
        block = (int)(stride == 1 ? number : blocks - 1 - number);
        blockIdx.x = block % grid_x, blockIdx.y = block / grid_x;
        shared.assign((bytes + 3) / 4, Word());
        memset(qlang_shared, 0xee, sizeof qlang_shared);
        for (unsigned k = 0; k < count; ++k) {
            getcontext(&threads[k].context);
            threads[k].context.uc_stack.ss_sp = stacks.data() + STACK_BYTES * k;
            threads[k].context.uc_stack.ss_size = STACK_BYTES;
            threads[k].context.uc_link = &scheduler;
            makecontext(&threads[k].context, enter, 0);
        }
        interval = 0;
        watching = true;
        while (step(stride)) {}
        watching = false;
    }
    return report.c_str();
}

// Wavefronts that shared memory took since the start, and how many it would have without conflicts of banks.
extern "C" void qlang_wavefronts(long long* both) { both[0] = served, both[1] = ideal; }

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
#define QLANG_SEEN(size)                                                                                              \
    void __tsan_read##size(void* at) { seen(at, size, false, __builtin_return_address(0)); }                          \
    void __tsan_write##size(void* at) { seen(at, size, true, __builtin_return_address(0)); }                          \
    void __tsan_unaligned_read##size(void* at) { seen(at, size, false, __builtin_return_address(0)); }                \
    void __tsan_unaligned_write##size(void* at) { seen(at, size, true, __builtin_return_address(0)); }
QLANG_SEEN(1) QLANG_SEEN(2) QLANG_SEEN(4) QLANG_SEEN(8) QLANG_SEEN(16)
void __tsan_read_range(void* at, unsigned long size) { seen(at, size, false, __builtin_return_address(0)); }
void __tsan_write_range(void* at, unsigned long size) { seen(at, size, true, __builtin_return_address(0)); }
}
