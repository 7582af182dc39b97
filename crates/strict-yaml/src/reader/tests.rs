use proptest::prelude::*;

use crate::reader::*;

fn read(text: &str) -> Result<Document, Error> {
    parse(text, &Limits::default(), Tags::FileAndFolder)
}

fn slice<'t>(text: &'t str, path: &[&str]) -> &'t str {
    let document = read(text).unwrap();
    let node = path.iter().fold(&document.root, |node, name| node.entry(name).unwrap());
    &text[node.span.clone()]
}

#[test]
fn spans_are_the_bytes_of_the_value() {
    let text = "é: \"q ü\"  # c\nb: !file ä x   # c\nc: # | no\n  |-  # >\n  l1é\n  l2\n\nd: !folder |\n  play\ne: {é: [1, 2], f: 'x''y'}\nf:\n  g: h\n  i: j k\n\nk:\n";
    assert_eq!(slice(text, &["é"]), "\"q ü\"");
    assert_eq!(slice(text, &["b"]), "!file ä x");
    assert_eq!(slice(text, &["c"]), "|-  # >\n  l1é\n  l2\n\n");
    assert_eq!(slice(text, &["d"]), "!folder |\n  play\n");
    assert_eq!(slice(text, &["e"]), "{é: [1, 2], f: 'x''y'}");
    assert_eq!(slice(text, &["e", "é"]), "[1, 2]");
    assert_eq!(slice(text, &["e", "f"]), "'x''y'");
    assert_eq!(slice(text, &["f"]), "g: h\n  i: j k");
    assert_eq!(slice(text, &["f", "i"]), "j k");
    assert_eq!(slice(text, &["k"]), "");
}

#[test]
fn a_block_scalar_ends_before_the_next_line() {
    for end in ["\n", "\r\n"] {
        let text = "a:\n  b: |-\n    text\n  c: d\n".replace('\n', end);
        assert_eq!(slice(&text, &["a", "b"]), format!("|-{end}    text{end}"));
    }
}

#[test]
fn lines_and_columns_count_characters() {
    let document = read("a: 1\r\n\"é\": {ü: !file x}\r\n").unwrap();
    let (key, node) = &document.root.entries().unwrap()[1];
    assert_eq!((key.line, key.column, &*key.text), (2, 1, "é"));
    let (key, inner) = &node.entries().unwrap()[0];
    assert_eq!((key.line, key.column), (2, 7));
    assert_eq!((inner.line, inner.column, inner.tag), (2, 10, Some(Tag::File)));
}

#[test]
fn texts_are_what_libyaml_reads() {
    let text = "a: |\n  one\n  two\n\nb: >-\n  one\n  two\nc: 'it''s'\nd: \"\\x41\\u00e9\\n\"\ne: plain\n  on two\nf: |\n  end";
    let document = read(text).unwrap();
    let texts: Vec<_> =
        document.root.entries().unwrap().iter().map(|(_, node)| node.text().unwrap()).collect();
    assert_eq!(texts, ["one\ntwo\n", "one two", "it's", "Aé\n", "plain on two", "end"]);
}

#[test]
fn crlf_reads_as_lf() {
    let document = read("a: |\r\n  one\r\n  two\r\nb: c\r\n").unwrap();
    assert_eq!(document.root.entry("a").unwrap().text(), Some("one\ntwo\n"));
    assert_eq!(document.root.entry("b").unwrap().text(), Some("c"));
}

#[test]
fn an_absent_value_is_empty_and_plain() {
    let document = read("a:\nb: ~\nc: ''\n").unwrap();
    let null: Vec<_> = document.root.entries().unwrap().iter().map(|(_, node)| node.is_null()).collect();
    assert_eq!(null, [true, true, false]);
    assert_eq!(document.root.entry("a").unwrap().text(), Some(""));
}

#[test]
fn what_is_refused_and_where() {
    for (text, place, words) in [
        ("a: b\n---\nc: d\n", (2, 1), "more than one document"),
        ("a: b\n...\nc: d\n", (3, 1), "does not begin with `---`"),
        ("a: b\n...\n---\nc: d\n", (3, 1), "more than one document"),
        ("", (1, 1), "the text is empty"),
        ("# only a comment\n", (2, 1), "the text is empty"),
        ("a: &x b\n", (1, 7), "anchors"),
        ("&x a: b\n", (1, 4), "anchors"),
        ("a: &x {b: c}\n", (1, 7), "anchors"),
        ("a: *x\n", (1, 4), "aliases"),
        ("*x : a\n", (1, 1), "aliases"),
        ("a:\n  <<: {b: c}\n", (2, 3), "merge keys"),
        ("%YAML 1.2\n---\na: b\n", (1, 1), "directives"),
        ("a: b\na: c\n", (2, 1), "first on line 1"),
        ("{a: b, \"a\": c}\n", (1, 8), "first on line 1"),
        ("a: !!str b\n", (1, 4), "unknown tag"),
        ("a: !secret b\n", (1, 4), "unknown tag"),
        ("a: !Xsecret\n", (1, 4), "unknown tag"),
        ("a: ! b\n", (1, 4), "unknown tag"),
        ("a: !e!x b\n", (1, 4), "unknown tag"),
        ("!file a: b\n", (1, 7), "unknown tag"),
        ("a: !file\nb: c\n", (1, 4), "take a path"),
        ("a: !folder {b: c}\n", (1, 4), "take a path"),
        ("? a\n: b\n", (1, 1), "only plain and quoted keys"),
        ("? [a]\n: b\n", (1, 1), "only plain and quoted keys"),
        ("{{a: b}: c}\n", (1, 2), "only plain and quoted keys"),
        (": b\n", (1, 1), "only plain and quoted keys"),
        ("a: b\0\n", (1, 5), "U+0000"),
        ("a: é\n\u{1b}[31m\n", (2, 1), "U+001B"),
        ("a: é\u{9b}\n", (1, 5), "U+009B"),
        ("a: \u{feff}b\n", (1, 4), "U+FEFF"),
        ("\u{feff}a: b\n", (1, 1), "byte order mark"),
        ("a: [b\n", (1, 4), "unclosed"),
        ("a: \"b\n", (1, 4), ""),
        ("\ta: b\n", (1, 1), "a tab"),
        ("a:\n\tb\n", (2, 2), "tabs"),
        ("a: [b,\n\tc]\n", (2, 1), "a tab"),
        // what one reader of libyaml's family takes in another way than the rest
        ("a: b\u{85}c\n", (1, 5), "U+0085"),
        ("# c\u{2028}a: b\n", (1, 4), "U+2028"),
        ("a: \"é\u{2029}\"\n", (1, 6), "U+2029"),
        ("a: |\n  é\u{85}\n", (2, 4), "U+0085"),
        ("'k\u{2028}': b\n", (1, 3), "U+2028"),
        ("a: [b,\u{85}c]\n", (1, 7), "U+0085"),
        ("a: b\rc: d\n", (1, 5), "carriage return"),
        ("a: b\n\rc: d\r\n", (2, 1), "carriage return"),
        ("a: \"b\\/\"\n", (1, 6), "escape"),
        ("a: \"\\ud83d\\ude00\"\n", (1, 5), "escape"),
        ("\"k\\/\": b\n", (1, 3), "escape"),
        ("a: [\"\\/\"]\n", (1, 6), "escape"),
        ("a: [:b]\n", (1, 5), "in brackets"),
        ("a: [b?]\n", (1, 5), "in brackets"),
        ("a: [http://h/?q]\n", (1, 5), "in brackets"),
        ("{a?: b}\n", (1, 2), "in brackets"),
        ("-\ta\n", (1, 2), "a tab"),
        ("- \ta\n", (1, 3), "a tab"),
        ("a:\tb\n", (1, 3), "a tab"),
        ("a: b\t\n", (1, 5), "a tab"),
        ("a: b\t# c\n", (1, 5), "a tab"),
        ("a: b\n\t\nc: d\n", (2, 1), "a tab"),
        ("a: |\n\tb\n", (1, 4), "a tab"),
        ("a: |\n  \tb\n", (2, 3), "a tab"),
        ("a: >\n  b\n \tc\n", (3, 3), ""),
        ("a: |\t\n  b\n", (1, 5), "a tab"),
        ("a: |\n    \n  b\n", (3, 3), "wrongly indented"),
        ("|\na\n", (2, 1), "without indentation"),
        ("{a:}\n", (1, 3), "no space after `:`"),
        ("[a:, b]\n", (1, 3), ""),
        ("...\na: b\n", (1, 1), "`...`"),
        ("# c\n...\n---\na: b\n", (2, 1), "`...`"),
        ("{a\n: b}\n", (1, 2), "not on one line"),
        ("{a b\n  c: d}\n", (1, 2), "not on one line"),
        ("{\"a\n b\": c}\n", (1, 2), "not on one line"),
        ("{\"a\" # c\n : b}\n", (1, 2), "not on one line"),
        ("[a\n: b]\n", (2, 1), ""),
        ("null: b\n", (1, 1), "some readers take"),
        ("{~: b}\n", (1, 2), "some readers take"),
    ] {
        let error = read(text).map(|_| ()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(words), "{text:?}: {message}");
        assert!(
            message.starts_with(&format!("line {}, column {}: ", place.0, place.1)),
            "{text:?}: {message}"
        );
        assert!(!message.contains("ecret"), "{text:?}: {message}");
    }
}

/// Odd, and the same to every reader.
#[test]
fn what_is_taken() {
    for text in [
        "a: \"\\N\\L\\P\\_\\u0085\\u2028\\x85\\U0001f600\\e\\0\"\n",
        "a: \"b\\\n  c\"\n",
        "a: 'b\tc'\n",
        "a: \"b\tc\" # d\te\n",
        "a: |\n  b\tc\n  \td\n",
        "{\"a\":\"b\",\"c\":[1,2]}\n",
        "a: [http://h:80/p, b:c, -1]\n",
        "a: b?\n",
        "a: :b\n",
        "--- # c\na: b\n...\n# d\n",
        "a: |\n\n  b\n\n\n",
        "a: 'one\n\n  two'\n",
        "\"no\": b\n\"1\": c\n",
        "a: '\u{a0}\u{200b}é'\r\nb: c\r\n",
    ] {
        assert_eq!(read(text).map(|_| ()), Ok(()), "{text:?}");
    }
}

#[test]
fn descriptors_are_full_yaml_by_the_same_rules() {
    let read = |text: &str| parse_descriptors(text, &Limits::default());
    let documents = read("a: &x {b: 1, c: [2]}\nd:\n  <<: *x\n  b: 3\ne: *x\n---\nf: !!str 4\n").unwrap();
    let [first, second] = &*documents else { panic!("{documents:?}") };
    let merged = first.entry("d").unwrap();
    assert_eq!(merged.entry("b").unwrap().text(), Some("3"));
    assert_eq!(merged.entry("c").unwrap().items().unwrap().len(), 1);
    assert!(first.entry("e").unwrap().same(first.entry("a").unwrap()));
    assert!(matches!(second.entry("f").unwrap().kind, Kind::Scalar { style: Style::Quoted, .. }));
    for (text, words) in [
        ("a: b # c\u{85}\n", "U+0085"),
        ("a: b\rc: d\n", "carriage return"),
        ("a: \"\\/\"\n", "escape"),
        ("a:\tb\n", "a tab"),
        ("a: [b?]\n", "in brackets"),
        ("...\na: b\n", "`...`"),
        ("a: b\n...\nc: d\n", "does not begin with `---`"),
        ("a: b\na: c\n", "duplicate key"),
        ("a: *x\n", "aliases"),
        ("a: &x [*x]\n", "aliases"),
        ("a: &x b\nc: [*x, *x.y]\n", ""),
        ("a: &x.y b\n", "anchor's name"),
        ("a: !reset b\n", "unknown tag"),
        ("<<: b\n", "merge keys"),
    ] {
        let error = read(text).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(words), "{text:?}: {error}");
    }
}

#[test]
fn aliases_count_as_what_they_repeat() {
    let limits = Limits { bytes: 1000, nesting: 8, nodes: 50 };
    let read = |text: &str| parse_descriptors(text, &limits).map(|_| ()).map_err(|error| error.reason());
    let with = |aliases: usize| format!("a: &a [1, 2, 3, 4]\nb: [{}]\n", vec!["*a"; aliases].join(", "));
    assert_eq!(read(&with(5)), Ok(()));
    assert_eq!(read(&with(10)), Err(Fault::TooMany(50).to_string()));
    let long = format!("a: &a {}\nb: [*a, *a, *a]\n", "x".repeat(300));
    assert_eq!(read(&long), Err(Fault::TooMuch(1000).to_string()));
    let limits = Limits { nodes: 500, ..limits };
    let read = |text: &str| parse_descriptors(text, &limits).map(|_| ()).map_err(|error| error.reason());
    let deep: Vec<_> = (1..9).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    assert_eq!(read(&format!("a0: &a0 [x]\n{}", deep.concat())), Err(Fault::TooDeep.to_string()));
}

#[test]
fn tags_need_leave() {
    let error = parse("a: !file b\n", &Limits::default(), Tags::Refused).map(|_| ()).unwrap_err();
    assert_eq!(error, Error::At { line: 1, column: 4, fault: Fault::Tag });
}

#[test]
fn a_quoted_merge_key_is_a_key() {
    assert!(read("'<<': b\n").is_ok());
}

#[test]
fn question_marks_in_comments_make_no_explicit_key() {
    assert!(read("a: b # why?\n# really?\nc: |\n  what?\n# no?\nd: e\n").is_ok());
}

#[test]
fn limits_hold() {
    let limits = Limits { bytes: 100, nesting: 3, nodes: 10 };
    let read = |text: &str| parse(text, &limits, Tags::Refused).map(|_| ());
    assert_eq!(read("a: [[[b]]]\n").map_err(|error| error.reason()), Err("nested too deeply".to_owned()));
    assert_eq!(read("a: [[b]]\n"), Ok(()));
    assert_eq!(read(&"a".repeat(101)), Err(Error::TooLarge { limit: 100 }));
    let list = |items: usize| format!("[{}]", vec!["a"; items].join(", "));
    assert_eq!(read(&list(9)), Ok(()));
    assert_eq!(read(&list(10)).map_err(|error| error.reason()), Err(Fault::TooMany(10).to_string()));
    let deep = "[".repeat(100_000);
    assert!(parse(&deep, &Limits::default(), Tags::Refused).is_err());
    let deep = "- ".repeat(100_000);
    assert!(parse(&deep, &Limits::default(), Tags::Refused).is_err());
}

/// Not a benchmark: what goes wrong with large texts is a square somewhere, and that takes minutes.
#[test]
fn large_texts_take_no_time_to_speak_of() {
    let start = std::time::Instant::now();
    let large = "QUJD".repeat(4 << 20);
    for text in
        [format!("a: {large}\nb: c\n"), format!("a: \"{large}\"\n"), format!("a: |\n  {large}\nb: c\n")]
    {
        assert_eq!(
            read(&text).unwrap().root.entry("a").unwrap().text().map(|text| text.trim_end().len()),
            Some(16 << 20)
        );
    }
    let many: Vec<_> = (0..100_000).map(|n| format!("key{n}: value # comment\n")).collect();
    assert_eq!(read(&many.concat()).unwrap().root.entries().unwrap().len(), 100_000);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    println!("{:?}", start.elapsed());
}

#[test]
fn bytes_must_be_utf8() {
    assert_eq!(super::super::text(b"a: b\n\xff"), Err(Error::NotUtf8 { line: 2 }));
    assert_eq!(super::super::text("é".as_bytes()), Ok("é"));
}

#[test]
fn debug_shows_no_text() {
    let shown = format!(
        "{:?}",
        read("seed: canary\n- x: canary\n").or_else(|_| read("seed: [canary, {canary: 'canary'}]\n"))
    );
    assert!(!shown.contains("canary") && shown.contains("<6 characters>"), "{shown}");
}

proptest! {
    #[test]
    fn no_text_confuses_the_reader(pieces in prop::collection::vec("[-a:é ]{0,3}|[\\[{}\\],]|[|>][+-]?|\n *|#|\"|!!str |&a |\\*a|<<: |---|\t", 0..24)) {
        let text = pieces.concat();
        prop_assert_ne!(read(&text).err(), Some(Error::Internal));
        prop_assert_ne!(parse_descriptors(&text, &Limits::default()).err(), Some(Error::Internal));
    }
}
