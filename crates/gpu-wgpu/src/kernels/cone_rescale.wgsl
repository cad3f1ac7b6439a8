// z = max(z, 0) + min(z, 0) / factor: a new penalty parameter with the subgradient kept

struct Params {
    length: u32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    for (var i = begin + at.x; i < end; i += LANES) {
        z[i] = max(z[i], 0.0) + min(z[i], 0.0) / params.factor;
    }
}
