// z = row_i . u_j;  bit (i, j) = z > 0;  parts[c, k, j] = sum over the rows i of chunk c of
//                                                         theta[k, i] max(z, 0)

struct Params {
    rows: u32,
    first: u32,
    samples: u32,
    columns: u32,
    words: u32,
    depth: u32,
    outputs: u32,
    chunk: u32,
    first_chunk: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> theta: array<f32>;
@group(0) @binding(4) var<storage, read_write> bits: array<u32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

var<workgroup> opened: array<f32, TILE * TILE>;
var<workgroup> nibbles: array<u32, TILE * SIDE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let column0 = group.x * TILE;
    let begin = group.y * params.chunk;
    let end = min(begin + params.chunk, params.rows);
    let out = (params.first_chunk + group.y) * params.outputs * params.columns;
    for (var row0 = begin; row0 < end; row0 += TILE) {
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
                    if row < end {
                        of_row = data[row * params.depth + d];
                    }
                    if column < params.columns {
                        of_column = u[column * params.depth + d];
                    }
                }
                left[s] = of_row;
                right[s] = of_column;
            }
            workgroupBarrier();
            multiply(at, &images);
        }
        for (var i = 0u; i < HELD; i++) {
            let image = images[i];
            let to = (at.y * HELD + i) * TILE + at.x * HELD;
            nibbles[(at.y * HELD + i) * SIDE + at.x] = positive(image);
            for (var j = 0u; j < HELD; j++) {
                opened[to + j] = max(image[j], 0.0);
            }
        }
        workgroupBarrier();
        // a word of bits is eight quadruples of columns
        let words_here = TILE / 32u;
        for (var s = lane; s < TILE * words_here; s += SIDE * SIDE) {
            let row = row0 + s / words_here;
            let word = s % words_here;
            if row < end && column0 / 32u + word < params.words {
                var packed = 0u;
                for (var j = 0u; j < 8u; j++) {
                    packed |= nibbles[(s / words_here) * SIDE + word * 8u + j] << (4u * j);
                }
                bits[(params.first + row) * params.words + column0 / 32u + word] = packed;
            }
        }
        for (var s = lane; s < TILE * params.outputs; s += SIDE * SIDE) {
            let column = column0 + s % TILE;
            let k = s / TILE;
            if column < params.columns {
                let to = out + k * params.columns + column;
                var total = 0.0;
                if row0 > begin {
                    total = parts[to];
                }
                let here = min(TILE, end - row0);
                // units of rows one after the other, whatever the tile
                for (var unit = 0u; unit < here; unit += UNIT) {
                    var sum = 0.0;
                    for (var i = unit; i < min(unit + UNIT, here); i++) {
                        let of_row = theta[k * params.samples + params.first + row0 + i];
                        sum += of_row * opened[i * TILE + s % TILE];
                    }
                    total += sum;
                }
                parts[to] = total;
            }
        }
    }
}
