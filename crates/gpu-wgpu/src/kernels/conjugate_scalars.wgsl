// The numbers of a conjugate descent, by one group.
// state: 1, turn, moved, step, last, square, free, count, next, slot, sound, along, free, whole,
//        size, then MEMORY curvatures and MEMORY shares
// part 0 and 1: the shares of the kept directions; part 2: the step along the fresh one

struct Params {
    part: u32,
    blocks: u32,
    rounding: f32,
    finest: f32,
}

const COUNT: u32 = 7u;
const NEXT: u32 = 8u;
const SLOT: u32 = 9u;
const SOUND: u32 = 10u;
const ALONG: u32 = 11u;
const WHOLE: u32 = 13u;
const SIZE: u32 = 14u;
const CURVATURES: u32 = 16u;
const SHARES: u32 = 24u;
const SUMS: u32 = MEMORY + 2u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>) {
    var sums = array<f32, SUMS>();
    for (var k = 0u; k < SUMS; k++) {
        var sum = 0.0;
        for (var w = at.x; w < params.blocks; w += LANES) {
            sum += parts[w * SUMS + k];
        }
        sums[k] = tree_sum(at.x, sum);
    }
    if at.x != 0u {
        return;
    }
    if params.part < 2u {
        for (var k = 0u; k < MEMORY; k++) {
            var share = 0.0;
            if f32(k) < state[COUNT] {
                share = sums[k] / state[CURVATURES + k];
            }
            state[SHARES + k] = share;
        }
        state[WHOLE] = sums[MEMORY];
        state[SIZE] = sums[MEMORY + 1u];
        return;
    }
    let curvature = sums[MEMORY];
    let along = -sums[MEMORY + 1u] / curvature;
    let least = max(params.rounding * state[WHOLE], params.finest * state[SIZE]);
    // not so for NaN
    if curvature > least && abs(along) < 3e38 {
        let slot = state[NEXT];
        state[SLOT] = slot;
        state[CURVATURES + u32(slot)] = curvature;
        state[NEXT] = select(slot + 1.0, 0.0, slot + 1.0 >= f32(MEMORY));
        state[COUNT] = min(state[COUNT] + 1.0, f32(MEMORY));
        state[SOUND] = 1.0;
        state[ALONG] = along;
        
    } else {
        state[NEXT] = 0.0;
        state[COUNT] = 0.0;
        state[SOUND] = 0.0;

    }
}
