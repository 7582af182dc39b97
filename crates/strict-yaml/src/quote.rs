//! Writes a text so that every YAML reader reads the same text.

use zeroize::Zeroizing;

/// The text as a double-quoted scalar on one line. What a reader could fold, strip or refuse is escaped.
pub fn quote(text: &str) -> Zeroizing<String> {
    // a buffer that grows leaves a copy of a secret behind
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8 + 256));
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' => {
                quoted.push(c);
            }
            '\u{ff00}'..='\u{fffd}' | '\u{10000}'.. => quoted.push(c),
            _ => escape(&mut quoted, u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(quoted: &mut String, code: u32) {
    let (letter, digits) = if code <= 0xff { ('x', 2) } else { ('u', 4) };
    quoted.push('\\');
    quoted.push(letter);
    for place in (0..digits).rev() {
        quoted.extend(char::from_digit(code >> (4 * place) & 0xf, 16));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use proptest::prelude::*;

    use super::*;
    use crate::{Limits, Tags, parse};

    proptest! {
        #[test]
        fn our_reader_reads_back_what_was_quoted(text in any::<String>()) {
            let document = parse(&quote(&text), &Limits::default(), Tags::Refused).unwrap();
            prop_assert_eq!(document.root.text(), Some(&*text));
        }

        #[test]
        fn a_quoted_text_is_one_line(text in "[\\x00-\\x{ffff}]*") {
            let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\0'];
            prop_assert!(!quote(&text).contains(breaks), "an unescaped line break");
        }
    }

    /// `PyYAML` checks independently; without it the test prints that it was skipped.
    #[test]
    fn python_reads_back_what_was_quoted() {
        let every: String = (0..=0xffff).chain(0x1_f600..0x1_f610).filter_map(char::from_u32).collect();
        let script =
            "import sys, yaml; sys.stdout.buffer.write(yaml.safe_load(sys.stdin.buffer.read()).encode())";
        let mut python = Command::new("python3")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // python without the yaml module ends before it has read all
        let _ = python.stdin.take().unwrap().write_all(quote(&every).as_bytes());
        let output = python.wait_with_output().unwrap();
        if output.status.success() {
            assert!(output.stdout == every.as_bytes(), "PyYAML reads something else");
        } else {
            eprintln!("skipped: python3 has no yaml module");
        }
    }
}
