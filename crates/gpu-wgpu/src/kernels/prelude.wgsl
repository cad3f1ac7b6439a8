// Shared by all kernels. The constants in front of this text are printed from kernel.rs.

// Two tiles of coordinates, TILE rows and TILE columns of DEPTH quadruples.
var<workgroup> left: array<vec4<f32>, TILE * DEPTH>;
var<workgroup> right: array<vec4<f32>, TILE * DEPTH>;

// Adds the inner products of an invocation's four rows and four columns of the loaded tiles.
fn multiply(at: vec3<u32>, images: ptr<function, array<vec4<f32>, 4>>) {
    for (var k = 0u; k < DEPTH; k++) {
        let c0 = right[(at.x * HELD) * DEPTH + k];
        let c1 = right[(at.x * HELD + 1u) * DEPTH + k];
        let c2 = right[(at.x * HELD + 2u) * DEPTH + k];
        let c3 = right[(at.x * HELD + 3u) * DEPTH + k];
        for (var i = 0u; i < HELD; i++) {
            let row = left[(at.y * HELD + i) * DEPTH + k];
            (*images)[i] += vec4<f32>(dot(row, c0), dot(row, c1), dot(row, c2), dot(row, c3));
        }
    }
}

// The sum over a line of invocations, by halves: the same tree in every run.
var<workgroup> branches: array<f32, LANES>;

fn tree_sum(lane: u32, value: f32) -> f32 {
    workgroupBarrier();
    branches[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            branches[lane] += branches[lane + half];
        }
        workgroupBarrier();
    }
    return branches[0];
}

// Four mask bits of a row, as 0 or 1.
fn quadruple(bits: u32) -> vec4<f32> {
    return vec4<f32>(
        f32(bits & 1u),
        f32((bits >> 1u) & 1u),
        f32((bits >> 2u) & 1u),
        f32((bits >> 3u) & 1u),
    );
}

// The same bits of four numbers: where they are above 0.
fn positive(values: vec4<f32>) -> u32 {
    let bits = select(vec4<u32>(0u), vec4<u32>(1u, 2u, 4u, 8u), values > vec4<f32>(0.0));
    return bits.x | bits.y | bits.z | bits.w;
}
