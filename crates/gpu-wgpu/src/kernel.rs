/// How a kernel sees an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The struct of its parameters, uniform.
    Params,
    /// Read only.
    Read,
    /// Read and written.
    Write,
}

/// The shape of a kernel's group of invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// `side x side`, on tiles.
    Square,
    /// [`LANES`] in a row, on vectors.
    Line,
}

/// Groups along a dimension of a dispatch.
pub(crate) const MOST_GROUPS: usize = 65_535;
/// Invocations of a group that works on vectors.
pub(crate) const LANES: u32 = 64;
/// Numbers of a vector that such a group goes through.
pub(crate) const BLOCK: usize = 1024;
/// Rows and columns of a tile that an invocation holds.
pub(crate) const HELD: u32 = 4;
/// Columns whose numbers are added up before those of others, whatever the tile: sums do not depend on it.
pub(crate) const UNIT: u32 = 32;
/// Rows that an adjoint product loads at a time.
pub(crate) const ROWS: u32 = 16;
/// Blocks that a descent moves together: one quadruple of mask bits.
pub(crate) const TOGETHER: usize = 4;
/// Rows that a group of a descent's image goes through.
pub(crate) const IMAGE_ROWS: usize = 64;
/// Directions that a descent keeps.
pub(crate) const MEMORY: usize = 6;

/// How large the kernels' tiles are. Sums are taken in one order whatever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tiling {
    side: u32,
    depth: u32,
}

impl Tiling {
    /// All that there are.
    pub const ALL: [Self; 6] = [
        Self::known(8, 2),
        Self::known(8, 4),
        Self::known(8, 8),
        Self::known(16, 2),
        Self::known(16, 4),
        Self::known(16, 8),
    ];

    const fn known(side: u32, depth: u32) -> Self {
        Self { side, depth }
    }

    /// Groups of `side x side` invocations, 8 or 16, that load four quadruples at a time.
    ///
    /// # Panics
    /// For another side: the packed bits of a tile must fill whole words.
    #[must_use]
    pub fn of_side(side: u32) -> Self {
        assert!(side == 8 || side == 16, "a side of 8 or 16");
        Self::known(side, 4)
    }

    /// Quadruples of coordinates of a tile that are loaded at a time.
    #[must_use]
    pub fn depth(self) -> u32 {
        self.depth
    }

    /// Invocations along a side.
    #[must_use]
    pub fn side(self) -> u32 {
        self.side
    }

    /// Rows, and columns, of a tile.
    #[must_use]
    pub fn tile(self) -> usize {
        (self.side * HELD) as usize
    }

    /// Invocations of a group.
    #[must_use]
    pub fn invocations(self) -> u32 {
        self.side * self.side
    }

    /// Memory that a group shares: two tiles of coordinates, a tile of images and their bits.
    #[must_use]
    pub fn shared_bytes(self) -> u64 {
        let tile = u64::from(self.side * HELD);
        2 * tile * u64::from(self.depth) * 16 + tile * tile * 4 + tile * u64::from(self.side) * 4
    }
}

/// A compute shader and how it is called.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// The name of its files.
    pub name: &'static str,
    /// Its own text.
    pub text: &'static str,
    /// Its group.
    pub group: Group,
    /// Its arrays, the parameters first.
    pub bindings: &'static [Binding],
    /// Names of its parameters and their offsets.
    pub fields: &'static [(&'static str, usize)],
}

const PRELUDE: &str = include_str!("kernels/prelude.wgsl");

impl Kernel {
    /// The whole text for a tiling: the constants of this file, the shared functions, its own.
    #[must_use]
    pub(crate) fn source(&self, tiling: Tiling) -> String {
        let side = tiling.side();
        let (x, y) = match self.group {
            Group::Square => (side, side),
            Group::Line => (LANES, 1),
        };
        let constants = [
            ("SIDE", side),
            ("HELD", HELD),
            ("TILE", side * HELD),
            ("DEPTH", tiling.depth()),
            ("UNIT", UNIT),
            ("ROWS", ROWS),
            ("LANES", LANES),
            ("BLOCK", number(BLOCK)),
            ("IMAGE_ROWS", number(IMAGE_ROWS)),
            ("MEMORY", number(MEMORY)),
            ("GROUP_X", x),
            ("GROUP_Y", y),
        ];
        let mut text = String::new();
        for (name, value) in constants {
            text.push_str(&format!("const {name}: u32 = {value}u;\n"));
        }
        text.push_str(PRELUDE);
        text.push_str(self.text);
        text
    }
}

/// A small constant as the shaders have it.
const fn number(value: usize) -> u32 {
    assert!(value < 1 << 16, "a small constant");
    #[expect(clippy::cast_possible_truncation, reason = "below 2^16, as asserted")]
    let value = value as u32;
    value
}

/// The parameters of a kernel: 32-bit numbers in the order of the shader's struct.
macro_rules! params {
    ($($field:ident: $kind:ty),+ $(,)?) => {
        /// The parameters, as the shader's struct has them.
        #[repr(C)]
        #[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
        pub(crate) struct Params {
            $(pub(crate) $field: $kind,)+
        }

        const FIELDS: &[(&str, usize)] = &[
            $((stringify!($field), core::mem::offset_of!(Params, $field)),)+
        ];
    };
}
pub(crate) use params;

/// A size as the shaders count it.
pub(crate) fn count(what: &'static str, got: usize) -> Result<u32, crate::GpuError> {
    match u32::try_from(got) {
        // products of two such sizes are formed in 32 bits by callers that have checked them
        Ok(value) if value < 1 << 31 => Ok(value),
        _ => Err(crate::GpuError::Count {
            what,
            got,
            limit: (1 << 31) - 1,
        }),
    }
}
