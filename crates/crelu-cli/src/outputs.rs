//! The files that a fit leaves: checked before the run, written together after it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crelu_data::{check_writable, is_standard_input, write_all_atomic};
use crelu_model::{CertificateFile, Dataset, Fit};

use crate::args::FitArgs;
use crate::errors::Failure;
use crate::plots;

/// Where model, report and plots go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destinations {
    /// The model.
    pub(crate) model: PathBuf,
    /// The report.
    pub(crate) report: PathBuf,
    /// Folder of the plots, made if it is not there.
    pub(crate) plots: Option<PathBuf>,
    /// The certificate of the proven bound.
    pub(crate) certificate: Option<PathBuf>,
}

impl Destinations {
    /// What the options ask for: by default the model has the data's name, in the current folder,
    /// and the report the model's.
    pub(crate) fn of(args: &FitArgs) -> Self {
        let model = args
            .out
            .clone()
            .unwrap_or_else(|| default_model(&args.data));
        let report = args
            .report
            .clone()
            .unwrap_or_else(|| model.with_extension("json"));
        Self {
            model,
            report,
            plots: args.plots.clone(),
            certificate: args.certificate.clone(),
        }
    }

    /// Whether all can be written, asked before a long run. Leaves nothing behind.
    ///
    /// # Errors
    /// A line that names the option and the path.
    pub(crate) fn check(&self, inputs: &[&Path]) -> Result<(), Failure> {
        check_file("--out", &self.model, inputs)?;
        check_file("--report", &self.report, inputs)?;
        if same_file(&self.model, &self.report) {
            let problem = "model and report need files of their own";
            return Err(Failure::at("--report", &self.report, problem));
        }
        if let Some(certificate) = &self.certificate {
            check_file("--certificate", certificate, inputs)?;
            if same_file(certificate, &self.model) || same_file(certificate, &self.report) {
                let problem = "the certificate needs a file of its own";
                return Err(Failure::at("--certificate", certificate, problem));
            }
        }
        let Some(folder) = &self.plots else {
            return Ok(());
        };
        let mut files = [&self.model, &self.report]
            .into_iter()
            .chain(&self.certificate);
        if files.any(|file| same_path(file, folder)) {
            let problem = "the folder of the plots cannot be one of the files";
            return Err(Failure::at("--plots", folder, problem));
        }
        check_folder("--plots", folder)
    }

    /// Writes model, report, plots (some show the training data) and certificate: all of them or none.
    /// Without a proven bound, a certificate that is there is removed: it is of another run.
    ///
    /// # Errors
    /// A line that names the path.
    pub(crate) fn write(&self, fit: &Fit, train: &Dataset) -> Result<(), Failure> {
        let model = fit.model.to_bytes();
        let mut report = serde_json::to_vec_pretty(&fit.report)
            .map_err(|error| Failure::of(self.report.display(), error))?;
        report.push(b'\n');
        let drawn = match &self.plots {
            Some(folder) => {
                let drawn = plots::draw(fit, train)
                    .map_err(|error| Failure::at("--plots", folder, error))?;
                drawn
                    .into_iter()
                    .map(|(name, svg)| (folder.join(name), svg.into_bytes()))
                    .collect()
            }
            None => Vec::new(),
        };
        let mut files = vec![
            (self.model.as_path(), model.as_slice()),
            (self.report.as_path(), report.as_slice()),
        ];
        let certificate = fit.certificate.as_ref().map(CertificateFile::to_bytes);
        if let (Some(path), Some(bytes)) = (&self.certificate, &certificate) {
            files.push((path.as_path(), bytes.as_slice()));
        }
        files.extend(drawn.iter().map(|(path, svg)| (&**path, &**svg)));
        let folders = self.plots.as_deref().map_or(Vec::new(), missing_folders);
        if let Some(folder) = &self.plots {
            fs::create_dir_all(folder).map_err(|error| Failure::at("--plots", folder, error))?;
        }
        write_all_atomic(&files).map_err(|error| {
            // they are empty again; what else came into them meanwhile keeps them
            folders
                .iter()
                .for_each(|folder| drop(fs::remove_dir(folder)));
            Failure::new(error)
        })?;
        // a certificate of another run is none of this model
        match (&self.certificate, &certificate) {
            (Some(path), None) => match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Failure::at("--certificate", path, error))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Whether a file can be written and is none of the inputs.
///
/// # Errors
/// A line that names the option and the path.
pub(crate) fn check_file(option: &str, path: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    check_writable(path).map_err(|error| Failure::of(option, error))?;
    if inputs.iter().any(|input| same_file(path, input)) {
        let problem = "would replace a file that is read";
        return Err(Failure::at(option, path, problem));
    }
    Ok(())
}

/// Whether a folder is there or can be made, and files written into it.
///
/// # Errors
/// A line that names the option and the path.
pub(crate) fn check_folder(option: &str, folder: &Path) -> Result<(), Failure> {
    let is_there = |path: &&Path| path.as_os_str().is_empty() || path.symlink_metadata().is_ok();
    let nearest = folder.ancestors().find(is_there).unwrap_or(folder);
    check_writable(&nearest.join(".crelu-folder-check"))
        .map_err(|_| Failure::at(option, folder, "not a folder that can be written to"))
}

/// The folders of a path that are not there, the innermost first.
fn missing_folders(path: &Path) -> Vec<&Path> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    path.ancestors().take_while(is_missing).collect()
}

/// Whether two paths lead to one file, be it there already or not.
fn same_file(a: &Path, b: &Path) -> bool {
    same_path(a, b) && !a.is_dir()
}

/// Whether two paths lead to one place.
fn same_path(a: &Path, b: &Path) -> bool {
    a == b || matches!((place(a), place(b)), (Some(a), Some(b)) if a == b)
}

/// The file's one name: without links, where it is there; else in its folder's one name.
fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(place) = fs::canonicalize(path) {
        return Some(place);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
    Some(folder.join(path.file_name()?))
}

/// The data's name without its endings, in the current folder.
fn default_model(data: &Path) -> PathBuf {
    if is_standard_input(data) {
        return PathBuf::from("stdin.safetensors");
    }
    let name = data.file_name().unwrap_or(data.as_os_str());
    let mut stem = Path::new(name);
    if stem
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gz"))
    {
        stem = Path::new(stem.file_stem().unwrap_or(name));
    }
    let mut model = OsString::from(stem.file_stem().unwrap_or(name));
    model.push(".safetensors");
    PathBuf::from(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_under_two_names_is_known_before_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        for (a, b, same) in [
            ("m.bin", "deep/../m.bin", true),
            ("deep/m.bin", "deep/./m.bin", true),
            ("m.bin", "deep/m.bin", false),
            ("deep", "deep/../deep", false),
            ("none/m.bin", "none/n.bin", false),
        ] {
            assert_eq!(same_file(&at(a), &at(b)), same, "{a} and {b}");
        }
        assert!(same_file(Path::new("m.new"), Path::new("./m.new")));
    }

    #[test]
    fn default_model_has_the_stem_of_the_data() {
        for (data, model) in [
            ("a.csv", "a.safetensors"),
            ("deep/er/b.csv.gz", "b.safetensors"),
            (
                "train-images-idx3-ubyte",
                "train-images-idx3-ubyte.safetensors",
            ),
            ("x-ubyte.gz", "x-ubyte.safetensors"),
            ("v1.2.npz", "v1.2.safetensors"),
            ("-", "stdin.safetensors"),
        ] {
            assert_eq!(default_model(Path::new(data)), Path::new(model), "{data}");
        }
    }
}
