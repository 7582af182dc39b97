//! The password-based key of a token: PBKDF2-HMAC-SHA256, 10,000 iterations (contract-format, section 2).
//!
//! `RustCrypto`'s, because it keeps the HMAC state between iterations and takes half the time of OpenSSL's
//! (benches/README.md); a test compares both.

use sha2::Sha256;
use zeroize::Zeroizing;

/// What `openssl enc -pbkdf2` uses.
const ITERATIONS: u32 = 10_000;

/// Key and IV of a token's third part.
pub struct KeyAndIv {
    bytes: Zeroizing<[u8; 48]>,
}

impl KeyAndIv {
    /// 32 key and 16 IV bytes from a password and the token's salt.
    pub fn derive(password: &[u8], salt: [u8; 8]) -> Self {
        let mut bytes = Zeroizing::new([0; 48]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, ITERATIONS, bytes.as_mut_slice());
        Self { bytes }
    }

    /// The AES-256 key.
    pub fn key(&self) -> &[u8] {
        self.bytes.split_at(32).0
    }

    /// The CBC initialisation vector.
    pub fn iv(&self) -> &[u8] {
        self.bytes.split_at(32).1
    }
}

/// The key alone, at half the price: the IV is in a second block of PBKDF2's output.
pub(crate) fn key_only(password: &[u8], salt: [u8; 8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, ITERATIONS, key.as_mut_slice());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of contract-format, section 2.
    #[test]
    fn the_documented_vector_holds() {
        let derived = KeyAndIv::derive(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", [0, 1, 2, 3, 4, 5, 6, 7]);
        let hex = findings::text::hex;
        assert_eq!(hex(derived.key()), "5864a05aa9cc48320cef7e3da8d01e6f36a78ef22b9fa423f60926b63f96cc78");
        assert_eq!(hex(derived.iv()), "a7a3fd25a195a49f557fd948e68826db");
    }

    #[test]
    fn openssl_derives_the_same() {
        for (password, salt) in
            [(&b""[..], [0; 8]), (b"\xff", [9; 8]), (&[7; 64], [1; 8]), (&[200; 65], [2; 8])]
        {
            let mut theirs = [0; 48];
            let sha256 = openssl::hash::MessageDigest::sha256();
            openssl::pkcs5::pbkdf2_hmac(password, &salt, 10_000, sha256, &mut theirs).unwrap();
            let ours = KeyAndIv::derive(password, salt);
            assert_eq!([ours.key(), ours.iv()].concat(), theirs);
            assert_eq!(key_only(password, salt)[..], theirs[..32]);
        }
    }
}
