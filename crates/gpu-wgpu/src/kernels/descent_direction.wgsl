// direction_j = -(sum_c parts[c, j] + rho x_(block_j)) for the four blocks whose turn it is, and
// its square, by one group

struct Params {
    depth: u32,
    count: u32,
    rho: f32,
}

const TURN: u32 = 1u;
const SQUARE: u32 = 5u;
const NOBODY: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> order: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> direction: array<vec4<f32>>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>) {
    let blocks = order[u32(state[TURN])];
    var square = 0.0;
    for (var s = at.x; s < 4u * params.depth; s += LANES) {
        let block = blocks[s / params.depth];
        var gradient = vec4<f32>(0.0);
        if block != NOBODY {
            for (var c = 0u; c < params.count; c++) {
                gradient += parts[c * 4u * params.depth + s];
            }
            gradient += params.rho * x[block * params.depth + s % params.depth];
        }
        direction[s] = -gradient;
        square += dot(gradient, gradient);
    }
    let sum = tree_sum(at.x, square);
    if at.x == 0u {
        state[SQUARE] = sum;
    }
}
