// out[i] = a[i] / (diagonal[i] + shift), 0 where that is not above 0

struct Params {
    length: u32,
    shift: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> diagonal: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    for (var i = begin + at.x; i < end; i += LANES) {
        let entry = diagonal[i] + params.shift;
        var scaled = 0.0;
        if entry > 0.0 {
            scaled = a[i] / entry;
        }
        out[i] = scaled;
    }
}
