// out[i] = scale * sum_c parts[c, i] + shift * base[i]

struct Params {
    length: u32,
    count: u32,
    scale: f32,
    shift: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> base: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    for (var i = begin + at.x; i < end; i += LANES) {
        var sum = 0.0;
        for (var c = 0u; c < params.count; c++) {
            sum += parts[c * params.length + i];
        }
        sum *= params.scale;
        if params.shift != 0.0 {
            sum += params.shift * base[i];
        }
        out[i] = sum;
    }
}
