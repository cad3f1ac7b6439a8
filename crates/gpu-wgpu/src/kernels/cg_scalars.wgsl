// The numbers of conjugate gradients, from the parts of inner products, by one group.
// state: 1, r.z, alpha, beta, |r|^2, target, done, iterations, broken, |rhs|, |x|

struct Params {
    part: u32,
    blocks: u32,
    shift: f32,
    floor: f32,
}

const ONE: u32 = 0u;
const RZ: u32 = 1u;
const ALPHA: u32 = 2u;
const BETA: u32 = 3u;
const RR: u32 = 4u;
const GOAL: u32 = 5u;
const DONE: u32 = 6u;
const COUNT: u32 = 7u;
const BROKEN: u32 = 8u;
const SIZE: u32 = 9u;
const LENGTH: u32 = 10u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

// Sums of a region's parts: a . b or a . a.
fn region(lane: u32, which: u32, second: u32) -> f32 {
    var sum = 0.0;
    for (var w = lane; w < params.blocks; w += LANES) {
        sum += parts[2u * (which * params.blocks + w) + second];
    }
    return tree_sum(lane, sum);
}

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>) {
    let lane = at.x;
    switch params.part {
        // the start: regions 0 = (rhs, rhs), 1 = (x, x), 2 = (r, z)
        case 0u: {
            let size = sqrt(region(lane, 0u, 0u));
            let length = sqrt(region(lane, 1u, 0u));
            let rz = region(lane, 2u, 0u);
            let rr = region(lane, 2u, 1u);
            if lane == 0u {
                // the host has written the tolerance there
                var bound = state[GOAL];
                if length > 0.0 && size > 0.0 {
                    bound *= min(length * params.shift / size, 1.0);
                }
                let goal = max(bound, params.floor) * size;
                state[ONE] = 1.0;
                state[RZ] = rz;
                state[ALPHA] = 0.0;
                state[BETA] = 0.0;
                state[RR] = rr;
                state[GOAL] = goal * goal;
                state[DONE] = select(0.0, 1.0, rr <= goal * goal);
                state[COUNT] = 0.0;
                state[BROKEN] = 0.0;
                state[SIZE] = size;
                state[LENGTH] = length;
            }
        }
        // the step along the direction: region 0 = (p, A p)
        case 1u: {
            let curvature = region(lane, 0u, 0u);
            if lane == 0u {
                var alpha = 0.0;
                if state[DONE] == 0.0 {
                    if curvature > 0.0 && curvature < 3e38 {
                        alpha = state[RZ] / curvature;
                        state[COUNT] += 1.0;
                    } else {
                        state[BROKEN] = 1.0;
                        state[DONE] = 1.0;
                    }
                }
                state[ALPHA] = alpha;
            }
        }
        // the next direction: region 2 = (r, z)
        default: {
            let rz = region(lane, 2u, 0u);
            let rr = region(lane, 2u, 1u);
            if lane == 0u {
                if state[DONE] == 0.0 {
                    state[BETA] = rz / state[RZ];
                    state[RZ] = rz;
                    state[RR] = rr;
                    if rr <= state[GOAL] {
                        state[DONE] = 1.0;
                    } else if !(rz > 0.0 && rz < 3e38) {
                        state[BROKEN] = 1.0;
                        state[DONE] = 1.0;
                    }
                } else {
                    state[BETA] = 0.0;
                }
            }
        }
    }
}
