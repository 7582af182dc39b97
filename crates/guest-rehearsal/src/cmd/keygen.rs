//! `guest-rehearsal keygen`.

use std::io::Write;
use std::path::Path;

use cli_kit::failure::{Doing, DoingIo};
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::progress::Progress;
use cli_kit::{Failure, Report, clock};
use guest_rehearsal::ceremony::folders;
use guest_rehearsal::guest_key::GuestKey;
use serde::Serialize;

use crate::cli::Keygen;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    guest_key: String,
    certificate: String,
}

pub fn run(arguments: &Keygen, report: &Report) -> Result<(), Failure> {
    let folder = arguments.output.as_path();
    folders::create(folder)?;
    let create =
        |name: &str, visibility| Output::create(&folder.join(name), arguments.force.force, visibility);
    let mut key_file = create("guest-key.pem", Visibility::Secret)?;
    let mut certificate_file = create("guest-encrypt.crt", Visibility::Public)?;
    let made = Made { guest_key: key_file.name(), certificate: certificate_file.name() };

    let (key, certificate) = {
        let _progress = Progress::spinner(report, "making an RSA-4096 key for the guest");
        let cannot = || "cannot make the guest's key pair".to_owned();
        let key = GuestKey::generate().doing(cannot)?;
        (key.to_pem().doing(cannot)?, key.certificate(clock::now()).doing(cannot)?)
    };
    key_file.write_all(&key).doing_io("write", Path::new(&made.guest_key))?;
    certificate_file.write_all(&certificate).doing_io("write", Path::new(&made.certificate))?;
    commit_all([key_file, certificate_file])?;
    report.success(&format!("wrote `{}` and `{}`", made.guest_key, made.certificate));
    report.result(&made, |_| Vec::<String>::new())
}
