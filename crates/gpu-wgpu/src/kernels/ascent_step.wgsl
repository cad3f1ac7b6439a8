// One step of an ascent, a group a column: keeps the best point met, then
//     m = momentum m + gain (g - v u) / |v|,  u = (u + step m) / |u + step m|

struct Params {
    columns: u32,
    depth: u32,
    step: f32,
    momentum: f32,
    gain: f32,
    least: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> prices: array<f32>;
@group(0) @binding(3) var<storage, read_write> u: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> velocity: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> best: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let column = group.y * 32768u + group.x;
    if column >= params.columns {
        return;
    }
    let base = column * params.depth;
    let value = prices[column];
    if value > values[column] {
        for (var d = at.x; d < params.depth; d += LANES) {
            best[base + d] = u[base + d];
        }
    }
    var square = 0.0;
    for (var d = at.x; d < params.depth; d += LANES) {
        let g = gradients[base + d];
        square += dot(g, g);
    }
    // every invocation has read the value by the first barrier in here
    let length = sqrt(tree_sum(at.x, square));
    if at.x == 0u && value > values[column] {
        values[column] = value;
    }
    let divisor = max(abs(value), params.least * length);
    // not so for NaN either
    let moves = params.step > 0.0 && divisor > 0.0 && divisor < 3e38 && abs(value) < 3e38;
    let share = select(0.0, params.gain / max(divisor, 1e-37), moves);
    var size = 0.0;
    for (var d = at.x; d < params.depth; d += LANES) {
        if moves {
            let off = gradients[base + d] - value * u[base + d];
            let m = params.momentum * velocity[base + d] + share * off;
            let moved = u[base + d] + params.step * m;
            velocity[base + d] = m;
            u[base + d] = moved;
            size += dot(moved, moved);
        }
    }
    let norm = sqrt(tree_sum(at.x, size));
    if moves && norm > 0.0 {
        for (var d = at.x; d < params.depth; d += LANES) {
            u[base + d] /= norm;
        }
    }
}
