//! The SSH wire encoding (RFC 4251 §5): byte, uint32, string, mpint.

/// The bytes ended too early, went on too long, or held a number that is not written minimally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WireError;

/// Takes values off the front of a slice.
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'b [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, WireError> {
        self.bytes(1)?.first().copied().ok_or(WireError)
    }

    pub(crate) fn uint32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.bytes(4)?.try_into().map_err(|_| WireError)?))
    }

    pub(crate) fn string(&mut self) -> Result<&'b [u8], WireError> {
        let count = usize::try_from(self.uint32()?).map_err(|_| WireError)?;
        self.bytes(count)
    }

    /// A positive multiple-precision integer of at most 256 bits, as 32 bytes, big end first.
    ///
    /// Refused: zero, negative numbers, and any leading byte that the minimal form does not need.
    pub(crate) fn positive_256(&mut self) -> Result<[u8; 32], WireError> {
        let written = self.string()?;
        let magnitude = match written {
            [0, next, ..] if *next >= 0x80 => written.get(1..).ok_or(WireError)?,
            [first, ..] if (1..0x80).contains(first) => written,
            _ => return Err(WireError),
        };
        let mut number = [0u8; 32];
        let start = number.len().checked_sub(magnitude.len()).ok_or(WireError)?;
        number.get_mut(start..).ok_or(WireError)?.copy_from_slice(magnitude);
        Ok(number)
    }

    /// Whether everything was taken.
    pub(crate) fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError) }
    }
}

/// Appends a string. Everything written here is far below the 4 GiB that a string can hold.
pub(crate) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a positive multiple-precision integer, big end first, in its minimal form.
pub(crate) fn put_positive(out: &mut Vec<u8>, number: &[u8]) {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let magnitude = number.get(zeros..).unwrap_or_default();
    let mut written = Vec::new();
    if magnitude.first().is_some_and(|first| *first >= 0x80) {
        written.push(0);
    }
    written.extend_from_slice(magnitude);
    put_string(out, &written);
}
