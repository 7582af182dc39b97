use super::*;

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
        ("a: b\n...\nc: d\n", (3, 1), "more than one document"),
        ("", (1, 1), "there is nothing here"),
        ("# only a comment\n", (2, 1), "there is nothing here"),
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
        ("? a\n: b\n", (1, 3), "only plain and quoted keys"),
        ("? [a]\n: b\n", (1, 3), "only plain and quoted keys"),
        ("{{a: b}: c}\n", (1, 2), "only plain and quoted keys"),
        (": b\n", (1, 1), "only plain and quoted keys"),
        ("a: b\0\n", (1, 5), "U+0000"),
        ("a: é\n\u{1b}[31m\n", (2, 1), "U+001B"),
        ("a: é\u{85}\u{9b}\n", (1, 6), "U+009B"),
        ("a: \u{feff}b\n", (1, 4), "U+FEFF"),
        ("\u{feff}a: b\n", (1, 1), "byte order mark"),
        ("a: [b\n", (1, 4), "unclosed"),
        ("a: \"b\n", (1, 4), ""),
        ("\ta: b\n", (1, 1), "a tab"),
        ("a:\n\tb\n", (2, 2), "tabs"),
        ("a: [b,\n\tc]\n", (2, 1), "a tab"),
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
    let limits = Limits { bytes: 100, nesting: 3 };
    let read = |text: &str| parse(text, &limits, Tags::Refused).map(|_| ());
    assert_eq!(read("a: [[[b]]]\n").map_err(|error| error.reason()), Err("nested too deeply".to_owned()));
    assert_eq!(read("a: [[b]]\n"), Ok(()));
    assert_eq!(read(&"a".repeat(101)), Err(Error::TooLarge { limit: 100 }));
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
