// out[b, i] = row_i . x_b

struct Params {
    rows: u32,
    first: u32,
    columns: u32,
    depth: u32,
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> images_here: array<f32, TILE * TILE>;

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
                    of_column = x[column * params.depth + d];
                }
            }
            left[s] = of_row;
            right[s] = of_column;
        }
        workgroupBarrier();
        multiply(at, &images);
    }
    // a column's images lie together
    for (var i = 0u; i < HELD; i++) {
        for (var j = 0u; j < HELD; j++) {
            images_here[(at.x * HELD + j) * TILE + at.y * HELD + i] = images[i][j];
        }
    }
    workgroupBarrier();
    for (var s = lane; s < TILE * TILE; s += SIDE * SIDE) {
        let row = row0 + s % TILE;
        let column = column0 + s / TILE;
        if row < params.rows && column < params.columns {
            out[column * params.stride + params.first + row] = images_here[s];
        }
    }
}
