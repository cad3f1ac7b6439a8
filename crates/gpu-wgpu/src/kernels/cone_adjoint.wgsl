// parts[c, b] = sum over the rows i of chunk c of e_ib |z_ib| row_i, with e = 1 where mask bit (i, b mod patterns) is
// set, else -1: |z| = 2 max(z, 0) - z is the reflected cone copy

struct Params {
    rows: u32,
    first: u32,
    blocks: u32,
    patterns: u32,
    words: u32,
    depth: u32,
    stride: u32,
    chunk: u32,
    first_chunk: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> z: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<vec4<f32>>;

var<workgroup> rows_here: array<vec4<f32>, ROWS * SIDE>;
var<workgroup> shares: array<f32, ROWS * TILE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let block0 = group.x * TILE;
    let depth0 = group.y * SIDE;
    let begin = group.z * params.chunk;
    let end = min(begin + params.chunk, params.rows);
    var sums = array<vec4<f32>, 4>();
    for (var row0 = begin; row0 < end; row0 += ROWS) {
        workgroupBarrier();
        for (var s = lane; s < ROWS * SIDE; s += SIDE * SIDE) {
            let row = row0 + s / SIDE;
            let d = depth0 + s % SIDE;
            var of_row = vec4<f32>(0.0);
            if row < end && d < params.depth {
                of_row = data[row * params.depth + d];
            }
            rows_here[s] = of_row;
        }
        for (var s = lane; s < ROWS * TILE; s += SIDE * SIDE) {
            let row = row0 + s / TILE;
            let block = block0 + s % TILE;
            var share = 0.0;
            if row < end && block < params.blocks {
                let sample = params.first + row;
                let pattern = block % params.patterns;
                let word = bits[sample * params.words + pattern / 32u];
                let size = abs(z[sample * params.stride + block]);
                share = select(-size, size, ((word >> (pattern % 32u)) & 1u) == 1u);
            }
            shares[s] = share;
        }
        workgroupBarrier();
        for (var i = 0u; i < ROWS; i++) {
            let row = rows_here[i * SIDE + at.x];
            let first = i * TILE + at.y * HELD;
            sums[0] += shares[first] * row;
            sums[1] += shares[first + 1u] * row;
            sums[2] += shares[first + 2u] * row;
            sums[3] += shares[first + 3u] * row;
        }
    }
    let d = depth0 + at.x;
    for (var j = 0u; j < HELD; j++) {
        let block = block0 + at.y * HELD + j;
        if block < params.blocks && d < params.depth {
            let chunk = params.first_chunk + group.z;
            parts[(chunk * params.blocks + block) * params.depth + d] = sums[j];
        }
    }
}
