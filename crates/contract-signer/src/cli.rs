//! The command line as typed.

pub mod certify;
pub mod lifetime;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cli_kit::age_keys::NewIdentity;
use cli_kit::certificate::Certificate;
use cli_kit::expect::Expect;
use cli_kit::identity::IdentityArguments;
use cli_kit::prompt::{IdentityPassphrase, PassphraseSource, WeakPassphrase};
use cli_kit::{Common, Force};
use jiff::Timestamp;

use lifetime::LifetimeArguments;

/// Combine the workload and env halves of an IBM Hyper Protect contract and sign them, without reading either.
#[derive(Parser)]
#[command(
    name = "contract-signer",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  contract-signer keygen                                  make the signing key, once
  contract-signer inspect paynow.workload.handoff.age         look at what came in
  contract-signer sign                                    in the signer's folder: both handoffs become user-data
  contract-signer verify user-data --signing-key signing-key.pub.pem

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 input rejected;
  4 a signature or a vouching refused, or the halves disagree; 5 no passphrase, or no identity"
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a folder to start from
    #[command(after_help = "EXAMPLES\n  contract-signer init contract-signer")]
    Init(Init),
    Identity(IdentityArguments),
    /// Make the signing key: RSA-4096, protected by a passphrase, with its public half beside it
    #[command(after_help = "EXAMPLES
  contract-signer keygen
  contract-signer keygen -o signing-key.pem --passphrase-file passphrase")]
    Keygen(Keygen),
    /// Write the public half of a signing key, for the env deployer
    #[command(
        after_help = "EXAMPLES\n  contract-signer public-key signing-key.pem -o signing-key.pub.pem --force"
    )]
    PublicKey(PublicKey),
    Certify(certify::Certify),
    Csr(certify::Csr),
    /// Show all that can be known of a handoff, a token, user data or their record without a key
    ///
    /// With what ends first, and when to act. Of user data only the record that lies beside them knows that.
    #[command(after_help = "EXAMPLES
  contract-signer inspect paynow.workload.handoff.age
  contract-signer inspect user-data --json
  contract-signer inspect user-data --at 2027-01-31
  contract-signer inspect user-data --fail-within 30d

EXIT STATUS
  3 the file was rejected; 5 no identity
  4 a token is weak, a signature does not hold, or with `--fail-within` something ends")]
    Inspect(Inspect),
    /// Check that both handoffs belong together, sign them, and write the user data
    #[command(after_help = "EXAMPLES
  contract-signer sign
  contract-signer sign --workload paynow.workload.handoff.age --env paynow.env.handoff.age --force
  contract-signer sign --attestation-key attestation-key.pub.pem --encrypt-attestation-key --expect expected.txt --force
  contract-signer sign --previous paynow.workload.handoff.age --previous paynow.env.handoff.age --force

EXIT STATUS
  3 a handoff was rejected; 5 no passphrase for the key or the identity
  4 the halves disagree, nobody vouches for one, or the certificate has expired")]
    Sign(Sign),
    /// Verify the signature of user data, made by any tool
    #[command(after_help = "EXAMPLES
  contract-signer verify user-data --signing-key signing-key.pub.pem
  contract-signer verify user-data --signing-key signing-key.pub.pem --record user-data.record.json --fail-within 30d")]
    Verify(Verify),
    Certificate(Certificate),
    /// Say who may vouch for which half of a contract: the file `allowed_signers`, in OpenSSH's format
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "EXAMPLES
  contract-signer trust add alice@example.com alice.pub --workload
  contract-signer trust list"
    )]
    Trust(Trust),
}

#[derive(Subcommand)]
pub enum Trust {
    /// Let somebody's SSH key vouch for one of the halves
    #[command(after_help = "EXAMPLES
  contract-signer trust add alice@example.com alice.pub --workload
  contract-signer trust add bob@example.com bob.pub --env --valid-before 20371231Z

Compare the fingerprint with the key's owner before you sign what the key vouches for.")]
    Add(TrustAdd),
    /// Show who may vouch for what, and until when
    #[command(
        after_help = "EXAMPLES\n  contract-signer trust list\n  contract-signer trust list -C . --json"
    )]
    List(AllowedSignersFile),
}

#[derive(Args)]
pub struct AllowedSignersFile {
    /// The signer's folder
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Who may vouch for what [default: `allowed-signers` in persona.yaml, or `allowed_signers` in DIR]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("section").required(true))]
pub struct TrustAdd {
    /// Who the key belongs to, one name: alice@example.com
    pub principal: String,
    /// The public key, as `ssh-keygen` writes it; `-` for standard input
    #[arg(value_name = "KEY.pub")]
    pub key: PathBuf,
    /// It may vouch for workload sections
    #[arg(long, group = "section")]
    pub workload: bool,
    /// It may vouch for env sections
    #[arg(long, group = "section")]
    pub env: bool,
    /// From when on, in UTC
    #[arg(long, value_name = "YYYYMMDD[HHMM[SS]][Z]", value_parser = time)]
    pub valid_after: Option<Timestamp>,
    /// Until when, in UTC
    #[arg(long, value_name = "YYYYMMDD[HHMM[SS]][Z]", value_parser = time)]
    pub valid_before: Option<Timestamp>,
    /// Replaces the key's own comment
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub file: AllowedSignersFile,
}

/// As OpenSSH writes times; what the file gets says its zone in any case.
fn time(text: &str) -> Result<Timestamp, String> {
    let read = contract_core::allowed_signers::parse_time(text);
    read.map(|(at, _)| at).ok_or_else(|| "expected a time as in 20371231Z or 20371231235959Z".to_owned())
}

#[derive(Args)]
pub struct Init {
    /// The folder; made if it is not there
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub identity: NewIdentity,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct Keygen {
    /// Where the private key goes; the public one goes to the same name, `.pub.pem` at its end in place of `.pem`
    #[arg(short, long, value_name = "FILE", default_value = "signing-key.pem")]
    pub output: PathBuf,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub weak: WeakPassphrase,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct PublicKey {
    /// The private key
    #[arg(value_name = "KEY", default_value = "signing-key.pem")]
    pub key: PathBuf,
    /// Where the public key goes
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct Inspect {
    /// A handoff, a token, user data or a record; `-` for standard input
    pub file: PathBuf,
    /// Of user data: the record that `sign` wrote [default: the name of the user data and `.record.json`, if it is there]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub lifetime: LifetimeArguments,
    /// An age identity that opens the handoff, may be repeated [default: `identity` in persona.yaml, or identity.age]
    #[arg(long = "identity", value_name = "FILE")]
    pub identities: Vec<PathBuf>,
    /// Who may vouch for which half [default: `allowed-signers` in persona.yaml, or `allowed_signers`]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    #[command(flatten)]
    pub identity_passphrase: IdentityPassphrase,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each danger is a flag of its own")]
pub struct Sign {
    /// The workload provider's handoff [default: NAME.workload.handoff.age or NAME.workload.handoff, by `name` in persona.yaml]
    #[arg(long, value_name = "HANDOFF")]
    pub workload: Option<PathBuf>,
    /// The env deployer's handoff [default: NAME.env.handoff.age or NAME.env.handoff]
    #[arg(long, value_name = "HANDOFF")]
    pub env: Option<PathBuf>,
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]
    #[arg(long, value_name = "PEM")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub auditor: AuditorArguments,
    /// Who may vouch for which half, in OpenSSH's format [default: `allowed-signers` in persona.yaml, or `allowed_signers`]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// An age identity that opens the handoffs, may be repeated [default: `identity` in persona.yaml, or identity.age]
    #[arg(long = "identity", value_name = "FILE")]
    pub identities: Vec<PathBuf>,
    #[command(flatten)]
    pub identity_passphrase: IdentityPassphrase,
    /// A handoff or record of an earlier contract, may be repeated: warns where the seeds of a volume went back, or
    /// further than its disk can follow
    #[arg(long, value_name = "FILE")]
    pub previous: Vec<PathBuf>,
    /// Where the user data goes
    #[arg(short, long, value_name = "FILE", default_value = "user-data")]
    pub output: PathBuf,
    /// Where the record goes: what was checked, and what was accepted [default: the name of the user data and
    /// `.record.json`, where they go to a file]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub expect: Expect,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    /// Take bare tokens and handoffs that nobody signed: nobody says whom they come from
    #[arg(long)]
    pub danger_accept_unsigned_tokens: bool,
    /// Take two halves from one person, who then knows both seeds of every volume: for labs
    #[arg(long)]
    pub danger_allow_one_person: bool,
    /// Sign although the encryption certificate has expired: for test guests only
    #[arg(long)]
    pub danger_accept_expired_certificate: bool,
    /// Sign although the encryption certificate is not an image's: for a guest of your own
    #[arg(long)]
    pub danger_accept_foreign_certificate: bool,
    #[command(flatten)]
    pub force: Force,
}

/// Whose attestation key goes into the contract, and how.
#[derive(Args)]
pub struct AuditorArguments {
    /// The auditor's public key, under which the guest encrypts its attestation record [default: `attestation-key` in
    /// persona.yaml; none is put in where neither names one]
    #[arg(long, value_name = "PEM")]
    pub attestation_key: Option<PathBuf>,
    /// Encrypt that key for the guest, so that nobody else sees whose it is [default: `encrypt-attestation-key` in
    /// persona.yaml]
    #[arg(long)]
    pub encrypt_attestation_key: bool,
    /// The encryption certificate to encrypt it under, which must be the one of both halves [default: `certificate` in
    /// persona.yaml]
    #[arg(long, value_name = "PEM")]
    pub certificate: Option<PathBuf>,
}

#[derive(Args)]
pub struct Verify {
    /// User data made by any tool; `-` for standard input
    #[arg(value_name = "USER-DATA")]
    pub user_data: PathBuf,
    /// The signer's public key or certificate
    #[arg(long, value_name = "PEM")]
    pub signing_key: PathBuf,
    /// The record that `sign` wrote: compare the user data with it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub lifetime: LifetimeArguments,
}
