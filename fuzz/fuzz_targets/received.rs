//! Any received file. Whatever user data is inside of, its reader sees what it sees without; nothing is unpacked beyond its
//! limit. Base64, gzip and the operator's resource of a text give that text back.
#![cfg_attr(fuzzing, no_main)]

use std::io::{Cursor, Read as _, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_core::received::{FileKind, Received};
use contract_core::user_data::{LARGEST_YAML, UserData, survey};
use flate2::Compression;
use flate2::write::GzEncoder;

contract_fuzz::target!(received);

fn received(data: &[u8]) {
    let Some(direct) = user_data(data) else { return };
    assert!(direct.len() <= LARGEST_YAML.max(data.len()));
    let Ok(facts) = survey(Cursor::new(&direct)) else { return };
    let text = std::str::from_utf8(&direct).expect("user data is text");
    assert_eq!(facts.signed_digest, UserData::parse(text).expect("both readers agree").signed_digest());
    assert_eq!(user_data(&direct).as_deref(), Some(direct.as_slice()), "what was found is found again");
    if FileKind::from_beginning(&direct) != FileKind::Text {
        return;
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let gzip = gzip.write_all(&direct).and_then(|()| gzip.finish()).expect("memory takes it");
    let resource =
        format!("kind: HyperProtectContainerRuntimeVPC\nspec: {{contract: {}}}\n", *strict_yaml::quote(text));
    for wrapped in
        [STANDARD.encode(&direct).into_bytes(), STANDARD.encode(&gzip).into_bytes(), gzip, resource.into()]
    {
        assert_eq!(user_data(&wrapped).as_deref(), Some(direct.as_slice()));
    }
}

/// The user data in a file, if there is any.
fn user_data(file: &[u8]) -> Option<Vec<u8>> {
    let Ok(Received::UserData(mut found)) = Received::read(Cursor::new(file)) else { return None };
    let mut bytes = Vec::new();
    found.read_to_end(&mut bytes).expect("memory reads");
    Some(bytes)
}
