//! Odd but plausible documents: by a grammar, by mutation, and as a soup of what YAML is made of.

/// Random numbers from a seed: the same documents on any machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// The first choice mostly.
    fn mostly<'a>(&mut self, usual: &'a str, odd: &[&'a str]) -> &'a str {
        if self.chance(93) { usual } else { self.pick(odd) }
    }
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "key",
    "value",
    "type",
    "é",
    "日本",
    "😀",
    "x y",
    "a-b",
    "a.b/c@sha256:0",
    "http://h:80/p?q=1#f",
    "1",
    "0x1F",
    "0644",
    "1_000",
    "1.10",
    "1e3",
    ".5",
    "-1",
    "+1",
    "12:30:45",
    "2024-01-01",
    "yes",
    "no",
    "on",
    "y",
    "~",
    "null",
    "true",
    "=",
    "<<",
    "a:b",
    ":a",
    "a:",
    "::",
    "a?",
    "?a",
    "a?b",
    "?",
    "-",
    "--",
    "-a",
    "a#b",
    "a #b",
    "#a",
    "a, b",
    "a,b",
    "a[b",
    "a]",
    "a{b",
    "a}",
    "a\"b",
    "a'b",
    "a!b",
    "!a",
    "a&b",
    "a*b",
    "*a",
    "&a b",
    "a|b",
    "a>b",
    "%a",
    "@a",
    "`a",
    "a\\b",
    "a\tb",
    "a\t",
    "\ta",
    "a\u{a0}b",
    "\u{a0}",
    "---",
    "...",
    "--- a",
    "... a",
    "a - b",
    "- a",
    "a: b",
    "a :b",
    ",",
    "\u{200b}",
    "\u{e000}",
    "\u{fffd}",
    "",
];

const ESCAPES: &[&str] = &[
    "\\n",
    "\\t",
    "\\\"",
    "\\\\",
    "\\/",
    "\\N",
    "\\L",
    "\\P",
    "\\_",
    "\\0",
    "\\a",
    "\\b",
    "\\e",
    "\\f",
    "\\r",
    "\\v",
    "\\ ",
    "\\\t",
    "\\x41",
    "\\x85",
    "\\xe9",
    "\\u0085",
    "\\u2028",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\ude00",
    "\\U0001f600",
    "\\U00110000",
    "\\'",
    "\\q",
    "\\x4",
    "\\\n",
    "\\\n  ",
    "\\\n\n ",
    "\\\r\n ",
    "\\u+041",
];

const SPACES: &[&str] = &["", "  ", "\t", " \t", "\t ", "   "];

const SOUP: &[&str] = &[
    " ", "  ", "\n", "\n", "\n ", "\n  ", "\n    ", "\t", "\r\n", "\r", "- ", "-", "-\t", "? ", "?", ": ",
    ":", ":\t", ", ", ",", "[", "]", "{", "}", "#", " #", " # c\n", "|\n", ">\n", "|-\n", ">+\n", "|2\n",
    "\"", "\"", "'", "'", "''", "\\", "a", "b", "key: ", "a: b\n", "- a\n", "\"a\"", "'b'", "&a ", "*a",
    "*a ", "!", "!!str ", "!t ", "%", "---\n", "--- ", "...\n", "<<: ", "@", "`", "~", "1", "é", "\u{a0}",
    "=",
];

/// What a reader may take for the end of a line, or for nothing at all.
const CONTROL: &[&str] =
    &["\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{feff}", "\0", "\u{7f}", "\u{b}", "\u{c}", "\u{9b}"];

/// One document. `samples` are mutated now and then.
pub fn document(random: &mut Random, samples: &[String]) -> String {
    let mut text = match random.below(20) {
        0..12 => grammar(random),
        12..17 => {
            let text = grammar(random);
            mutated(random, &text)
        }
        17 if !samples.is_empty() => {
            let sample = samples[random.below(samples.len())].clone();
            mutated(random, &sample)
        }
        _ => (0..=random.below(14)).map(|_| random.pick(SOUP)).collect(),
    };
    match random.below(16) {
        0 => text = text.replace('\n', "\r\n"),
        1 => {
            let odd = random.pick(&["\r", "\u{85}", "\u{2028}", "\u{2029}", "\n\n", "\t\n", " \n", "\n\r"]);
            text = replaced_once(random, &text, "\n", odd);
        }
        3 if random.chance(50) => {
            let at = random.below(text.chars().count() + 1);
            let at = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
            text.insert_str(at, random.pick(CONTROL));
        }
        2 => {
            let odd = random.pick(SPACES);
            text = replaced_once(random, &text, " ", odd);
        }
        _ => {}
    }
    text
}

fn replaced_once(random: &mut Random, text: &str, what: &str, with: &str) -> String {
    let places: Vec<_> = text.match_indices(what).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = places[random.below(places.len())];
    format!("{}{with}{}", &text[..at], &text[at + what.len()..])
}

/// A few characters inserted, removed, replaced or moved.
fn mutated(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(characters.len() + 1);
        let odd: Vec<_> = random.pick(SOUP).chars().collect();
        match random.below(4) {
            0 => drop(characters.splice(at..at, odd)),
            1 => drop(characters.drain(at..(at + 1 + random.below(3)).min(characters.len()))),
            2 => drop(characters.splice(at..(at + 1).min(characters.len()), odd)),
            _ => {
                let end = (at + random.below(8)).min(characters.len());
                let piece = characters[at..end].to_vec();
                let to = random.below(characters.len() + 1);
                characters.splice(to..to, piece);
            }
        }
    }
    characters.into_iter().collect()
}

fn grammar(random: &mut Random) -> String {
    let before = random.mostly(
        "",
        &[
            "---\n",
            "--- ",
            "# c\n",
            "...\n",
            "\n",
            "---\t\n",
            "--- # c\n",
            " ",
            "%YAML 1.1\n---\n",
            "--- |\n a\n",
        ],
    );
    let behind = random.mostly(
        "\n",
        &[
            "",
            "\n...\n",
            "\n---\n",
            "\n# c",
            "\n\n",
            "\t\n",
            "\n... # c\n",
            "\n...x\n",
            " # c",
            "\n...\n# c\n",
            "\n...\n---\nb\n",
            "\n\t",
        ],
    );
    let body = block(random, 0, 0);
    format!("{before}{}{behind}", body.trim_start_matches('\n'))
}

/// A value that begins on a line of its own, at an indentation, with the line end before it.
fn block(random: &mut Random, indent: usize, depth: usize) -> String {
    let deep = depth > 3;
    match random.below(if deep { 2 } else { 10 }) {
        0 => format!("\n{}{}", margin(random, indent), scalar(random, indent, false)),
        1 => format!("\n{}{}", margin(random, indent), flow(random, indent, depth)),
        2..8 => (0..=random.below(3)).map(|n| entry(random, indent, depth, n)).collect(),
        _ => (0..=random.below(3)).map(|_| item(random, indent, depth)).collect(),
    }
}

fn margin(random: &mut Random, indent: usize) -> String {
    let odd = if random.chance(2) { random.below(3) } else { 0 };
    let tab = if random.chance(1) { "\t" } else { "" };
    let mut margin = " ".repeat((indent + odd).saturating_sub(usize::from(random.chance(1))));
    margin.push_str(tab);
    margin
}

fn comment(random: &mut Random, indent: usize) -> String {
    match random.below(24) {
        0 => format!("\n{}# c: [d", " ".repeat(indent)),
        1 => "\n# c".to_owned(),
        2 => "\n".to_owned(),
        3 => format!("\n{}", random.pick(&["  ", "\t", "    ", "\t# c", " \t"])),
        _ => String::new(),
    }
}

fn entry(random: &mut Random, indent: usize, depth: usize, n: usize) -> String {
    let mut key = if random.chance(80) { format!("k{n}") } else { scalar(random, indent, true) };
    if random.chance(4) {
        key.insert_str(0, random.pick(&["? ", "&a ", "!!str ", "!t ", "*a ", "- "]));
    }
    let colon = random.mostly(":", &[" :", ":", ":\t", "  :", "\n:", " # c\n:", ""]);
    let before = comment(random, indent);
    let start = margin(random, indent);
    format!("{before}\n{start}{key}{colon}{}", value(random, indent, depth, false))
}

fn item(random: &mut Random, indent: usize, depth: usize) -> String {
    let before = comment(random, indent);
    let start = margin(random, indent);
    if random.chance(15) {
        let nested = entry(random, indent + 2, depth + 1, 0);
        return format!("{before}\n{start}- {}", nested.trim_start());
    }
    if random.chance(6) {
        return format!("{before}\n{start}- - a\n{start}  - {}", scalar(random, indent + 2, false));
    }
    format!("{before}\n{start}-{}", value(random, indent, depth, true))
}

/// What follows `key:` or `-`.
fn value(random: &mut Random, indent: usize, depth: usize, in_sequence: bool) -> String {
    let space = random.mostly(" ", SPACES);
    let tail = random.mostly("", &[" # c", "#c", " #c", "\t# c", "\t", "  ", " ,", " :", "\n\n"]);
    let property = random.mostly("", &["", "", "&a ", "!!str ", "!t ", "! ", "!<x> ", "&a.b ", "&a !!str "]);
    match random.below(12) {
        0..5 => format!("{space}{property}{}{tail}", scalar(random, indent, false)),
        5 | 6 => format!("{space}{property}{}{tail}", flow(random, indent + 1, depth)),
        7 | 8 => format!("{space}{}", literal(random, indent)),
        9 => tail.to_owned(),
        10 if !in_sequence => format!(
            "{tail}{}",
            (0..=random.below(2)).map(|_| item(random, indent, depth + 1)).collect::<String>()
        ),
        _ => {
            let deeper = indent + 1 + random.below(3);
            format!("{tail}{}", block(random, deeper, depth + 1))
        }
    }
}

fn scalar(random: &mut Random, indent: usize, key: bool) -> String {
    let fold = |random: &mut Random| {
        if random.chance(if key { 3 } else { 12 }) {
            let deeper = random.below(3);
            let odd = random.mostly("", &["\t", "# c", "- ", "\n", " \n", "\t\n", "--- ", "... ", "? "]);
            format!("\n{}{odd}", " ".repeat((indent + deeper).saturating_sub(usize::from(random.chance(10)))))
        } else {
            " ".to_owned()
        }
    };
    match random.below(10) {
        0..5 => {
            // the first are harmless everywhere
            let plain = |random: &mut Random| {
                if random.chance(60) { random.pick(&WORDS[..12]) } else { random.pick(WORDS) }
            };
            let mut text = plain(random).to_owned();
            while random.chance(25) {
                text = format!("{text}{}{}", fold(random), plain(random));
            }
            text
        }
        5 | 6 => {
            let mut text = random.pick(WORDS).replace('\'', "''");
            while random.chance(30) {
                text = format!("{text}{}{}", fold(random), random.pick(WORDS).replace('\'', "''"));
            }
            format!("'{text}'")
        }
        _ => {
            let quoted = |random: &mut Random| random.pick(WORDS).replace('\\', "\\\\").replace('"', "\\\"");
            let mut text = quoted(random);
            while random.chance(40) {
                let next = if random.chance(60) { random.pick(ESCAPES).to_owned() } else { fold(random) };
                text = format!("{text}{next}{}", quoted(random));
            }
            format!("\"{text}\"")
        }
    }
}

fn literal(random: &mut Random, indent: usize) -> String {
    let style = random.pick(&["|", ">"]);
    let header = random
        .mostly("", &["-", "+", "2", "1", "-2", "2-", "+1", "0", "9", "- # c", " # c", "#c", "\t", "x"]);
    let mut text = format!("{style}{header}");
    let inner = indent + 1 + random.below(3);
    for _ in 0..=random.below(4) {
        let content = random.mostly(
            "text",
            &[
                "",
                " more",
                "\t",
                "\ttab",
                "# c",
                "- a",
                "k: v",
                "---",
                "...",
                "end ",
                "end\t",
                "\\n",
                "é",
                "a\u{2028}b",
                "   ",
            ],
        );
        let margin = match random.below(20) {
            0 => inner + 1,
            1 => inner.saturating_sub(1),
            2 => 0,
            _ => inner,
        };
        text.push('\n');
        text.push_str(&" ".repeat(margin));
        text.push_str(content);
    }
    text.push_str(random.mostly("", &["\n", "\n\n", "\n  ", "\n   \n", "\n# c", "\n\t"]));
    text
}

fn flow(random: &mut Random, indent: usize, depth: usize) -> String {
    let space = |random: &mut Random| match random.below(20) {
        0 => format!("\n{}", " ".repeat(indent + 1)),
        1 => format!(" # c\n{}", " ".repeat(indent + 1)),
        2 => random.pick(&["\t", "\n", "\n\t", "#c\n", "  ", "\n# c\n  "]).to_owned(),
        3..10 => " ".to_owned(),
        _ => String::new(),
    };
    let value = |random: &mut Random| {
        let property = random.mostly("", &["&a ", "!!str ", "*a", "!t "]);
        let text = if depth < 4 && random.chance(20) {
            flow(random, indent, depth + 1)
        } else {
            scalar(random, indent, false)
        };
        format!("{property}{text}")
    };
    let mut parts = Vec::new();
    let mapping = random.chance(50);
    for n in 0..random.below(4) {
        let pair = if mapping { random.chance(90) } else { random.chance(10) };
        let mut part = space(random);
        if pair {
            let key = match random.below(5) {
                0 => scalar(random, indent, true),
                1 => format!("\"k{n}\""),
                _ => format!("k{n}"),
            };
            let colon = random.mostly(": ", &[":", " :", ":\t", "\n: ", " : ", ":\n ", ""]);
            part.push_str(random.mostly("", &["? ", "?", "&a ", "- "]));
            part.push_str(&key);
            part.push_str(colon);
            if random.chance(90) {
                part.push_str(&value(random));
            }
        } else if random.chance(95) {
            part.push_str(&value(random));
        }
        part.push_str(&space(random));
        parts.push(part);
    }
    let mut inside = parts.join(",");
    inside.push_str(random.mostly("", &[",", ", ", ",,", " ,", "\n", ":", "?", "-"]));
    if mapping { format!("{{{inside}}}") } else { format!("[{inside}]") }
}
