// p = tau e_ib row_i . u_b, with e = 1 where mask bit (i, b mod patterns) is set, else -1;
// z += alpha (p - max(z, 0)): the cone copy is v = max(z, 0).
// parts[q, i, c] = sums over the columns of unit c, 32 each, of p^2, v^2, (p - v)^2, (v - v before)^2, (z - v)^2

struct Params {
    rows: u32,
    first: u32,
    samples: u32,
    blocks: u32,
    patterns: u32,
    words: u32,
    depth: u32,
    stride: u32,
    units: u32,
    tau: f32,
    alpha: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> z: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

var<workgroup> terms: array<f32, TILE * SIDE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let row0 = group.x * TILE;
    let block0 = group.y * TILE;
    var images = array<vec4<f32>, 4>();
    for (var depth0 = 0u; depth0 < params.depth; depth0 += DEPTH) {
        workgroupBarrier();
        for (var s = lane; s < TILE * DEPTH; s += SIDE * SIDE) {
            let d = depth0 + s % DEPTH;
            let row = row0 + s / DEPTH;
            let block = block0 + s / DEPTH;
            var of_row = vec4<f32>(0.0);
            var of_block = vec4<f32>(0.0);
            if d < params.depth {
                if row < params.rows {
                    of_row = data[row * params.depth + d];
                }
                if block < params.blocks {
                    of_block = u[block * params.depth + d];
                }
            }
            left[s] = of_row;
            right[s] = of_block;
        }
        workgroupBarrier();
        multiply(at, &images);
    }
    // squares[q][i]: the quantity q of an invocation's row i, over its four columns
    var squares = array<vec4<f32>, 5>();
    for (var i = 0u; i < HELD; i++) {
        let row = row0 + at.y * HELD + i;
        for (var j = 0u; j < HELD; j++) {
            let block = block0 + at.x * HELD + j;
            if row < params.rows && block < params.blocks {
                let sample = params.first + row;
                let pattern = block % params.patterns;
                let word = bits[sample * params.words + pattern / 32u];
                let is_open = ((word >> (pattern % 32u)) & 1u) == 1u;
                let p = select(-params.tau, params.tau, is_open) * images[i][j];
                let before = z[sample * params.stride + block];
                let v_before = max(before, 0.0);
                let after = before + params.alpha * (p - v_before);
                let v = max(after, 0.0);
                z[sample * params.stride + block] = after;
                squares[0][i] += p * p;
                squares[1][i] += v * v;
                squares[2][i] += (p - v) * (p - v);
                squares[3][i] += (v - v_before) * (v - v_before);
                squares[4][i] += (after - v) * (after - v);
            }
        }
    }
    let units_here = TILE / UNIT;
    let lanes_of_one = UNIT / HELD;
    for (var q = 0u; q < 5u; q++) {
        workgroupBarrier();
        for (var i = 0u; i < HELD; i++) {
            terms[(at.y * HELD + i) * SIDE + at.x] = squares[q][i];
        }
        workgroupBarrier();
        for (var s = lane; s < TILE * units_here; s += SIDE * SIDE) {
            let row = row0 + s / units_here;
            let unit = s % units_here;
            let to = block0 / UNIT + unit;
            if row < params.rows && to < params.units {
                var sum = 0.0;
                for (var j = 0u; j < lanes_of_one; j++) {
                    sum += terms[(s / units_here) * SIDE + unit * lanes_of_one + j];
                }
                parts[(q * params.samples + params.first + row) * params.units + to] = sum;
            }
        }
    }
}
