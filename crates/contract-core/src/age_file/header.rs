//! The length of an age file's header, limited before it is parsed: age sets no limit of its own, and its time grows with
//! the square of the length, so that a stranger's file could keep us busy for hours.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Bytes of the file that are read before its header must have ended; a recipient takes about a hundred.
pub const LONGEST: u64 = 32 << 10;

/// A file that ends in an error after [`LONGEST`] bytes, until the limit is lifted.
#[derive(Debug)]
pub struct Limited<R> {
    file: R,
    limit: Rc<Limit>,
}

/// What may still be read; none once it was lifted.
#[derive(Debug)]
pub struct Limit(Cell<Option<u64>>);

impl Limit {
    /// The header was read: what follows may be of any length.
    pub fn lift(&self) {
        self.0.set(None);
    }

    /// Whether it was the limit that ended the file.
    pub fn was_hit(&self) -> bool {
        self.0.get() == Some(0)
    }
}

impl<R> Limited<R> {
    /// The file, and the handle that lifts its limit.
    pub fn new(file: R) -> (Self, Rc<Limit>) {
        let limit = Rc::new(Limit(Cell::new(Some(LONGEST))));
        (Self { file, limit: Rc::clone(&limit) }, limit)
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.limit.0.get() else { return self.file.read(buffer) };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the header does not end"));
        }
        let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.limit.0.set(Some(left.saturating_sub(read as u64)));
        Ok(read)
    }
}

/// Only what was read forward counts: age seeks within the payload alone.
impl<R: Seek> Seek for Limited<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
