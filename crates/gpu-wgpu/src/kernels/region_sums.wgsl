// out[at + r groups + g] = the sum over block g, of `block` numbers, of region r, of `length` numbers

struct Params {
    length: u32,
    block: u32,
    at: u32,
    groups: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * params.block;
    let end = min(begin + params.block, params.length);
    let region = group.y * params.length;
    var sum = 0.0;
    for (var i = begin + at.x; i < end; i += LANES) {
        sum += a[region + i];
    }
    let whole = tree_sum(at.x, sum);
    if at.x == 0u {
        out[params.at + group.y * params.groups + group.x] = whole;
    }
}
