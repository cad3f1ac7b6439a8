// point = before + along fresh, and fresh is kept; where it is not sound the point stays

struct Params {
    length: u32,
}

const SLOT: u32 = 9u;
const SOUND: u32 = 10u;
const ALONG: u32 = 11u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> before: array<f32>;
@group(0) @binding(2) var<storage, read> fresh: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> kept: array<f32>;
@group(0) @binding(5) var<storage, read_write> point: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    if state[SOUND] == 0.0 {
        return;
    }
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    let base = u32(state[SLOT]) * params.length;
    let along = state[ALONG];
    for (var i = begin + at.x; i < end; i += LANES) {
        kept[base + i] = fresh[i];
        point[i] = before[i] + along * fresh[i];
    }
}
