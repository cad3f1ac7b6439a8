// fresh = new - sum_k share_k kept_k, with new = point - before or, in part 1, the point itself

struct Params {
    length: u32,
    part: u32,
}

const SHARES: u32 = 24u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> point: array<f32>;
@group(0) @binding(2) var<storage, read> before: array<f32>;
@group(0) @binding(3) var<storage, read> kept: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> fresh: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    for (var i = begin + at.x; i < end; i += LANES) {
        var value = point[i];
        if params.part == 0u {
            value -= before[i];
        }
        for (var k = 0u; k < MEMORY; k++) {
            let share = state[SHARES + k];
            if share != 0.0 {
                value -= share * kept[k * params.length + i];
            }
        }
        fresh[i] = value;
    }
}
