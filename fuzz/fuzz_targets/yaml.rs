//! The strict YAML reader. Two readers agree: what it takes, libyaml's family reads the same, and so it does with a text that
//! we quote. Every place that it names is a place in the text; a document without tags is read the same whether tags may be
//! used or not.
#![cfg_attr(fuzzing, no_main)]

use guest_rehearsal::second_reader;
use strict_yaml::{Error, Limits, Node, Tags};

contract_fuzz::target!(yaml);

fn yaml(data: &[u8]) {
    let Ok(text) = strict_yaml::text(data) else { return };
    let tagged = parse(text, Tags::FileAndFolder);
    if let Ok(plain) = parse(text, Tags::Refused) {
        assert!(tagged.is_ok_and(|tagged| tagged.same(&plain)));
        assert_eq!(second_reader::compare(text, &plain), Ok(()));
    }
    let quoted = strict_yaml::quote(text);
    if let Ok(node) = parse(&quoted, Tags::Refused) {
        assert_eq!(node.text(), Some(text));
        assert_eq!(second_reader::compare(&quoted, &node), Ok(()));
    }
}

fn parse(text: &str, tags: Tags) -> Result<Node, Error> {
    match strict_yaml::parse(text, &Limits::default(), tags) {
        Ok(document) => {
            check_places(text, &document.root);
            Ok(document.root)
        }
        Err(error) => {
            assert_ne!(error, Error::Internal);
            assert!(error.line() <= text.split(['\n', '\r']).count() + 1, "{error}");
            Err(error)
        }
    }
}

fn check_places(text: &str, node: &Node) {
    assert!(text.get(node.span.clone()).is_some(), "{:?}", node.span);
    for (key, value) in node.entries().unwrap_or_default() {
        assert!(text.get(key.span.clone()).is_some(), "{:?}", key.span);
        check_places(text, value);
    }
    for item in node.items().unwrap_or_default() {
        check_places(text, item);
    }
}
