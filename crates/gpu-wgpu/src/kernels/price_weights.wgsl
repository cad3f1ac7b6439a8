// The price of a unit neuron and the output weights that reach it: v = s c, a = s for one output,
// v = |c|, a = c / |c| for several, where c = Theta' (R u)_+.

struct Params {
    columns: u32,
    outputs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> along: array<f32>;
@group(0) @binding(2) var<storage, read> signs: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> prices: array<f32>;

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let column = group.x * LANES + at.x;
    if column >= params.columns {
        return;
    }
    if params.outputs == 1u {
        weights[column] = signs[column];
        prices[column] = signs[column] * along[column];
        return;
    }
    // by the largest, so that no square overflows
    var most = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        most = max(most, abs(along[k * params.columns + column]));
    }
    var sum = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        let part = along[k * params.columns + column] / max(most, 1e-30);
        sum += part * part;
    }
    let price = most * sqrt(sum);
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.columns + column;
        weights[at] = select(0.0, along[at] / max(price, 1e-30), price > 0.0);
    }
    prices[column] = price;
}
