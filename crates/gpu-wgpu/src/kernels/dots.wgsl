// parts[at + 2 w] = a . b, parts[at + 2 w + 1] = a . a over block w of the numbers

struct Params {
    length: u32,
    at: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    var across = 0.0;
    var square = 0.0;
    for (var i = begin + at.x; i < end; i += LANES) {
        across += a[i] * b[i];
        square += a[i] * a[i];
    }
    let first = tree_sum(at.x, across);
    let second = tree_sum(at.x, square);
    if at.x == 0u {
        parts[params.at + 2u * group.x] = first;
        parts[params.at + 2u * group.x + 1u] = second;
    }
}
