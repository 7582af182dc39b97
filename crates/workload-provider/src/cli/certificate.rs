//! The command line of `certificate`.

use clap::{Args, Subcommand};
use cli_kit::certificate::{CertificateFetch, CertificateShow, CertificateVerify};

/// Look at, verify and fetch the encryption certificate of a guest image
///
/// Everything is encrypted so that only the holder of this certificate's private key can read it: with the wrong one, the
/// wrong people can, or nobody. The same subject was seen with several keys, so compare fingerprints.
#[derive(Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  workload-provider certificate show hpcr-encrypt.crt
  workload-provider certificate verify hpcr-encrypt.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt

EXIT STATUS
  0 done; 1 could not (file, network); 2 wrong usage; 3 not a certificate that can be used; 4 refused"
)]
pub struct Certificate {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    Show(Show),
    Verify(Verify),
    Fetch(Fetch),
}

/// Show subject, issuer, serial, key, validity, and where revocations are published; nothing is verified
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider certificate show hpcr-encrypt.crt
  workload-provider certificate show hpcr-encrypt.crt --platform hpvs --json")]
pub struct Show {
    #[command(flatten)]
    pub shared: CertificateShow,
}

/// Verify the certificate up to a root that you trust, by IBM's procedure
///
/// The signature with the intermediate's key, issuer and subject, the dates of all, the intermediate's own chain as OpenSSL
/// verifies it, and the revocation lists that are given, with their signatures and dates. Prints the line that pins the key.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider certificate verify hpcr-encrypt.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt
  workload-provider certificate verify hpcr-encrypt.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt --crl intermediate.crl --json

EXIT STATUS
  0 it leads to a root; 3 a file is no certificate or list; 4 refused: signature, issuer, date, revoked, no root")]
pub struct Verify {
    #[command(flatten)]
    pub shared: CertificateVerify,
}

/// Fetch the certificate from where IBM publishes it, over HTTPS; verified before it is written
///
/// The address is the one that IBM documents for hpvs, or your own pattern. With --with intermediate its issuer comes
/// along, and with --root all of it is verified first. `HTTPS_PROXY` and `NO_PROXY` are heeded.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider certificate fetch --version 29 -o new-encrypt.crt
  workload-provider certificate fetch --version 29 -o new-encrypt.crt --with intermediate --intermediate ca.crt --root root.crt

EXIT STATUS
  1 could not (network, server); 3 what came is no certificate; 4 refused: the server, the certificate")]
pub struct Fetch {
    #[command(flatten)]
    pub shared: CertificateFetch,
}
