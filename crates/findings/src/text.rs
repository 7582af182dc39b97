//! Text from outside: which characters a reader cannot see. Bytes as text: hex.

use std::borrow::Cow;

/// Whether a character is not seen on a terminal or a page, or looks like an ordinary space: control and format
/// characters (also bidirectional ones), all that Unicode lets a font ignore (`Default_Ignorable_Code_Point`: soft hyphen,
/// joiners, fillers, variation selectors, tags), separators and spaces other than U+0020, private use, noncharacters.
pub fn is_invisible(char: char) -> bool {
    char.is_control()
        || char.is_whitespace() && char != ' '
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
        || u32::from(char) & 0xfffe == 0xfffe
}

/// Characters of a file's value that a message quotes.
const LONGEST_QUOTE: usize = 60;

/// A value of a file, short enough for a message: a whole key or archive would hide what is wrong with it.
pub fn excerpt(value: &str) -> Cow<'_, str> {
    shortened(value, LONGEST_QUOTE)
}

/// The first characters of a longer text, and how many there are.
pub(crate) fn shortened(value: &str, longest: usize) -> Cow<'_, str> {
    match value.char_indices().nth(longest) {
        None => Cow::Borrowed(value),
        Some((end, _)) => {
            let (shown, _) = value.split_at(end);
            Cow::Owned(format!("{shown}…, {} characters", value.chars().count()))
        }
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let (fits, longer) = ("é".repeat(LONGEST_QUOTE), "é".repeat(LONGEST_QUOTE + 1));
        assert_eq!(excerpt(&fits), fits);
        assert_eq!(excerpt(&longer), format!("{fits}…, 61 characters"));
    }

    #[test]
    fn what_people_write_is_visible() {
        for char in "aZ09 -_.@é漢字کھ한ก🔑ßøı€†…\u{301}".chars() {
            assert!(!is_invisible(char), "{char:?}");
        }
    }

    /// Python knows general categories. `IGNORABLE` lists what has another category and is ignored anyway.
    const JUDGE: &str = "
import unicodedata
for number in range(0x110000):
    if unicodedata.category(chr(number)) in ('Cc', 'Cf', 'Zl', 'Zp', 'Zs', 'Co'): print(number)
";
    /// Format characters that are seen: number signs and marks around Arabic, Syriac and Kaithi digits.
    const SEEN: [char; 14] = [
        ' ',
        '\u{600}',
        '\u{601}',
        '\u{602}',
        '\u{603}',
        '\u{604}',
        '\u{605}',
        '\u{6dd}',
        '\u{70f}',
        '\u{890}',
        '\u{891}',
        '\u{8e2}',
        '\u{110bd}',
        '\u{110cd}',
    ];
    /// Ignorable by a font, by `DerivedCoreProperties.txt`, although letters, marks or not assigned; and blank ones.
    const IGNORABLE: &str = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180c}\u{180d}\u{180f}\u{2065}\u{2800}\
                             \u{3164}\u{fe00}\u{fe0f}\u{ffa0}\u{fff0}\u{fff8}\u{e0000}\u{e0100}\u{e01ef}\u{e0fff}\u{fdd0}\u{ffff}";

    #[test]
    fn python_has_the_same_categories() {
        assert!(IGNORABLE.chars().all(is_invisible));
        assert!(!SEEN.into_iter().any(is_invisible));
        let Ok(output) = Command::new("python3").args(["-c", JUDGE]).output() else {
            return eprintln!("skipped: python3 is not installed");
        };
        let numbers = String::from_utf8(output.stdout).unwrap();
        let judged: Vec<_> =
            numbers.lines().filter_map(|line| char::from_u32(line.parse().unwrap())).collect();
        assert!(judged.len() > 137_000, "{}", judged.len());
        for char in judged {
            assert_eq!(is_invisible(char), !SEEN.contains(&char), "{char:?}");
        }
    }
}
