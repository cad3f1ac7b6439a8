use serde_json::Value;

use crelu_model::programme::{FormChoice, PrimalChoice, ProgrammeSettings, Splitting, Switch};

/// Rank of the sketch of which the source speaks.
pub(crate) const RANK: usize = 100;

/// A primal step as a race names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Method {
    /// Its name in the tables, unique in its splitting.
    pub(crate) name: &'static str,
    pub(crate) primal: PrimalChoice,
    pub(crate) form: FormChoice,
    pub(crate) splitting: Splitting,
    /// The sets on which it runs.
    pub(crate) on: Length,
}

/// How long a list of methods is: a set takes all whose own length is at most its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Length {
    Short,
    Medium,
    Long,
}

const fn method(name: &'static str, primal: PrimalChoice, form: FormChoice) -> Method {
    let splitting = Splitting::TwoBlock;
    let on = Length::Short;
    Method {
        name,
        primal,
        form,
        splitting,
        on,
    }
}

const fn medium(method: Method) -> Method {
    let on = Length::Medium;
    Method { on, ..method }
}

const fn long(method: Method) -> Method {
    let on = Length::Long;
    Method { on, ..method }
}

const fn three(method: Method) -> Method {
    let splitting = Splitting::ThreeBlock;
    Method {
        splitting,
        ..method
    }
}

use FormChoice::{Auto as AnyForm, Full, Gram, Kernel, Reduced};
use PrimalChoice::{Auto, BlockExact, Cg, Cholesky, PcgJacobi, PcgNystrom, Rbcd};

/// All that race, in the order of the tables.
pub(crate) const METHODS: [Method; 24] = [
    method("auto", Auto, AnyForm),
    method("cholesky kernel", Cholesky, Kernel),
    long(method("cholesky gram", Cholesky, Gram)),
    method("cg", Cg, Reduced),
    method("pcg-jacobi", PcgJacobi, Reduced),
    method("pcg-nystrom", PcgNystrom, Reduced),
    method("rbcd", Rbcd, Reduced),
    method("block-exact", BlockExact, Reduced),
    method("pcg-nystrom kernel", PcgNystrom, Kernel),
    long(method("cg full", Cg, Full)),
    long(method("pcg-jacobi full", PcgJacobi, Full)),
    long(method("pcg-nystrom full", PcgNystrom, Full)),
    long(method("rbcd full", Rbcd, Full)),
    three(method("auto", Auto, AnyForm)),
    three(method("cholesky kernel", Cholesky, Kernel)),
    three(method("cg", Cg, Reduced)),
    long(three(method("pcg-jacobi", PcgJacobi, Reduced))),
    medium(three(method("pcg-nystrom", PcgNystrom, Reduced))),
    long(three(method("rbcd", Rbcd, Reduced))),
    long(three(method("block-exact", BlockExact, Reduced))),
    long(three(method("cg full", Cg, Full))),
    long(three(method("pcg-jacobi full", PcgJacobi, Full))),
    three(method("pcg-nystrom full", PcgNystrom, Full)),
    medium(three(method("rbcd full", Rbcd, Full))),
];

impl Method {
    /// The name of its splitting.
    pub(crate) fn splitting_name(&self) -> &'static str {
        match self.splitting {
            Splitting::ThreeBlock => "three-block",
            _ => "two-block",
        }
    }

    /// A name that no other has.
    pub(crate) fn key(&self) -> String {
        format!("{}, {}", self.splitting_name(), self.name)
    }

    /// Whether it is the solve that a run of `auto` took, so that there is no need to run it.
    pub(crate) fn was_taken(&self, auto: &Value) -> bool {
        self.name != "auto"
            && !self.is_full()
            && auto["method"] == self.primal.name()
            && auto["form"] == self.form.name()
    }

    /// Direct solves stand against inexact ones.
    pub(crate) fn is_direct(&self) -> bool {
        self.name.starts_with("cholesky")
    }

    /// Iterative solves to a tolerance.
    pub(crate) fn is_inexact(&self) -> bool {
        !self.is_direct() && self.name != "auto"
    }

    /// Whether the system is not reduced.
    pub(crate) fn is_full(&self) -> bool {
        self.form == FormChoice::Full
    }

    /// The settings of its run: the plain iteration, to `tol`.
    pub(crate) fn settings(&self, tol: f64) -> ProgrammeSettings {
        let mut settings = ProgrammeSettings::default();
        settings.tol = tol;
        settings.max_iters = MOST_ITERATIONS;
        settings.primal = self.primal;
        settings.form = self.form;
        settings.splitting = self.splitting;
        if self.is_full() {
            // the source's rank; elsewhere it is found
            settings.nystrom_rank = Some(RANK);
        }
        settings.newton = Switch::Off;
        settings.working_set = Switch::Off;
        settings
    }
}

/// The time limit decides, not this.
const MOST_ITERATIONS: usize = 100_000;
