//! A sealed secret: as text, and as two pieces of JSON with a NUL between them, which are encoded first. No key signed it.
#![cfg_attr(fuzzing, no_main)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract_core::sealed_secret::SealedSecret;
use contract_fuzz::VERIFYING_KEY;

contract_fuzz::target!(sealed_secret);

fn sealed_secret(data: &[u8]) {
    let mut pieces = data.splitn(2, |byte| *byte == 0);
    let mut piece = || URL_SAFE_NO_PAD.encode(pieces.next().unwrap_or_default());
    let encoded = format!("sealed.{}.{}.AAAA", piece(), piece());
    for text in [std::str::from_utf8(data).unwrap_or_default(), &encoded] {
        if let Ok(secret) = SealedSecret::parse(text) {
            assert!(!secret.verifies(&VERIFYING_KEY));
        }
    }
}
