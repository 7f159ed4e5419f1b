//! Opening a history, plain or packed.

use crate::pack::fault::{Fault, code};
use flate2::bufread::MultiGzDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// A reader that counts what goes through it.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let more = u64::try_from(read).unwrap_or(u64::MAX);
        self.read.set(self.read.get().saturating_add(more));
        Ok(read)
    }
}

/// A history that is open to be read.
pub(crate) struct Opened {
    /// How large the file is, in bytes.
    pub size: u64,
    /// Whether it is packed with gzip.
    pub packed: bool,
    pub(super) reader: Box<dyn BufRead>,
    pub(super) read: Rc<Cell<u64>>,
}

impl Opened {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        let size = file.metadata().map_or(0, |found| found.len());
        let read = Rc::new(Cell::new(0));
        let counted = Counted { inner: file, read: Rc::clone(&read) };
        let mut reader = BufReader::with_capacity(256 * 1024, counted);
        let packed = reader.fill_buf()?.starts_with(&[0x1F, 0x8B]);
        let reader: Box<dyn BufRead> = if packed {
            Box::new(BufReader::with_capacity(256 * 1024, MultiGzDecoder::new(reader)))
        } else {
            Box::new(reader)
        };
        Ok(Self { size, packed, reader, read })
    }
}

/// Says what to do about a file that breaks off.
pub(super) fn broken(faults: &mut [Fault], packed: bool) {
    for fault in faults.iter_mut().filter(|fault| fault.code == code::FILE_UNREADABLE) {
        if packed {
            fault.remedy =
                "the packed file is cut short or damaged: fetch it again, whole".to_owned();
        }
    }
}
