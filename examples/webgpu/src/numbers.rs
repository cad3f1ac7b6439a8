/// Numbers that are the same in every run (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Zeros and ones.
    pub(crate) fn mask(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| u8::from(self.bits() >> 63 == 1)).collect()
    }

    /// Between -1 and 1.
    pub(crate) fn vector(&mut self, len: usize) -> Vec<f32> {
        // 24 bits: every value is an f32
        let number = |bits: u64| (bits >> 40) as f32 / 8_388_608.0 - 1.0;
        (0..len).map(|_| number(self.bits())).collect()
    }
}
