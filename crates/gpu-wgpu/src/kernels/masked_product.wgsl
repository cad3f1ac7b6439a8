// parts[g, i] = sum over the blocks b of group g with mask bit (i, b) of row_i . x_b

struct Params {
    rows: u32,
    first: u32,
    samples: u32,
    blocks: u32,
    words: u32,
    depth: u32,
    share: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;

var<workgroup> row_sums: array<f32, TILE * SIDE>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let lane = at.y * SIDE + at.x;
    let row0 = group.x * TILE;
    let begin = group.y * params.share;
    let end = min(begin + params.share, params.blocks);
    let units_here = TILE / UNIT;
    let lanes_of_one = UNIT / HELD;
    // of row `lane`: units of columns one after the other, whatever the tile
    var total = 0.0;
    for (var block0 = begin; block0 < end; block0 += TILE) {
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
                    if block < end {
                        of_block = x[block * params.depth + d];
                    }
                }
                left[s] = of_row;
                right[s] = of_block;
            }
            workgroupBarrier();
            multiply(at, &images);
        }
        let block = block0 + at.x * HELD;
        for (var i = 0u; i < HELD; i++) {
            let row = row0 + at.y * HELD + i;
            var sum = 0.0;
            if row < params.rows && block < end {
                let word = bits[(params.first + row) * params.words + block / 32u];
                sum = dot(images[i], quadruple(word >> (block % 32u)));
            }
            row_sums[(at.y * HELD + i) * SIDE + at.x] = sum;
        }
        workgroupBarrier();
        if lane < TILE {
            for (var unit = 0u; unit < units_here; unit++) {
                var sum = 0.0;
                for (var j = 0u; j < lanes_of_one; j++) {
                    sum += row_sums[lane * SIDE + unit * lanes_of_one + j];
                }
                total += sum;
            }
        }
    }
    if lane < TILE && row0 + lane < params.rows {
        parts[group.y * params.samples + params.first + row0 + lane] = total;
    }
}
