//! The armor: base64 between two lines, 70 characters a line as OpenSSH writes it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::sshsig::{Error, LONGEST};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const WIDTH: usize = 70;

/// The bytes inside. CRLF and other widths are accepted: mail programs rewrite them.
pub(super) fn open(armored: &str) -> Result<Vec<u8>, Error> {
    if armored.len() > LONGEST {
        return Err(Error::TooLong);
    }
    let inside = armored.trim_start().strip_prefix(BEGIN);
    let inside = inside.ok_or(Error::Armor("no `-----BEGIN SSH SIGNATURE-----` at its beginning"))?;
    let (base64, after) =
        inside.split_once(END).ok_or(Error::Armor("no `-----END SSH SIGNATURE-----` at its end"))?;
    if !after.trim().is_empty() {
        return Err(Error::Armor("something follows its `-----END SSH SIGNATURE-----`"));
    }
    let base64: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(base64).map_err(|_| Error::Armor("its base64 is damaged"))
}

/// As `ssh-keygen` writes it.
pub(super) fn close(bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    let mut armored = format!("{BEGIN}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(WIDTH).unwrap_or((rest, ""));
        armored.push_str(line);
        armored.push('\n');
        rest = more;
    }
    armored + END + "\n"
}
