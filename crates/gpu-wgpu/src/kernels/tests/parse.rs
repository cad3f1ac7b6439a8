use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, StorageAccess, TypeInner};

use crate::kernel::{Binding, Group, Kernel, LANES, Tiling};
use crate::kernels::ALL;

fn parsed(kernel: &Kernel, tiling: Tiling) -> (naga::Module, ModuleInfo) {
    let source = kernel.source(tiling);
    let module = match naga::front::wgsl::parse_str(&source) {
        Ok(module) => module,
        Err(error) => panic!("{}: {}", kernel.name, error.emit_to_string(&source)),
    };
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::default());
    match validator.validate(&module) {
        Ok(info) => (module, info),
        Err(error) => panic!("{}: {}", kernel.name, error.emit_to_string(&source)),
    }
}

#[test]
fn kernels_are_valid_in_groups_of_the_size_that_rust_says() {
    for kernel in ALL {
        for tiling in Tiling::ALL {
            let side = tiling.side();
            let (module, _) = parsed(kernel, tiling);
            assert_eq!(module.entry_points.len(), 1, "{}", kernel.name);
            let main = &module.entry_points[0];
            assert_eq!(main.name, "main", "{}", kernel.name);
            let want = match kernel.group {
                Group::Square => [side, side, 1],
                Group::Line => [LANES, 1, 1],
            };
            assert_eq!(main.workgroup_size, want, "{}", kernel.name);
        }
    }
}

/// By WGSL a variable of a loop's body is zero again in every turn. Chromium's compiler (156) zeroes it once,
/// so that a sum without an initial value goes on where the turn before ended.
#[test]
fn kernels_give_every_variable_its_initial_value() {
    let without = |line: &&str| line.trim().starts_with("var ") && !line.contains('=');
    for kernel in ALL {
        let source = kernel.source(Tiling::of_side(8));
        let found: Vec<&str> = source.lines().filter(without).collect();
        assert!(found.is_empty(), "{}: {found:?}", kernel.name);
    }
}

#[test]
fn kernels_bind_what_rust_lists() {
    for kernel in ALL {
        let (module, _) = parsed(kernel, Tiling::of_side(8));
        let mut found: Vec<(u32, Binding)> = module
            .global_variables
            .iter()
            .filter_map(|(_, variable)| {
                let binding = variable.binding.as_ref()?;
                assert_eq!(binding.group, 0, "{}", kernel.name);
                let kind = match variable.space {
                    AddressSpace::Uniform => Binding::Params,
                    AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => {
                        Binding::Write
                    }
                    AddressSpace::Storage { .. } => Binding::Read,
                    other => panic!("{}: {other:?}", kernel.name),
                };
                Some((binding.binding, kind))
            })
            .collect();
        found.sort_by_key(|(at, _)| *at);
        let want: Vec<(u32, Binding)> = (0..).zip(kernel.bindings.iter().copied()).collect();
        assert_eq!(found, want, "{}", kernel.name);
        // what every adapter binds at least
        let arrays = want.iter().filter(|(_, kind)| *kind != Binding::Params);
        assert!(arrays.count() <= 8, "{}", kernel.name);
    }
}

#[test]
fn kernels_have_the_parameters_of_rust() {
    for kernel in ALL {
        let (module, _) = parsed(kernel, Tiling::of_side(8));
        let variable = module
            .global_variables
            .iter()
            .find(|(_, variable)| variable.space == AddressSpace::Uniform);
        let Some((_, variable)) = variable else {
            panic!("{}: no parameters", kernel.name)
        };
        let TypeInner::Struct { members, .. } = &module.types[variable.ty].inner else {
            panic!("{}: parameters that are no struct", kernel.name)
        };
        let found: Vec<(&str, usize)> = members
            .iter()
            .map(|member| {
                let name = member.name.as_deref().unwrap_or_default();
                (name, member.offset as usize)
            })
            .collect();
        assert_eq!(found, kernel.fields, "{}", kernel.name);
    }
}

#[test]
fn kernels_share_no_more_memory_than_is_asked_for() {
    for kernel in ALL {
        for tiling in Tiling::ALL {
            let (module, info) = parsed(kernel, tiling);
            let mut layouter = naga::proc::Layouter::default();
            layouter
                .update(module.to_ctx())
                .unwrap_or_else(|error| panic!("{}: {error}", kernel.name));
            let shared = module
                .global_variables
                .iter()
                .filter(|(_, variable)| variable.space == AddressSpace::WorkGroup)
                .filter(|(handle, _)| !info.get_entry_point(0)[*handle].is_empty())
                .map(|(_, variable)| u64::from(layouter[variable.ty].size));
            let limit = tiling.shared_bytes();
            assert!(shared.sum::<u64>() <= limit, "{}, {tiling:?}", kernel.name);
        }
    }
}
