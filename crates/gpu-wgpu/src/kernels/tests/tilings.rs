//! Sums do not depend on the tiles: what is measured on a machine changes no bit of an answer.

use std::sync::Arc;

use testkit::Stream;

use crate::kernel::Tiling;
use crate::tests::on_device::{devices, opened_with};
use crate::{
    Ascents, Balanced, ConeSettings, Copies, Device, LinearStep, Loss, MaskedSystem, Motion,
    Preconditioning, Rows, ThreeBlock, ThreeBlockSettings, TrainingRows, block_on,
};

/// More than two tiles of rows and of columns, and some left over.
const SIZES: (usize, usize, usize) = (203, 37, 150);

/// The answers of the kernels that have tiles, but for the patterns of gates, which are compared with `f64`
/// at two of them.
fn answers(device: &Arc<Device>) -> Vec<Vec<f32>> {
    let (n, rank, columns) = SIZES;
    let mut random = Stream::new(11);
    let data: Vec<f32> = random.vector(n * rank);
    let masks = random.masks(n, columns);
    let system = MaskedSystem::new(device, &data, rank, &masks).expect("room");
    let (x, t): (Vec<f32>, Vec<f32>) = (random.vector(columns * rank), random.vector(n));
    let (mut image, mut back) = (vec![0.0; n], vec![0.0; columns * rank]);
    block_on(system.apply(1, &x, &mut image)).expect("a product");
    block_on(system.apply_adjoint(1, &t, &mut back)).expect("a product");

    let rows = Arc::new(Rows::upload(device, &data, n, rank).expect("room"));
    let motion = Motion {
        momentum: 0.9,
        gain: 0.03,
        least: 1e-6,
    };
    let signs = vec![1.0; columns];
    let ascents = Ascents::new(device, &rows, &t, &x, &signs, motion);
    let mut ascents = ascents.expect("room");
    ascents.restart(true).expect("a start");
    block_on(ascents.climb(&[0.1, 0.05], || true)).expect("steps");
    let ends = block_on(ascents.ends()).expect("ends");

    let ones = vec![1.0; n];
    let training = TrainingRows::new(device, &rows, &t, &ones, Loss::Squared);
    let training = Arc::new(training.expect("room"));
    let mut balanced = Balanced::new(&training, columns).expect("room");
    let a: Vec<f32> = random.vector(columns);
    let (mut by_w, mut by_a) = (vec![0.0; columns * rank], vec![0.0; columns]);
    let value = block_on(balanced.evaluate(&x, &a, &mut by_w, &mut by_a)).expect("a value");

    let identity: Vec<f32> = (0..rank * rank)
        .map(|at| f32::from(u8::from(at % (rank + 1) == 0)))
        .collect();
    let system = Arc::new(system);
    let lift = admm::Lift::Mirrored;
    let step = LinearStep::cg(&system, lift, &Preconditioning::Identity, 8).expect("room");
    let settings = ThreeBlockSettings {
        target: &t,
        lift,
        cone: Some(ConeSettings {
            inverse: &identity,
            tau: 0.3,
        }),
        weight: 0.5,
        relaxation: 1.6,
    };
    let mut whole = ThreeBlock::new(&Arc::clone(&system), step, &settings).expect("room");
    whole.set_penalty(2.0).expect("a penalty");
    for _ in 0..2 {
        block_on(whole.advance(1e-3, || true)).expect("an iteration");
    }
    let mut copies = Copies::default();
    block_on(whole.read(&mut copies)).expect("copies");

    let narrow = |values: &[f64]| values.iter().map(|x| linalg_core::Real::of(*x)).collect();
    vec![
        image,
        back,
        ends.points,
        ends.values,
        narrow(&[value]),
        narrow(&by_w),
        narrow(&by_a),
        narrow(&copies.z),
        narrow(&copies.fu),
    ]
}

#[test]
fn answers_are_the_same_bits_with_every_tiling() {
    let mut first: Option<Vec<Vec<f32>>> = None;
    let Some(known) = devices().first() else {
        return;
    };
    let fits = |tiling: &Tiling| known.adapter().has_room_for(*tiling);
    assert!(Tiling::ALL.iter().filter(|tiling| fits(tiling)).count() > 1);
    for tiling in Tiling::ALL.into_iter().filter(fits) {
        let Some(device) = opened_with(tiling) else {
            return;
        };
        let got = answers(&Arc::new(device));
        let want = first.get_or_insert_with(|| got.clone());
        for (which, (got, want)) in got.iter().zip(want.iter()).enumerate() {
            assert!(got.iter().any(|x| *x != 0.0), "{which}: something");
            assert_eq!(got, want, "{which}, {tiling:?}");
        }
    }
}

#[test]
fn tuning_keeps_a_tiling_that_fits_and_is_remembered() {
    let Some(first) = devices().first() else {
        return;
    };
    let Some(mut device) = opened_with(first.tiling()) else {
        return;
    };
    assert_eq!(device.tuned(), None);
    // a second passes between two looks
    let looks = core::cell::Cell::new(0.0);
    let clock = || {
        looks.set(looks.get() + 1.0);
        looks.get()
    };
    let tuned = block_on(device.tune(&clock)).expect("a measure");
    assert!(device.adapter().has_room_for(tuned.tiling));
    assert_eq!(
        (device.tuned(), device.tiling()),
        (Some(tuned), tuned.tiling)
    );
    for number in [tuned.flops, tuned.round_trip] {
        assert!(number.is_finite() && number > 0.0, "{tuned:?}");
    }
    // one dispatch takes no longer than 64
    assert_eq!((tuned.call, tuned.round_trip), (0.0, 1.0));
    // a second one asks no clock
    let Some(mut other) = opened_with(first.tiling()) else {
        return;
    };
    let no_clock = || -> f64 { panic!("measured again") };
    assert_eq!(block_on(other.tune(&no_clock)).expect("known"), tuned);
}
