//! `guest-rehearsal keygen`.

use std::io::Write;
use std::path::Path;

use cli_kit::failure::{Doing, DoingIo};
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::progress::Progress;
use cli_kit::protected::Protected;
use cli_kit::{Failure, Report, clock};
use guest_rehearsal::ceremony::folders;
use guest_rehearsal::certificates::StandIn;
use serde::Serialize;

use crate::cli::Keygen;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    guest_key: String,
    certificate: String,
    attestation_key: String,
    attestation_certificate: String,
    intermediate: String,
    root: String,
}

pub fn run(arguments: &Keygen, report: &Report) -> Result<(), Failure> {
    let folder = arguments.output.as_path();
    folders::create(folder)?;
    let create = |name: &str, visibility| {
        Output::create(&folder.join(name), arguments.force.force, visibility, &Protected::default())
    };
    let mut outputs = [
        create("guest-key.pem", Visibility::Secret)?,
        create("guest-encrypt.crt", Visibility::Public)?,
        create("guest-attestation-key.pem", Visibility::Secret)?,
        create("guest-attestation.crt", Visibility::Public)?,
        create("guest-intermediate.crt", Visibility::Public)?,
        create("guest-root.crt", Visibility::Public)?,
    ];
    let names = outputs.each_ref().map(Output::name);

    let (guest_key, attestation_key, certificates) = {
        let _progress = Progress::spinner(report, "making RSA-4096 keys for the guest");
        let cannot = || "cannot make the guest's keys".to_owned();
        let StandIn { guest_key, attestation_key, certificates } =
            StandIn::make(clock::now()).doing(cannot)?;
        (guest_key.to_pem().doing(cannot)?, attestation_key.to_pem().doing(cannot)?, certificates)
    };
    let contents: [&[u8]; 6] = [
        &guest_key,
        &certificates.encrypt,
        &attestation_key,
        &certificates.attestation,
        &certificates.intermediate,
        &certificates.root,
    ];
    for (output, content) in outputs.iter_mut().zip(contents) {
        let name = output.name();
        output.write_all(content).doing_io("write", Path::new(&name))?;
    }
    commit_all(outputs)?;
    let [first @ .., last] = &names;
    report.success(&format!("wrote `{}` and `{last}`", first.join("`, `")));
    let [guest_key, certificate, attestation_key, attestation_certificate, intermediate, root] = names;
    let made = Made { guest_key, certificate, attestation_key, attestation_certificate, intermediate, root };
    report.result(&made, |_| Vec::<String>::new())
}
