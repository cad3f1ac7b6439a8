// z = row_i . g_j;  bit (i, j) of bits = z >= 0;  of doubts = |z| <= reach_i, or z is no number

struct Params {
    rows: u32,
    first: u32,
    columns: u32,
    words: u32,
    depth: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gates: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> reach: array<f32>;
@group(0) @binding(4) var<storage, read_write> bits: array<u32>;
@group(0) @binding(5) var<storage, read_write> doubts: array<u32>;

var<workgroup> open_here: array<u32, TILE * SIDE>;
var<workgroup> doubtful: array<u32, TILE * SIDE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let row0 = group.x * TILE;
    let column0 = group.y * TILE;
    var images = array<vec4<f32>, 4>();
    for (var depth0 = 0u; depth0 < params.depth; depth0 += DEPTH) {
        workgroupBarrier();
        for (var s = lane; s < TILE * DEPTH; s += SIDE * SIDE) {
            let d = depth0 + s % DEPTH;
            let row = row0 + s / DEPTH;
            let column = column0 + s / DEPTH;
            var of_row = vec4<f32>(0.0);
            var of_column = vec4<f32>(0.0);
            if d < params.depth {
                if row < params.rows {
                    of_row = data[row * params.depth + d];
                }
                if column < params.columns {
                    of_column = gates[column * params.depth + d];
                }
            }
            left[s] = of_row;
            right[s] = of_column;
        }
        workgroupBarrier();
        multiply(at, &images);
    }
    for (var i = 0u; i < HELD; i++) {
        let row = row0 + at.y * HELD + i;
        var near = 0.0;
        if row < params.rows {
            near = reach[params.first + row];
        }
        var open = 0u;
        var doubt = 0u;
        for (var j = 0u; j < HELD; j++) {
            let column = column0 + at.x * HELD + j;
            if column < params.columns {
                let z = images[i][j];
                open |= select(0u, 1u << j, z >= 0.0);
                // a comparison with what is no number is false
                let is_sure = abs(z) > near && abs(z) < 3e38;
                doubt |= select(1u << j, 0u, is_sure);
            }
        }
        let to = (at.y * HELD + i) * SIDE + at.x;
        open_here[to] = open;
        doubtful[to] = doubt;
    }
    workgroupBarrier();
    // a word of bits is eight quadruples of columns
    let words_here = TILE / 32u;
    for (var s = lane; s < TILE * words_here; s += SIDE * SIDE) {
        let row = row0 + s / words_here;
        let word = s % words_here;
        if row < params.rows && column0 / 32u + word < params.words {
            var open = 0u;
            var doubt = 0u;
            for (var j = 0u; j < 8u; j++) {
                let which = (s / words_here) * SIDE + word * 8u + j;
                open |= open_here[which] << (4u * j);
                doubt |= doubtful[which] << (4u * j);
            }
            let to = (params.first + row) * params.words + column0 / 32u + word;
            bits[to] = open;
            doubts[to] = doubt;
        }
    }
}
