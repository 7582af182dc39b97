//! In which form a certificate's file comes: what is not the text that the commands of all sides read gets its own
//! message, since each is mended in its own way.

use openssl::x509::X509;

use crate::certificate::Error;

/// The file as text, which may still be no PEM.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Error> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || is_utf16(bytes) {
        return Err(Error::Utf16);
    }
    if X509::from_der(bytes).is_ok() {
        return Err(Error::Der);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Error::NotText(error.valid_up_to()))?;
    if is_web_page(text) { Err(Error::WebPage) } else { Ok(text) }
}

/// `-----BEGIN` with a NUL before or behind each character: UTF-16 without a mark.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"-\0-\0") || bytes.starts_with(b"\0-\0-")
}

/// HTML or XML: what a server answers that has no such file.
pub fn is_web_page(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}
