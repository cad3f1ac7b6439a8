// A block of numbers a group: z += alpha (u - v);  v = max(0, 1 - threshold / |z|) z;  w = 2 v - z;
// parts[q, b] = sums of u^2, v^2, (u - v)^2, (v - v before)^2, (z - v)^2

struct Params {
    wide: u32,
    blocks: u32,
    alpha: f32,
    threshold: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read_write> w: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * params.wide;
    let end = begin + params.wide;
    var square = 0.0;
    for (var i = begin + at.x; i < end; i += LANES) {
        let after = z[i] + params.alpha * (u[i] - v[i]);
        z[i] = after;
        square += after * after;
    }
    let size = sqrt(tree_sum(at.x, square));
    var factor = 0.0;
    if size > params.threshold {
        factor = 1.0 - params.threshold / size;
    }
    var sums = array<f32, 5>();
    for (var i = begin + at.x; i < end; i += LANES) {
        let before = v[i];
        let after = factor * z[i];
        v[i] = after;
        w[i] = 2.0 * after - z[i];
        sums[0] += u[i] * u[i];
        sums[1] += after * after;
        sums[2] += (u[i] - after) * (u[i] - after);
        sums[3] += (after - before) * (after - before);
        sums[4] += (z[i] - after) * (z[i] - after);
    }
    for (var q = 0u; q < 5u; q++) {
        let sum = tree_sum(at.x, sums[q]);
        if at.x == 0u {
            parts[q * params.blocks + group.x] = sum;
        }
    }
}
