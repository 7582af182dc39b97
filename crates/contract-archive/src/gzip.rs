//! One gzip member, deflated block by block on several threads; the bytes do not depend on how many.
//!
//! Each block is deflated with the 32 KiB before it as dictionary and ends on a byte boundary (as pigz does it), so
//! blocks are independent work and their concatenation is one deflate stream (RFC 1951). Block size,
//! level and sample are part of the format of our archives: others give other bytes.

use std::{
    collections::VecDeque,
    io::{self, Write},
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

const BLOCK: usize = 256 * 1024;
const DICTIONARY: usize = 32 * 1024;
/// Bytes of a block, in eight pieces, that decide whether it is deflated.
const SAMPLE: usize = 16 * 1024;
/// Blocks for each worker, waiting or done: enough that none waits for a slow one, half a megabyte each.
const IN_FLIGHT: usize = 8;
/// As `gzip`'s default.
const LEVEL: Compression = Compression::new(6);
/// RFC 1952: magic, deflate, no flags, no time, no extra flags, system unknown.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Compresses what is written to it; [`GzipWriter::finish`] must be called.
pub struct GzipWriter<W> {
    out: W,
    workers: NonZeroUsize,
    block: Vec<u8>,
    dictionary: Vec<u8>,
    crc: Crc,
    pool: Option<Pool>,
    pending: VecDeque<Receiver<io::Result<Vec<u8>>>>,
}

impl<W: Write> GzipWriter<W> {
    /// Writes the header. Threads are started with the second block: small archives need none.
    pub fn new(mut out: W, workers: NonZeroUsize) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        let block = Vec::with_capacity(BLOCK);
        Ok(Self {
            out,
            workers,
            block,
            dictionary: Vec::new(),
            crc: Crc::new(),
            pool: None,
            pending: VecDeque::new(),
        })
    }

    /// Writes the last block and the trailer: CRC-32 and size of the input.
    pub fn finish(mut self) -> io::Result<W> {
        self.dispatch(FlushCompress::Finish)?;
        while self.write_oldest()? {}
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.out)
    }

    fn dispatch(&mut self, flush: FlushCompress) -> io::Result<()> {
        let input = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.crc.update(&input);
        let (_, tail) =
            input.split_at_checked(input.len().saturating_sub(DICTIONARY)).ok_or_else(miscounted)?;
        let tail = tail.to_vec();
        let dictionary = std::mem::replace(&mut self.dictionary, tail);
        let job = Job { input, dictionary, flush };
        let first = self.pool.is_none() && matches!(flush, FlushCompress::Finish);
        let pool =
            if first { None } else { Some(self.pool.get_or_insert_with(|| Pool::start(self.workers))) };
        // if no thread can be started, this one works
        let Some(pool) = pool.filter(|pool| !pool.threads.is_empty()) else {
            return self.out.write_all(&job.deflate(&mut deflater())?);
        };
        let (reply, result) = sync_channel(1);
        pool.jobs.send((job, reply)).map_err(|_| stopped())?;
        self.pending.push_back(result);
        // enough in flight to keep every worker busy, and no more, so that memory stays flat
        while self.pending.len() > IN_FLIGHT * self.workers.get() {
            self.write_oldest()?;
        }
        Ok(())
    }

    fn write_oldest(&mut self) -> io::Result<bool> {
        let Some(result) = self.pending.pop_front() else { return Ok(false) };
        let deflated = result.recv().map_err(|_| stopped())??;
        self.out.write_all(&deflated)?;
        Ok(true)
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full block waits for the next byte: the last block is the one that ends the stream
        if self.block.len() == BLOCK {
            self.dispatch(FlushCompress::Sync)?;
        }
        let taken = bytes.get(..BLOCK - self.block.len()).unwrap_or(bytes);
        self.block.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Job {
    input: Vec<u8>,
    dictionary: Vec<u8>,
    flush: FlushCompress,
}

impl Job {
    fn deflate(&self, deflater: &mut Compress) -> io::Result<Vec<u8>> {
        let level = if self.is_worth_it(deflater)? { LEVEL } else { Compression::none() };
        start(deflater, level)?;
        if !self.dictionary.is_empty() {
            deflater.set_dictionary(&self.dictionary)?;
        }
        deflate(deflater, &self.input, self.flush)
    }

    /// Whether a sample of a full block shrinks. Compressed data (images, jars) would cost the most time without effect, and
    /// is stored.
    fn is_worth_it(&self, deflater: &mut Compress) -> io::Result<bool> {
        if self.input.len() < BLOCK {
            return Ok(true);
        }
        let pieces = self.input.chunks(BLOCK / 8).filter_map(|chunk| chunk.get(..SAMPLE / 8));
        let sample = pieces.collect::<Vec<_>>().concat();
        start(deflater, Compression::fast())?;
        Ok(deflate(deflater, &sample, FlushCompress::Finish)?.len() < SAMPLE - SAMPLE / 64)
    }
}

fn start(deflater: &mut Compress, level: Compression) -> io::Result<()> {
    deflater.reset();
    Ok(deflater.set_level(level)?)
}

fn deflate(deflater: &mut Compress, input: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut output = Vec::with_capacity(input.len() + input.len() / 8 + 64);
    loop {
        let consumed = usize::try_from(deflater.total_in()).ok();
        let rest = consumed.and_then(|consumed| input.get(consumed..)).ok_or_else(miscounted)?;
        let status = deflater.compress_vec(rest, &mut output, flush)?;
        // room left over means that everything, the flush included, is out (zlib's manual, deflate)
        if status == Status::StreamEnd || output.len() < output.capacity() {
            return Ok(output);
        }
        output.reserve(BLOCK);
    }
}

fn deflater() -> Compress {
    Compress::new(LEVEL, false)
}

/// Bytes would be lost: the deflater has read more than it was given.
fn miscounted() -> io::Error {
    io::Error::other("internal error: a compression thread miscounted")
}

fn stopped() -> io::Error {
    io::Error::other("a compression thread stopped")
}

type Reply = SyncSender<io::Result<Vec<u8>>>;

struct Pool {
    jobs: SyncSender<(Job, Reply)>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    fn start(workers: NonZeroUsize) -> Self {
        let (jobs, queue) = sync_channel::<(Job, Reply)>(IN_FLIGHT * workers.get());
        let queue = Arc::new(Mutex::new(queue));
        let work = |queue: Arc<Mutex<Receiver<(Job, Reply)>>>| {
            move || {
                let mut deflater = deflater();
                // the lock is held while waiting for a job, and not while working on it
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((job, reply)) = next() {
                    // nobody listening means that the writer failed already
                    let _ = reply.send(job.deflate(&mut deflater));
                }
            }
        };
        let start = |_| std::thread::Builder::new().spawn(work(Arc::clone(&queue))).ok();
        let threads = (0..workers.get()).map_while(start).collect();
        Self { jobs, threads }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // a closed queue ends the threads
        let (closed, _) = sync_channel(0);
        self.jobs = closed;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
