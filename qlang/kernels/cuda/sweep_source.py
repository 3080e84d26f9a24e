"""CUDA C of what a program is executed by: the sweep, its phase tables and the product state it begins with.

The text is written in stretches that every thread runs, `QLANG_THREADS { … }`, with `QLANG_BARRIER` between them and
nothing in a thread's registers living across; on a GPU the first is empty and the second is `__syncthreads()`. Loops
over registers are unrolled, so amplitudes stay in registers.
"""

SWEEP = r"""
// Spread the bits of a tile's number over the outer positions: a zero is inserted at each local one.
QLANG_INLINE u64 tile_base(u64 tile, const u64* __restrict__ inserts) {
    u64 base = tile << ROW_BITS;
#pragma unroll
    for (int i = 0; i < TILE_BITS - ROW_BITS; ++i) base += base & inserts[i];
    return base;
}

// Populations are counted slowly, so once for both halves.
QLANG_INLINE bool odd(u64 bits) { return __popc((u32)(bits ^ bits >> 32)) & 1; }

// Bit r: the parity of r & mask, for every r of the registers.
QLANG_INLINE u32 odd_registers(u32 mask) {
    static_assert(REGISTERS == 3, "one constant for each");
    return (mask & 1 ? 0xaau : 0u) ^ (mask & 2 ? 0xccu : 0u) ^ (mask & 4 ? 0xf0u : 0u);
}

QLANG_INLINE void multiply(Complex& a, Complex b) {
    const Real x = QLANG_FMA(a.x, b.x, -(a.y * b.y));
    a.y = QLANG_FMA(a.x, b.y, a.y * b.x);
    a.x = x;
}

// The phases of one group of amplitudes, one for each combination of the registers.
QLANG_INLINE void phases_of(const Pass& pass, const Phase* __restrict__ phases, const Complex* __restrict__ tables,
                            const Pattern* __restrict__ patterns, u64 tile, u32 group, Complex* __restrict__ factor) {
    Complex shared;
    shared.x = 1;
    shared.y = 0;
    for (int i = 0; i < pass.shared_count; ++i) {
        const Phase& phase = phases[pass.shared_phases + i];
        Complex value = tables[phase.table + group * phase.stride];
        if (odd(tile & phase.outer)) value.y = -value.y;
        multiply(shared, value);
    }
#pragma unroll
    for (int r = 0; r < GROUP; ++r) {
        factor[r] = tables[pass.factors + r];
        multiply(factor[r], shared);
    }
    for (int i = 0; i < pass.split_count; ++i) {
        const Phase& phase = phases[pass.split_phases + i];
        Complex value = tables[phase.table + group * phase.stride];
#if PATTERNS
        if (phase.pattern >= 0) {
            const Pattern& wanted = patterns[phase.pattern];
            if ((tile & phase.outer) != wanted.tile) continue;
#pragma unroll
            for (int r = 0; r < GROUP; ++r)
                if ((r & phase.registers) == wanted.registers) multiply(factor[r], value);
            continue;
        }
#endif
        if (odd(tile & phase.outer)) value.y = -value.y;
        const u32 conjugated = odd_registers(phase.registers);
#pragma unroll
        for (int r = 0; r < GROUP; ++r) {
            Complex signed_value = value;
            if (conjugated >> r & 1) signed_value.y = -value.y;
            multiply(factor[r], signed_value);
        }
    }
}

// One pass for one group: the 2^REGISTERS amplitudes of a group are loaded and stored by the same thread.
QLANG_INLINE void run_pass(const Pass& pass, const u32* __restrict__ words, const Phase* __restrict__ phases,
                           const Real* __restrict__ tangents, const Complex* __restrict__ tables,
                           const Pattern* __restrict__ patterns, u64 tile, u32 group, Complex* __restrict__ buffer) {
    u32 word = words[pass.words + (group & (LANES - 1))] ^ words[pass.words + LANES + group / LANES];
    u32 load = word & 0xffff;
    const u32 store = word >> 16;
#pragma unroll
    for (int i = 0; i < REGISTERS; ++i)
        if (odd(tile & pass.outer[i])) load ^= pass.toggles[i];
    Complex amplitude[GROUP];
#pragma unroll
    for (int r = 0; r < GROUP; ++r) {
        u32 address = load;
#pragma unroll
        for (int i = 0; i < REGISTERS; ++i)
            if (r >> i & 1) address ^= pass.load[i];
        amplitude[r] = buffer[address];
    }
    if (pass.factors >= 0) {
        Complex factor[GROUP];
        phases_of(pass, phases, tables, patterns, tile, group, factor);
#pragma unroll
        for (int r = 0; r < GROUP; ++r) multiply(amplitude[r], factor[r]);
    }
#pragma unroll
    for (int i = 0; i < REGISTERS; ++i) {
        if (pass.rotations[i] < 0) continue;
        const Real t = tangents[pass.rotations[i]];
#pragma unroll
        for (int r = 0; r < GROUP; ++r) {
            if (r >> i & 1) continue;
            Complex& a = amplitude[r];
            Complex& b = amplitude[r | 1 << i];
            const Complex old = a;
            a.x = QLANG_FMA(-t, b.x, a.x);
            a.y = QLANG_FMA(-t, b.y, a.y);
            b.x = QLANG_FMA(t, old.x, b.x);
            b.y = QLANG_FMA(t, old.y, b.y);
        }
    }
    u32 into[REGISTERS];  // read before anything is stored: afterwards it might have changed, for all a compiler knows
#pragma unroll
    for (int i = 0; i < REGISTERS; ++i) into[i] = pass.store[i];
#pragma unroll
    for (int r = 0; r < GROUP; ++r) {
        u32 address = store;
#pragma unroll
        for (int i = 0; i < REGISTERS; ++i)
            if (r >> i & 1) address ^= into[i];
        buffer[address] = amplitude[r];
    }
}

// A block gathers the tile `blockIdx.x` of batch item `blockIdx.y`, runs the passes and writes it back. The number of
// the device is the highest bits of the tile's, for what depends on it.
QLANG_KERNEL QLANG_BOUNDS(THREADS, MIN_BLOCKS) sweep(
    Stored* __restrict__ state, u64 item_size, u64 device_tiles, const u64* __restrict__ rows,
    const u64* __restrict__ inserts, const u32* __restrict__ swizzle, const Pass* __restrict__ passes, int first_pass,
    int pass_count, const u32* __restrict__ words, const Phase* __restrict__ phases, const Real* __restrict__ tangents,
    u64 tangent_count, const Complex* __restrict__ tables, u64 table_size, const Pattern* __restrict__ patterns,
    u64 pattern_count) {
    QLANG_SHARED_BUFFER(Complex, buffer);
    Pass* const own_passes = (Pass*)(buffer + TILE);  // every thread reads all of every pass
    const u64 item = blockIdx.y;
    const u64 tile = device_tiles | blockIdx.x;
    Stored* const base = state + item * item_size + tile_base(blockIdx.x, inserts);
    QLANG_THREADS {
        for (u32 word = threadIdx.x; word < pass_count * sizeof(Pass) / sizeof(u32); word += THREADS)
            ((u32*)own_passes)[word] = ((const u32*)(passes + first_pass))[word];
#pragma unroll 4
        for (u32 q = threadIdx.x; q < TILE / CHUNK; q += THREADS) {
            const u32 x = q * CHUNK;
            const Chunk chunk = *(const Chunk*)(base + rows[x >> ROW_BITS] + (x & (ROW - 1)));
            const u32 address = swizzle[x & (ROW - 1)] ^ swizzle[ROW + (x >> ROW_BITS)];
#pragma unroll
            for (int i = 0; i < CHUNK; ++i) buffer[address ^ swizzle[i]] = unpack(chunk.at[i]);
        }
    }
    QLANG_BARRIER;
    for (int p = 0; p < pass_count; ++p) {
        QLANG_THREADS {
#pragma unroll 1
            for (u32 group = threadIdx.x; group < TILE / GROUP; group += THREADS)
                run_pass(own_passes[p], words, phases, tangents + item * tangent_count,
                         tables + item * table_size, patterns + item * pattern_count, tile, group, buffer);
        }
        QLANG_BARRIER;
    }
    QLANG_THREADS {
#pragma unroll 4
        for (u32 q = threadIdx.x; q < TILE / CHUNK; q += THREADS) {
            const u32 x = q * CHUNK;
            const u32 address = swizzle[x & (ROW - 1)] ^ swizzle[ROW + (x >> ROW_BITS)];
            Chunk chunk;
#pragma unroll
            for (int i = 0; i < CHUNK; ++i) chunk.at[i] = pack(buffer[address ^ swizzle[i]]);
            write((Chunk*)(base + rows[x >> ROW_BITS] + (x & (ROW - 1))), chunk);
        }
    }
}
"""

TABLES = r"""
// Table `blockIdx.x` of batch item `blockIdx.y`: the exponential of a sum of terms, in float64 with the rounding of
// each addition kept (Neumaier 1974), so that many terms are as good as one.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) phase_tables(
    Complex* __restrict__ tables, u64 table_size, const Table* __restrict__ descriptions,
    const Term* __restrict__ terms, const double* __restrict__ angles, u64 angle_count,
    const double* __restrict__ scales, u64 scale_count, const Pattern* __restrict__ patterns, u64 pattern_count) {
    const u64 item = blockIdx.y;
    const Table table = descriptions[blockIdx.x];
    const double scale = table.scale < 0 ? 1.0 : scales[item * scale_count + table.scale];
    QLANG_THREADS {
        for (u32 entry = threadIdx.x; entry < 1u << table.bits; entry += READING_THREADS) {
            double sum = 0, lost = 0;
            for (int i = 0; i < table.count; ++i) {
                const Term term = terms[table.first + i];
                double angle = angles[item * angle_count + term.angle];
                if (term.pattern >= 0) {
                    const int wanted = patterns[item * pattern_count + term.pattern].entry;
                    angle = (int)(entry & term.mask) == wanted ? angle : 0.0;
                } else {
                    angle = __popc(entry & term.mask) & 1 ? 0.5 * angle : -0.5 * angle;
                }
                const double next = sum + angle;
                lost += fabs(sum) >= fabs(angle) ? (sum - next) + angle : (angle - next) + sum;
                sum = next;
            }
            double sine, cosine;
            sincos(sum + lost, &sine, &cosine);
            Complex value;
            value.x = (Real)(scale * cosine);
            value.y = (Real)(scale * sine);
            tables[item * table_size + table.offset + entry] = value;
        }
    }
}
"""

PRODUCT = r"""
// The product of `qubits` one-qubit states: factors[item][position][bit], real and imaginary part.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) product_state(
    Stored* __restrict__ state, u64 item_size, u64 first_index, const double* __restrict__ factors, int qubits) {
    const u64 item = blockIdx.y;
    const double* const own = factors + item * qubits * 4;
    QLANG_THREADS {
        const u64 local = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (local < item_size) {
            const u64 index = first_index + local;
            Complex value;
            value.x = 1;
            value.y = 0;
            for (int q = 0; q < qubits; ++q) {
                const double* const factor = own + 4 * q + 2 * (index >> q & 1);
                Complex step;
                step.x = (Real)factor[0];
                step.y = (Real)factor[1];
                multiply(value, step);
            }
            state[item * item_size + local] = pack(value);
        }
    }
}

// Wires join the first `size` amplitudes, which become `count` times as many: those times factors[item][k], for each k.
QLANG_KERNEL QLANG_BOUNDS(READING_THREADS, 1) join_state(
    Stored* __restrict__ state, u64 item_size, u64 size, const double* __restrict__ factors, int count) {
    const u64 item = blockIdx.y;
    const double* const own = factors + item * count * 2;
    QLANG_THREADS {
        const u64 local = (u64)blockIdx.x * READING_THREADS + threadIdx.x;
        if (local < size) {
            Stored* const first = state + item * item_size + local;
            const Complex held = unpack(*first);
            for (int k = 0; k < count; ++k) {
                Complex value = held, step;
                step.x = (Real)own[2 * k];
                step.y = (Real)own[2 * k + 1];
                multiply(value, step);
                first[k * size] = pack(value);
            }
        }
    }
}
"""
