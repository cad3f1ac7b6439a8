// out[i] = a[i] - a[half + i]

struct Params {
    half: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.half);
    for (var i = begin + at.x; i < end; i += LANES) {
        out[i] = a[i] - a[params.half + i];
    }
}
