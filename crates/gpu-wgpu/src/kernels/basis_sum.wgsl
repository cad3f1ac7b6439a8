// out[i] = a[i] + sum_j basis_j[i] along[first + j]; with add, out[i] in place of a[i]

struct Params {
    length: u32,
    columns: u32,
    first: u32,
    add: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> basis: array<f32>;
@group(0) @binding(2) var<storage, read> along: array<f32>;
@group(0) @binding(3) var<storage, read> a: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    for (var i = begin + at.x; i < end; i += LANES) {
        var sum = 0.0;
        for (var j = 0u; j < params.columns; j++) {
            sum += basis[j * params.length + i] * along[params.first + j];
        }
        var base = a[i];
        if params.add == 1u {
            base = out[i];
        }
        out[i] = base + sum;
    }
}
