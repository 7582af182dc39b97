//! A token. Read whole or in pieces, it is the same token or refused; a text that was read is written back as it was.
#![cfg_attr(fuzzing, no_main)]

use contract_core::kind::Workload;
use contract_core::token::{Error, Scanner, Token, TokenFacts};

contract_fuzz::target!(token);

fn token(data: &[u8]) {
    let piece = 1 + data.last().copied().map_or(0, usize::from) % 61;
    let whole = scan([data]);
    assert_eq!(scan(data.chunks(piece)).ok(), whole.clone().ok(), "pieces of {piece} bytes");

    let Ok(text) = std::str::from_utf8(data) else { return };
    let parsed = Token::<Workload>::parse(text);
    assert_eq!(parsed.as_ref().ok().map(Token::facts), whole.as_ref().ok());
    let Ok(parsed) = parsed else { return };
    assert_eq!(parsed.to_string(), text);
    let (prefix, wrapped, third) = parsed.parts();
    assert_eq!(format!("{}.{wrapped}.{third}", prefix.as_str()), text);
}

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<TokenFacts, Error> {
    let mut scanner = Scanner::new();
    pieces.into_iter().try_for_each(|piece| scanner.push(piece))?;
    scanner.finish()
}
