use core::marker::PhantomData;

/// Numbers of 32 bits between places where a binding may begin.
pub(crate) const ALIGNED: usize = 64;

/// An array from some place on, as a kernel is given it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    buffer: &'a wgpu::Buffer,
    offset: u64,
}

impl<'a> Slice<'a> {
    pub(crate) fn whole(buffer: &'a wgpu::Buffer) -> Self {
        Self { buffer, offset: 0 }
    }

    pub(crate) fn buffer(self) -> &'a wgpu::Buffer {
        self.buffer
    }

    pub(crate) fn binding(self) -> wgpu::BindingResource<'a> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.buffer,
            offset: self.offset,
            size: None,
        })
    }
}

/// An array of numbers on the device.
#[derive(Debug)]
pub struct Buffer<T> {
    raw: wgpu::Buffer,
    len: usize,
    kind: PhantomData<T>,
}

impl<T> Buffer<T> {
    pub(crate) fn new(raw: wgpu::Buffer, len: usize) -> Self {
        Self {
            raw,
            len,
            kind: PhantomData,
        }
    }

    pub(crate) fn raw(&self) -> Slice<'_> {
        Slice::whole(&self.raw)
    }

    /// The numbers from the `at`-th on.
    ///
    /// # Panics
    /// If `at` is no multiple of [`ALIGNED`].
    pub(crate) fn from(&self, at: usize) -> Slice<'_> {
        assert!(at.is_multiple_of(ALIGNED), "a binding begins at 256 bytes");
        Slice {
            buffer: &self.raw,
            offset: (at * size_of::<T>()) as u64,
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        (self.len * size_of::<T>()) as u64
    }

    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
