// theta[k, i] = minus the derivative of a row's loss by its outputs, times its weight; losses[i].
// One function a loss; a row's outputs lie samples apart.

struct Params {
    samples: u32,
    outputs: u32,
    loss: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> fitted: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> deltas: array<f32>;
@group(0) @binding(5) var<storage, read_write> theta: array<f32>;
@group(0) @binding(6) var<storage, read_write> losses: array<f32>;

// |f - y|^2 / 2
fn squared(row: u32) -> f32 {
    var loss = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.samples + row;
        let off = targets[at] - fitted[at];
        theta[at] = weights[row] * off;
        loss += 0.5 * off * off;
    }
    return loss;
}

// log(1 + e^f) - q f for a share q of the larger label
fn logistic(row: u32) -> f32 {
    var loss = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.samples + row;
        let f = fitted[at];
        let q = targets[at];
        // of the smaller of the two probabilities, which cannot overflow
        let small = exp(-abs(f));
        let rest = small / (1.0 + small);
        let p = select(rest, 1.0 - rest, f > 0.0);
        theta[at] = weights[row] * (q - p);
        // log(1 + e^-|f|) by its series where the sum would round
        let tail = select(log(1.0 + small), small * (1.0 - 0.5 * small), small < 1e-3);
        loss += tail + max(f, 0.0) - q * f;
    }
    return loss;
}

// logsumexp(f) - q . f for shares q of the labels
fn softmax(row: u32) -> f32 {
    var most = fitted[row];
    for (var k = 1u; k < params.outputs; k++) {
        most = max(most, fitted[k * params.samples + row]);
    }
    var total = 0.0;
    var along = 0.0;
    var share = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.samples + row;
        total += exp(fitted[at] - most);
        along += targets[at] * (fitted[at] - most);
        share += targets[at];
    }
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.samples + row;
        theta[at] = weights[row] * (targets[at] - share * exp(fitted[at] - most) / total);
    }
    return share * log(total) - along;
}

// e^2 / 2 up to delta, then delta (|e| - delta / 2)
fn huber(row: u32) -> f32 {
    var loss = 0.0;
    for (var k = 0u; k < params.outputs; k++) {
        let at = k * params.samples + row;
        let off = targets[at] - fitted[at];
        let bounded = clamp(off, -deltas[k], deltas[k]);
        theta[at] = weights[row] * bounded;
        loss += bounded * (off - 0.5 * bounded);
    }
    return loss;
}

@compute @workgroup_size(GROUP_X, GROUP_Y, 1)
fn main(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    let row = group.x * LANES + at.x;
    if row >= params.samples {
        return;
    }
    var loss = 0.0;
    switch params.loss {
        case 1u: { loss = logistic(row); }
        case 2u: { loss = softmax(row); }
        case 3u: { loss = huber(row); }
        default: { loss = squared(row); }
    }
    losses[row] = weights[row] * loss;
}
