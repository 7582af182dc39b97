//! The length of an age file's header, limited before it is parsed: age has no limit, and its time grows with the
//! square of the length, so that a stranger's file could take hours.

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

/// How many bytes may still be read; `None` once the limit was lifted.
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
        let (buffer, _) = buffer.split_at_mut(most);
        let read = self.file.read(buffer)?;
        self.limit.0.set(Some(left.saturating_sub(read as u64)));
        Ok(read)
    }
}

/// Seeking does not count: age seeks only within the payload.
impl<R: Seek> Seek for Limited<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
