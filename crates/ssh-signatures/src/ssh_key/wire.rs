//! SSH's own encoding of bytes (RFC 4251, section 5): `uint32`, `string = uint32 length || bytes`, `mpint`.

/// The bytes end, or are not canonical, within the named field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {0} is damaged")]
pub struct Damaged(pub &'static str);

/// Reads fields in order. Every length is compared with the rest before anything is taken.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged(field))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Damaged> {
        self.take(N, field)?.try_into().map_err(|_| Damaged(field))
    }

    pub(crate) fn number(&mut self, field: &'static str) -> Result<u32, Damaged> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.number(field)?).map_err(|_| Damaged(field))?;
        self.take(length, field)
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.string(field)?).map_err(|_| Damaged(field))
    }

    /// A positive `mpint` in its shortest form, without the zero that keeps its sign: one number has one encoding, so that
    /// keys can be compared by their bytes.
    pub(crate) fn positive(&mut self, field: &'static str) -> Result<&'a [u8], Damaged> {
        match self.string(field)? {
            [0, rest @ ..] if matches!(rest, [0x80..=0xff, ..]) => Ok(rest),
            number @ [1..=0x7f, ..] => Ok(number),
            _ => Err(Damaged(field)),
        }
    }

    /// What is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Nothing may follow.
    pub(crate) fn end(self) -> Result<(), Damaged> {
        if self.0.is_empty() { Ok(()) } else { Err(Damaged("end, where more bytes follow,")) }
    }
}

/// Appends a `string`.
#[expect(clippy::expect_used, reason = "keys, digests and signatures are far below 4 GiB")]
pub(crate) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a field is shorter than 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a positive big-endian number as `mpint`.
pub(crate) fn put_positive(out: &mut Vec<u8>, number: &[u8]) {
    let mut digits = number;
    while let [0, rest @ ..] = digits {
        digits = rest;
    }
    let sign: &[u8] = if matches!(digits, [0x80..=0xff, ..]) { &[0] } else { &[] };
    put(out, &[sign, digits].concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_encoding() {
        let read = |bytes: &[u8]| {
            let mut out = Vec::new();
            put(&mut out, bytes);
            Reader::new(&out).positive("n").map(<[u8]>::to_vec)
        };
        assert_eq!(read(&[1]), Ok(vec![1]));
        assert_eq!(read(&[0, 0x80]), Ok(vec![0x80]));
        for wrong in [&[][..], &[0], &[0, 0], &[0, 1], &[0x80], &[0xff, 1], &[0, 0, 0x80]] {
            assert_eq!(read(wrong), Err(Damaged("n")), "{wrong:?}");
        }
        for number in [&[1][..], &[0x80], &[0x7f, 0], &[0xff; 66], &[1, 0]] {
            let mut out = Vec::new();
            put_positive(&mut out, &[&[0, 0], number].concat());
            assert_eq!(Reader::new(&out).positive("n"), Ok(number));
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_before_anything_is_taken() {
        for bytes in [&[][..], &[0, 0, 0], &[0, 0, 0, 1], &[0xff; 4], &[0xff, 0xff, 0xff, 0xff, 1]] {
            assert_eq!(Reader::new(bytes).string("s"), Err(Damaged("s")));
        }
    }
}
