//! A device that is gone on the way: the answer so far stands, or the host goes on where it was to
//! choose. `CRELU_GPU` says whether an adapter must be there: off, auto (the default) or require.

use std::sync::Arc;

use crelu_model::{
    Activation, Backend, Control, Dataset, Fit, FitError, FitSettings, PrimalChoice, Progress,
    Prove, Splitting, Status, TrainMode, device_handle, fit,
};
use gpu_wgpu::{Device, GpuError};

use crate::data::{class_set, squared};

/// An adapter of this test alone.
fn opened() -> Option<Arc<Device>> {
    let wish = std::env::var("CRELU_GPU").unwrap_or_else(|_| "auto".to_owned());
    if wish == "off" {
        return None;
    }
    let adapter = std::env::var("CRELU_ADAPTER").ok();
    match Device::open_blocking(adapter.as_deref()) {
        Ok(device) => Some(Arc::new(device)),
        Err(GpuError::NoAdapter) if wish == "auto" => {
            let line = b"crelu-model: tests of a lost device skipped, no adapter here\n";
            std::io::Write::write_all(&mut std::io::stderr(), line)
                .expect("standard error is open");
            None
        }
        Err(error) => panic!("CRELU_GPU={wish}: {error}"),
    }
}

fn settings(train: TrainMode, device: &Arc<Device>, splitting: Splitting) -> FitSettings {
    let mut settings = squared().train(train).n_patterns(12).beta_frac(0.05);
    settings.programme.backend = Backend::Wgpu;
    settings.programme.device = Some(device_handle(Arc::clone(device)));
    settings.programme.primal = PrimalChoice::Cg;
    settings.programme.splitting = splitting;
    if train == TrainMode::Global {
        settings.global.ascents = Some(40);
    }
    settings
}

/// A fit on a device that ends when the check of that number is over; 0: before anything.
fn ended_at(settings: &FitSettings, device: &Device, check: usize) -> Result<Fit, FitError> {
    ended_on(&class_set(3, 90, 4), settings, device, check)
}

fn ended_on(
    data: &Dataset,
    settings: &FitSettings,
    device: &Device,
    check: usize,
) -> Result<Fit, FitError> {
    let mut checks = 0;
    if check == 0 {
        device.end();
    }
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Check(_) = progress {
            checks += 1;
            if checks == check {
                device.end();
            }
        }
        true
    };
    let settings = settings.clone().check().expect("settings in range");
    fit(data, None, &settings, &Control::default(), &mut watch)
}

/// The sampled programmes' ways: inexact steps there, and whole iterations.
const WAYS: [Splitting; 2] = [Splitting::TwoBlock, Splitting::ThreeBlock];

#[test]
fn sampled_fit_keeps_its_best_point_and_names_the_device() {
    for splitting in WAYS {
        let Some(device) = opened() else { return };
        // far below what it reaches before the second check
        let settings = settings(TrainMode::Sampled, &device, splitting).tol(1e-9);
        let fit = ended_at(&settings, &device, 2).expect("the point so far");
        let report = &fit.report;
        assert_eq!(report.status, Status::Stalled, "{splitting:?}");
        let reason = &report.primal.reason;
        assert!(reason.contains("the best point so far"), "{reason}");
        assert!(reason.contains(&device.adapter().name), "{reason}");
        assert!(report.dual_bound <= report.objective_network);
        let outputs = fit.model.outputs(class_set(3, 90, 4).rows());
        assert!(outputs.is_ok_and(|f| f.iter().any(|f| *f != 0.0)));
    }
}

#[test]
fn sampled_fit_without_anything_to_keep_is_the_device_s_error() {
    for splitting in WAYS {
        let Some(device) = opened() else { return };
        // gated: a programme with cones has a network of its gates to keep
        let mut settings = settings(TrainMode::Sampled, &device, splitting);
        settings.activation = Activation::Gated;
        let error = ended_at(&settings, &device, 0).err();
        let text = error.map_or_else(String::new, |error| error.to_string());
        assert!(text.contains(&device.adapter().name), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}

#[test]
fn sampled_fit_that_chose_its_device_ends_as_on_the_host() {
    for splitting in WAYS {
        for check in [0, 2] {
            let Some(device) = opened() else { return };
            let mut settings = settings(TrainMode::Sampled, &device, splitting);
            let mut host = settings.clone();
            host.programme.backend = Backend::Faer;
            host.programme.device = None;
            settings.programme.backend_reason = Some("it is fast".to_owned());
            let fit = ended_at(&settings, &device, check).expect("a fit");
            let report = &fit.report;
            assert!(report.status.is_converged(), "{:?}", report.status);
            let reason = &report.primal.reason;
            for word in ["it is fast", "the host goes on", &device.adapter().name[..]] {
                assert!(reason.contains(word), "{word}: {reason}");
            }
            assert_eq!(report.primal.backend, Backend::Faer);
            let want = ended_at(&host, &device, usize::MAX).expect("a fit").report;
            let tol = host.programme.tol;
            let ratio = report.objective_network / want.objective_network;
            assert!((ratio - 1.0).abs() <= 2.0 * tol, "{splitting:?}: {ratio}");
        }
    }
}

#[test]
fn wide_fit_that_chose_its_device_ends_with_the_host_s_own_method() {
    // above rank 500 the three-block form makes the start, and its changeover chooses again
    let data = class_set(5, 515, 505);
    for check in [0, 1] {
        let Some(device) = opened() else { return };
        let mut settings = settings(TrainMode::Sampled, &device, Splitting::Auto).n_patterns(2);
        settings.programme.primal = PrimalChoice::Auto;
        settings.programme.backend_reason = Some("it is fast".to_owned());
        let fit = ended_on(&data, &settings, &device, check).expect("a fit");
        let used = &fit.report.primal;
        assert_eq!(used.backend, Backend::Faer);
        let method = used.method.map(|method| method.name());
        assert_eq!(method, Some("cholesky"), "{}", used.reason);
        assert_eq!(
            used.reason.matches("it is fast").count(),
            1,
            "{}",
            used.reason
        );
        assert!(used.reason.contains("the host goes on"), "{}", used.reason);
    }
}

#[test]
fn choice_of_a_device_that_lacks_what_is_asked_for_is_the_host() {
    let Some(device) = opened() else { return };
    let mut settings = settings(TrainMode::Sampled, &device, Splitting::Auto);
    settings.programme.primal = PrimalChoice::Cholesky;
    let error = settings
        .clone()
        .check()
        .err()
        .map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("the others run on faer")));
    settings.programme.backend_reason = Some("it is fast".to_owned());
    let used = ended_at(&settings, &device, usize::MAX)
        .expect("a fit")
        .report
        .primal;
    let method = used.method.map(|method| method.name());
    assert_eq!((used.backend, method), (Backend::Faer, Some("cholesky")));
    assert!(
        used.reason.contains("the others run on faer"),
        "{}",
        used.reason
    );
}

#[test]
fn global_fit_goes_on_without_its_device() {
    let Some(device) = opened() else { return };
    let settings = settings(TrainMode::Global, &device, Splitting::Auto).prove(Prove::Never);
    let fit = ended_at(&settings, &device, 1).expect("a fit");
    let report = &fit.report;
    assert!(report.status.is_converged(), "{:?}", report.status);
    let reason = &report.primal.reason;
    for word in ["went on without it", &device.adapter().name[..]] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    let mut host = settings.clone();
    host.programme.backend = Backend::Faer;
    host.programme.device = None;
    let want = ended_at(&host, &device, usize::MAX).expect("a fit").report;
    // both settle, and are thinned within a thousandth
    let ratio = report.objective_network / want.objective_network;
    assert!((ratio - 1.0).abs() <= 2e-2, "{ratio}");
}

#[test]
fn global_fit_that_chose_a_device_without_room_is_the_host_s() {
    let Some(device) = opened() else { return };
    let mut settings = settings(TrainMode::Global, &device, Splitting::Auto).prove(Prove::Never);
    let error = ended_at(&settings, &device, 0).err();
    let text = error.map_or_else(String::new, |error| error.to_string());
    assert!(text.contains(&device.adapter().name), "{text}");
    settings.programme.backend_reason = Some("it is fast".to_owned());
    let fit = ended_at(&settings, &device, 0).expect("a fit");
    let reason = &fit.report.primal.reason;
    for word in [
        "it is fast",
        "went on without it",
        &device.adapter().name[..],
    ] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    assert!(fit.report.status.is_converged());
}
