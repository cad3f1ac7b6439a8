// parts[c, j] = sum over the rows i of chunk c with mask bit (i, block_j) of misfit_i row_i,
// for the four blocks whose turn it is

struct Params {
    rows: u32,
    first: u32,
    words: u32,
    depth: u32,
    chunk: u32,
    first_chunk: u32,
}

const TURN: u32 = 1u;
const NOBODY: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> state: array<f32>;
@group(0) @binding(5) var<storage, read> misfit: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<vec4<f32>>;

const ACROSS: u32 = 16u;
var<workgroup> sums_here: array<vec4<f32>, LANES * 4u>;

fn bit(row: u32, block: u32) -> f32 {
    if block == NOBODY {
        return 0.0;
    }
    return f32((bits[row * params.words + block / 32u] >> (block % 32u)) & 1u);
}

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let d = group.x * ACROSS + at.x % ACROSS;
    let below = LANES / ACROSS;
    let blocks = order[u32(state[TURN])];
    let begin = group.y * params.chunk;
    let end = min(begin + params.chunk, params.rows);
    var sums = array<vec4<f32>, 4>();
    for (var row = begin + at.x / ACROSS; row < end; row += below) {
        let sample = params.first + row;
        let share = misfit[sample];
        var of_row = vec4<f32>(0.0);
        if d < params.depth {
            of_row = data[row * params.depth + d];
        }
        sums[0] += (bit(sample, blocks.x) * share) * of_row;
        sums[1] += (bit(sample, blocks.y) * share) * of_row;
        sums[2] += (bit(sample, blocks.z) * share) * of_row;
        sums[3] += (bit(sample, blocks.w) * share) * of_row;
    }
    for (var j = 0u; j < 4u; j++) {
        sums_here[at.x * 4u + j] = sums[j];
    }
    workgroupBarrier();
    if at.x < ACROSS && d < params.depth {
        for (var j = 0u; j < 4u; j++) {
            var sum = vec4<f32>(0.0);
            for (var k = 0u; k < below; k++) {
                sum += sums_here[(k * ACROSS + at.x) * 4u + j];
            }
            parts[((params.first_chunk + group.y) * 4u + j) * params.depth + d] = sum;
        }
    }
}
