//! The command line as typed.

use std::path::PathBuf;

use certificate_command::Certificate;
use clap::{ArgGroup, Args, Parser, Subcommand};
use cli_kit::age_keys::NewIdentity;
use cli_kit::clock::{parse_at, parse_within};
use cli_kit::expect::Expect;
use cli_kit::identity::IdentityArguments;
use cli_kit::prompt::{IdentityPassphrase, PassphraseSource, WeakPassphrase};
use cli_kit::{Common, Force};
use contract_pki::signing_certificate::{Days, Name, NameError};
use jiff::{SignedDuration, Timestamp};

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
    Certify(Certify),
    Csr(Csr),
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
#[command(group = ArgGroup::new("section").required(true))]
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
    let read = ssh_signatures::allowed_signers::parse_time(text);
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

/// Make a certificate of the signing key: a contract ends with it
///
/// With the certificate in place of the bare public key as `signingKey`, the guest boots the contract until the certificate
/// ends, and never after. Give it to the env deployer. It begins an hour ago, for guests whose clocks are behind, and ends
/// N days from now, to the second.
///
/// Without `--ca-cert` an authority is made on the spot: its private key signs this one certificate and is wiped, its own
/// certificate goes beside the output, as signing-key.ca.crt. A company's authority gets a request (`csr`); what it sends
/// back, `--certificate` checks and tidies up.
#[derive(Args)]
#[command(
    group = ArgGroup::new("how").required(true).args(["days", "certificate"]),
    after_help = "\
EXAMPLES
  contract-signer certify --days 90
  contract-signer certify --days 90 --name \"paynow 2026\" --force
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem --csr signing-key.csr
  contract-signer certify --certificate from-ca.pem

EXIT STATUS
  3 a file was rejected; 5 no passphrase
  4 what should belong together does not, a signature does not hold, or a certificate is not
  valid today or would outlive its authority"
)]
pub struct Certify {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]; beside `--csr` or `--certificate` its public half
    /// will do
    #[arg(value_name = "KEY", conflicts_with = "key")]
    pub positional_key: Option<PathBuf>,
    /// The same
    #[arg(long, value_name = "KEY")]
    pub key: Option<PathBuf>,
    /// How many days the contract is to live, 1 to 3650
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub days: Option<Days>,
    #[command(flatten)]
    pub subject: Subject,
    /// The authority's certificate, PEM or DER
    #[arg(long, value_name = "PEM", requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// The authority's private key
    #[arg(long, value_name = "PEM", requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of FILE
    #[arg(long, value_name = "FILE", requires = "ca_key", conflicts_with = "ca_passphrase_fd")]
    pub ca_passphrase_file: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of the open file descriptor N
    #[arg(long, value_name = "N", requires = "ca_key")]
    pub ca_passphrase_fd: Option<u32>,
    /// Certify the key of this request, under the request's subject: the private key is not needed
    #[arg(long, value_name = "CSR")]
    pub csr: Option<PathBuf>,
    /// What a company's authority sent back: check that it is for the key, in its time and no authority, and write it alone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["days", "ca_cert", "ca_key", "name", "subject"])]
    pub certificate: Option<PathBuf>,
    /// Where the certificate goes [default: KEY's name with .crt]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}

/// Ask a company's authority for a certificate of the signing key
///
/// Writes a request (PKCS#10, signed with SHA-256) that names the key, and asks for a certificate that may sign and is no
/// authority. Look at it: `openssl req -in signing-key.csr -noout -text -verify`. What comes back goes through
/// `certify --certificate`.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  contract-signer csr
  contract-signer csr signing-key.pem --subject \"C=DE,O=Example Inc.,CN=paynow signing key\" --force")]
pub struct Csr {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]
    #[arg(value_name = "KEY")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub subject: Subject,
    /// Where the request goes [default: KEY's name with .csr]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}

/// Whose key it is.
#[derive(Args)]
pub struct Subject {
    /// The common name, any text of at most 64 characters [default: `name` in persona.yaml and `signing key`]
    #[arg(long, value_name = "CN", value_parser = Name::common, conflicts_with = "subject")]
    name: Option<Name>,
    /// The whole subject, as in O=Example,CN=signing key; of C, ST, L, O, OU and CN; `\` before a comma of a value
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Name>,
}

impl Subject {
    /// The one that was typed, if one was.
    pub fn typed(&self) -> Option<&Name> {
        self.name.as_ref().or(self.subject.as_ref())
    }

    /// The one to take: the persona's name, if none was typed.
    pub fn or_of(&self, persona: &str) -> Result<Name, NameError> {
        self.typed().map_or_else(|| Name::common(&format!("{persona} signing key")), |name| Ok(name.clone()))
    }
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

/// Which day is asked about, and how long everything has to live from then on.
#[derive(Args)]
pub struct LifetimeArguments {
    /// Ask about another time than now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub at: Option<Timestamp>,
    /// Exit with 4 if anything ends within this time, as in 30d, 4w or 720h, has ended, or has not begun; and if it is not
    /// stated when something ends
    #[arg(long, value_name = "TIME", value_parser = parse_within)]
    pub fail_within: Option<SignedDuration>,
}
