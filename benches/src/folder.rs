//! A folder of mixed text and binaries, the same bytes on every machine.

use std::fs;
use std::io;
use std::path::Path;

/// Fills `folder` with files of 1 kB to 8 MB until they hold `megabytes`: half text-like, a quarter binary records,
/// a quarter incompressible, as an image's layers or a jar would be.
pub fn fill(folder: &Path, megabytes: u64) -> io::Result<()> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut left = megabytes * 1_000_000;
    for number in 0_usize.. {
        if left == 0 {
            break;
        }
        let size = (1_000_u64 << random.below(14)).min(left);
        left -= size;
        let size = usize::try_from(size).expect("8 MB at most");
        let (bytes, extension) = match number % 4 {
            0 | 1 => (text(&mut random, size), "txt"),
            2 => (records(&mut random, size), "dat"),
            _ => (noise(&mut random, size), "bin"),
        };
        let place = folder.join(format!("d{:02}", number / 4 % 50));
        fs::create_dir_all(&place)?;
        fs::write(place.join(format!("f{number:05}.{extension}")), bytes)?;
    }
    Ok(())
}

/// Lines of words from a vocabulary of 4,096, some more frequent: gzip compresses it to about a third.
fn text(random: &mut Random, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 16);
    while bytes.len() < size {
        let rank = random.below(4096).min(random.below(4096));
        let mut word = Random(rank.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
        for _ in 0..2 + word.below(8) {
            bytes.push(b"etaoinshrdlucmfwypvbgkjq"[usize::try_from(word.below(24)).expect("below 24")]);
        }
        bytes.push(if random.below(12) == 0 { b'\n' } else { b' ' });
    }
    bytes.truncate(size);
    bytes
}

/// Records of 32 bytes: a counter, small numbers, zeros, and four random bytes.
fn records(random: &mut Random, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 32);
    for counter in 0_u64.. {
        if bytes.len() >= size {
            break;
        }
        bytes.extend(counter.to_le_bytes());
        bytes.extend(random.below(1000).to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(&random.next().to_le_bytes()[..4]);
    }
    bytes.truncate(size);
    bytes
}

fn noise(random: &mut Random, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend(random.next().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Xorshift64*: not for secrets, but the same bytes on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }
}
