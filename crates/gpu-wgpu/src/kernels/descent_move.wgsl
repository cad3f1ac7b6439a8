// misfit += factor step image, and x += step direction on the four blocks that had their turn

struct Params {
    samples: u32,
    depth: u32,
    misfit_at: u32,
    factor: f32,
}

const MOVED: u32 = 2u;
const STEP: u32 = 3u;
const NOBODY: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> order: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read> direction: array<f32>;
@group(0) @binding(4) var<storage, read> image: array<f32>;
@group(0) @binding(5) var<storage, read_write> point: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let step = state[STEP];
    let blocks = order[u32(state[MOVED])];
    let width = 4u * params.depth;
    let begin = group.x * BLOCK;
    for (var s = begin + at.x; s < begin + BLOCK; s += LANES) {
        if s < params.samples {
            point[params.misfit_at + s] += params.factor * step * image[s];
        }
        if s < 4u * width {
            let block = blocks[s / width];
            if block != NOBODY {
                point[block * width + s % width] += step * direction[s];
            }
        }
    }
}
