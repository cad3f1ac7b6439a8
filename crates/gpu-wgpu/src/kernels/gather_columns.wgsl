// out[j] = in[index[j]], columns of depth quadruples

struct Params {
    quadruples: u32,
    depth: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.quadruples);
    for (var s = begin + at.x; s < end; s += LANES) {
        let column = s / params.depth;
        out[s] = source[index[column] * params.depth + s % params.depth];
    }
}
