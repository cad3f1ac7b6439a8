// out[first + j] = weights[first + j] (basis_j . a), a group a column

struct Params {
    length: u32,
    columns: u32,
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> basis: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> a: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let base = group.x * params.length;
    var sum = 0.0;
    for (var i = at.x; i < params.length; i += LANES) {
        sum += basis[base + i] * a[i];
    }
    let along = tree_sum(at.x, sum);
    if at.x == 0u {
        out[params.first + group.x] = weights[params.first + group.x] * along;
    }
}
