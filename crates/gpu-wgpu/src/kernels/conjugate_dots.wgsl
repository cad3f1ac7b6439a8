// Parts of inner products in the Hessian, image . image + weight x . x, of blocks of numbers:
// part 0: new = point - before with every kept direction, with itself, and before with itself
// part 1: point with every kept direction
// part 2: fresh with itself and with before

struct Params {
    length: u32,
    misfit_at: u32,
    part: u32,
    weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> point: array<f32>;
@group(0) @binding(2) var<storage, read> before: array<f32>;
@group(0) @binding(3) var<storage, read> kept: array<f32>;
@group(0) @binding(4) var<storage, read> fresh: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

const SUMS: u32 = MEMORY + 2u;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let begin = group.x * BLOCK;
    let end = min(begin + BLOCK, params.length);
    var sums = array<f32, SUMS>();
    for (var i = begin + at.x; i < end; i += LANES) {
        let weight = select(1.0, params.weight, i < params.misfit_at);
        if params.part == 2u {
            sums[MEMORY] += weight * fresh[i] * fresh[i];
            sums[MEMORY + 1u] += weight * fresh[i] * before[i];
        } else {
            var value = point[i];
            if params.part == 0u {
                value -= before[i];
            }
            for (var k = 0u; k < MEMORY; k++) {
                sums[k] += weight * kept[k * params.length + i] * value;
            }
            sums[MEMORY] += weight * value * value;
            sums[MEMORY + 1u] += weight * before[i] * before[i];
        }
    }
    for (var k = 0u; k < SUMS; k++) {
        let sum = tree_sum(at.x, sums[k]);
        if at.x == 0u {
            parts[group.x * SUMS + k] = sum;
        }
    }
}
