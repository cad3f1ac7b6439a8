// The step along a direction of four blocks by Armijo's test on the parabola
//     phi(t) - phi(0) = t^2 (rho |d|^2 + factor |A d|^2) / 2 - t |d|^2,
// and whose turn is next, by one group

struct Params {
    count: u32,
    turns: u32,
    rho: f32,
    factor: f32,
    most: f32,
    reach: f32,
    decay: f32,
    armijo: f32,
    halvings: u32,
}

const TURN: u32 = 1u;
const MOVED: u32 = 2u;
const STEP: u32 = 3u;
const LAST: u32 = 4u;
const SQUARE: u32 = 5u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>) {
    var sum = 0.0;
    for (var w = at.x; w < params.count; w += LANES) {
        sum += parts[w];
    }
    let image = tree_sum(at.x, sum);
    if at.x == 0u {
        let square = state[SQUARE];
        let curvature = params.rho * square + params.factor * image;
        var step = min(params.most, state[LAST] * params.reach);
        var found = square == 0.0;
        for (var k = 0u; k < params.halvings && !found; k++) {
            if 0.5 * curvature * step <= (1.0 - params.armijo) * square {
                found = true;
                state[LAST] = step;
            } else {
                step *= params.decay;
            }
        }
        state[STEP] = select(0.0, step, found);
        let turn = state[TURN];
        state[MOVED] = turn;
        state[TURN] = select(turn + 1.0, 0.0, turn + 1.0 >= f32(params.turns));
    }
}
