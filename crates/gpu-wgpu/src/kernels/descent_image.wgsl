// image_i = sum_j bit (i, block_j) row_i . direction_j, and parts of its square

struct Params {
    rows: u32,
    first: u32,
    words: u32,
    depth: u32,
    first_part: u32,
}

const TURN: u32 = 1u;
const NOBODY: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> state: array<f32>;
@group(0) @binding(5) var<storage, read> direction: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> image: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;

const ACROSS: u32 = 16u;
var<workgroup> sums_here: array<f32, IMAGE_ROWS * ACROSS>;

fn bit(row: u32, block: u32) -> f32 {
    if block == NOBODY {
        return 0.0;
    }
    return f32((bits[row * params.words + block / 32u] >> (block % 32u)) & 1u);
}

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let blocks = order[u32(state[TURN])];
    let column = at.x % ACROSS;
    let begin = group.x * IMAGE_ROWS;
    for (var i = at.x / ACROSS; i < IMAGE_ROWS; i += LANES / ACROSS) {
        let row = begin + i;
        var sum = 0.0;
        if row < params.rows {
            let sample = params.first + row;
            let m0 = bit(sample, blocks.x);
            let m1 = bit(sample, blocks.y);
            let m2 = bit(sample, blocks.z);
            let m3 = bit(sample, blocks.w);
            for (var d = column; d < params.depth; d += ACROSS) {
                let along = m0 * direction[d]
                    + m1 * direction[params.depth + d]
                    + m2 * direction[2u * params.depth + d]
                    + m3 * direction[3u * params.depth + d];
                sum += dot(data[row * params.depth + d], along);
            }
        }
        sums_here[i * ACROSS + column] = sum;
    }
    workgroupBarrier();
    var square = 0.0;
    for (var i = at.x; i < IMAGE_ROWS; i += LANES) {
        if begin + i < params.rows {
            var sum = 0.0;
            for (var k = 0u; k < ACROSS; k++) {
                sum += sums_here[i * ACROSS + k];
            }
            image[params.first + begin + i] = sum;
            square += sum * sum;
        }
    }
    let part = tree_sum(at.x, square);
    if at.x == 0u {
        parts[params.first_part + group.x] = part;
    }
}
