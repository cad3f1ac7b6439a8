//! A graphics adapter for the tests of the device: where a machine is there for the tests, one in
//! software is installed, and its absence is a failure.

use std::fs;
use std::path::Path;

use crate::install::{Install, Tool};
use crate::process::{output, succeeds};

/// Where Vulkan looks for drivers.
const DRIVERS: [&str; 3] = [
    "/usr/share/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/etc/vulkan/icd.d",
];

/// Debian's software adapter.
const COMMANDS: [&[&str]; 2] = [
    &["apt-get", "update", "-qq"],
    &[
        "apt-get",
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "mesa-vulkan-drivers",
        "libvulkan1",
    ],
];

/// Whether the tests of the device must find an adapter: `CRELU_GPU` decides where it is set, else
/// they must wherever things are installed.
pub(crate) fn is_required(install: Install) -> Result<bool, String> {
    if std::env::var_os("CRELU_GPU").is_some() || install == Install::No {
        return Ok(false);
    }
    if !cfg!(target_os = "linux") {
        // the system has its own
        return Ok(true);
    }
    let driver = Tool {
        name: "a Vulkan driver",
        is_there: || {
            DRIVERS
                .iter()
                .any(|folder| holds_a_driver(Path::new(folder)))
        },
        commands: &COMMANDS,
    };
    if !(driver.is_there)() && !can_install() {
        let reason = "no Vulkan driver, and no root on Debian to install one";
        return match install {
            Install::Asked => Err(reason.to_owned()),
            Install::Ci | Install::No => {
                println!("tests of the device are left out: {reason}");
                Ok(false)
            }
        };
    }
    install.ensure(&driver)?;
    Ok(true)
}

/// Root, and Debian's package manager.
fn can_install() -> bool {
    let is_root = output(std::process::Command::new("id").arg("-u"));
    let apt = succeeds(std::process::Command::new("apt-get").arg("--version"));
    is_root.is_ok_and(|id| id.trim() == "0") && apt
}

fn holds_a_driver(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    names
        .into_iter()
        .any(|name| name.to_string_lossy().ends_with(".json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_a_driver_is_true_for_a_manifest_alone() {
        let name = format!("xtask-adapter-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        assert!(!holds_a_driver(&folder));
        fs::write(folder.join("lvp_icd.x86_64.json"), "{}").unwrap();
        assert!(holds_a_driver(&folder));
        fs::remove_dir_all(&folder).unwrap();
        assert!(!holds_a_driver(&folder));
    }

    #[test]
    fn is_required_only_where_things_are_installed() {
        assert_eq!(is_required(Install::No), Ok(false));
    }
}
