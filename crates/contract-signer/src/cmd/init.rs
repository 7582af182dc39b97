//! `contract-signer init`: a folder to start from.

use std::io::Write as _;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility, create_folder};
use cli_kit::persona::FILE;
use cli_kit::{Failure, Report};

use crate::cli::Init;

const PERSONA: &str = "\
# The contract signer's folder, so that the everyday command needs no flag. Flags win.
persona: contract-signer
name: contract            # `sign` takes contract.workload.handoff and contract.env.handoff
key: signing-key.pem      # made by `contract-signer keygen`
";

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    create_folder(&arguments.dir)?;
    let path = arguments.dir.join(FILE);
    let mut output = Output::create(&path, arguments.force.force, Visibility::Public)?;
    output.write_all(PERSONA.as_bytes()).doing_io("write", &path)?;
    output.commit()?;
    report.success(&format!("wrote `{}`", path.display()));
    report.note(
        "next: `contract-signer keygen` in that folder, and give signing-key.pub.pem to the env deployer",
    );
    report.result(&serde_json::json!({ "files": [path] }), |_| Vec::<String>::new())
}
