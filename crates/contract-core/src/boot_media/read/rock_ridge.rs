//! Rock Ridge: names and modes in the system use areas (SUSP 1.12, RRIP 1.09).

use std::io::{Read, Seek};

use super::directory::{Directory, Record, both32};
use super::{Extent, ReadError, SECTOR};

/// Names of Rock Ridge as an extension, of all editions.
const IDENTIFIERS: [&[u8]; 3] = [b"RRIP_1991A", b"IEEE_P1282", b"IEEE_1282"];

/// Continuation areas of one record: each holds up to a sector, and could lead back to itself.
const MOST_CONTINUATIONS: usize = 8;

/// The longest name on Linux.
const LONGEST_NAME: usize = 255;

/// `SP` in the root's `.`: there is SUSP; the next byte is how many bytes precede it in every other record.
const BEGIN: &[u8] = b"SP\x07\x01\xbe\xef";

/// Gives the records of a root directory their Rock Ridge names, if there is Rock Ridge.
pub fn read(
    input: &mut (impl Read + Seek),
    directory: &mut Directory,
    volume: u64,
) -> Result<bool, ReadError> {
    let Some(dot) = directory.0.first() else { return Ok(false) };
    let Some(&skip) = dot.system_use.strip_prefix(BEGIN).and_then(<[u8]>::first) else { return Ok(false) };
    let mut found = false;
    entries(input, &dot.system_use, volume, &mut |signature, data| {
        // ER: three lengths, a version, then the identifier
        let identifier = || data.get(4..4 + usize::from(*data.first()?));
        found |= signature == b"ER" && identifier().is_some_and(|it| IDENTIFIERS.contains(&it));
        Ok(())
    })?;
    if !found {
        return Ok(false);
    }
    for record in &mut directory.0 {
        let skip = if record.is_itself() { 0 } else { usize::from(skip) };
        let area = record.system_use.get(skip..).unwrap_or_default().to_vec();
        let mut known = Known::default();
        entries(input, &area, volume, &mut |signature, data| known.take(*signature, data))?;
        known.apply(record);
    }
    Ok(true)
}

/// The facts in the entries of one record.
#[derive(Default)]
struct Known {
    name: Vec<u8>,
    name_complete: bool,
    strange: Option<&'static str>,
}

impl Known {
    fn take(&mut self, signature: [u8; 2], data: &[u8]) -> Result<(), ReadError> {
        match &signature {
            // flags: 1 continues, 2 and 4 mean `.` and `..`
            b"NM" if !self.name_complete => {
                let (flags, name) =
                    data.split_first().ok_or(ReadError::Damaged("a Rock Ridge name has no flags"))?;
                self.name.extend(name);
                self.name_complete = flags & 1 == 0;
                if self.name.len() > LONGEST_NAME {
                    return Err(ReadError::Damaged("a Rock Ridge name has more than 255 bytes"));
                }
            }
            // the kind of file is in the upper bits of the mode
            b"PX" => match both32(data, 0, "the mode of a file")? & 0o170_000 {
                0o100_000 => {}
                0o040_000 => self.strange = Some("a folder"),
                0o120_000 => self.strange = Some("a symbolic link"),
                _ => self.strange = Some("a special file"),
            },
            b"SL" => self.strange = Some("a symbolic link"),
            b"ZF" => self.strange = Some("compressed"),
            b"CL" | b"PL" | b"RE" => self.strange = Some("a relocated folder"),
            _ => {}
        }
        Ok(())
    }

    /// A record without a Rock Ridge name keeps its plain one.
    fn apply(self, record: &mut Record) {
        if !self.name.is_empty() {
            record.name = String::from_utf8_lossy(&self.name).into_owned();
        }
        record.strange = record.strange.or(self.strange);
    }
}

/// Takes signature and data of an entry.
type Each<'a> = &'a mut dyn FnMut(&[u8; 2], &[u8]) -> Result<(), ReadError>;

/// Calls `each` with signature and data of every entry, those in continuation areas included.
fn entries(
    input: &mut (impl Read + Seek),
    area: &[u8],
    volume: u64,
    each: Each<'_>,
) -> Result<(), ReadError> {
    let mut area = area.to_vec();
    for _ in 0..=MOST_CONTINUATIONS {
        let mut next = None;
        let mut rest = area.as_slice();
        // two letters, the length of the whole entry, a version; less than that is padding
        while let Some(([first, second, length, _version], _)) = rest.split_first_chunk::<4>() {
            let signature = [*first, *second];
            if signature == *b"ST" || *length == 0 {
                break;
            }
            let (entry, after) = rest
                .split_at_checked(usize::from(*length))
                .ok_or(ReadError::Damaged("a Rock Ridge entry is longer than its area"))?;
            let data = entry.get(4..).ok_or(ReadError::Damaged("a Rock Ridge entry is too short"))?;
            if signature == *b"CE" {
                next = Some(continuation(data)?);
            } else {
                each(&signature, data)?;
            }
            rest = after;
        }
        let Some((sector, skip, bytes)) = next else { return Ok(()) };
        // as Linux has it: within one sector
        if u64::from(skip) + u64::from(bytes) > SECTOR {
            return Err(ReadError::Damaged("a Rock Ridge continuation is longer than a sector"));
        }
        let place = Extent { sector, bytes: skip + bytes };
        if place.range().1 > volume {
            return Err(ReadError::Outside("a Rock Ridge continuation"));
        }
        let mut sector = Vec::new();
        place.open(&mut *input)?.read_to_end(&mut sector)?;
        area = sector.get(skip as usize..).ok_or(ReadError::Outside("a Rock Ridge continuation"))?.to_vec();
    }
    Err(ReadError::Damaged("its Rock Ridge continuations do not end"))
}

/// CE: sector, place in it, length.
fn continuation(data: &[u8]) -> Result<(u32, u32, u32), ReadError> {
    let number = |at| both32(data, at, "the place of a Rock Ridge continuation");
    Ok((number(0)?, number(8)?, number(16)?))
}
