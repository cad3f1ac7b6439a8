// out[i] = keep state[keep_at] out[i] + add state[add_at] a[i]; state[0] is 1

struct Params {
    length: u32,
    keep_at: u32,
    add_at: u32,
    keep: f32,
    add: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    let add = params.add * state[params.add_at];
    if params.keep == 0.0 {
        for (var i = begin + at.x; i < end; i += LANES) {
            out[i] = add * a[i];
        }
        return;
    }
    let keep = params.keep * state[params.keep_at];
    for (var i = begin + at.x; i < end; i += LANES) {
        out[i] = keep * out[i] + add * a[i];
    }
}
