// z = row_i . w_j;  bit (i, j) = z > 0;  parts[g, k, i] = sum over the columns j of group g of
//                                                         a[k, j] max(z, 0)

struct Params {
    rows: u32,
    first: u32,
    samples: u32,
    columns: u32,
    words: u32,
    depth: u32,
    outputs: u32,
    share: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> a: array<f32>;
@group(0) @binding(4) var<storage, read_write> bits: array<u32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

var<workgroup> opened: array<f32, TILE * TILE>;
var<workgroup> nibbles: array<u32, TILE * SIDE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let row0 = group.x * TILE;
    let begin = group.y * params.share;
    let end = min(begin + params.share, params.columns);
    let out = group.y * params.outputs * params.samples + params.first;
    for (var column0 = begin; column0 < end; column0 += TILE) {
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
                    if column < end {
                        of_column = w[column * params.depth + d];
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
        let words_here = TILE / 32u;
        for (var s = lane; s < TILE * words_here; s += SIDE * SIDE) {
            let row = row0 + s / words_here;
            let word = s % words_here;
            if row < params.rows && column0 / 32u + word < params.words {
                var packed = 0u;
                for (var j = 0u; j < 8u; j++) {
                    packed |= nibbles[(s / words_here) * SIDE + word * 8u + j] << (4u * j);
                }
                bits[(params.first + row) * params.words + column0 / 32u + word] = packed;
            }
        }
        for (var s = lane; s < TILE * params.outputs; s += SIDE * SIDE) {
            let i = s % TILE;
            let k = s / TILE;
            if row0 + i < params.rows {
                let to = out + k * params.samples + row0 + i;
                var total = 0.0;
                if column0 > begin {
                    total = parts[to];
                }
                let here = min(TILE, end - column0);
                // units of columns one after the other, whatever the tile
                for (var unit = 0u; unit < here; unit += UNIT) {
                    var sum = 0.0;
                    for (var j = unit; j < min(unit + UNIT, here); j++) {
                        sum += a[k * params.columns + column0 + j] * opened[i * TILE + j];
                    }
                    total += sum;
                }
                parts[to] = total;
            }
        }
    }
}
