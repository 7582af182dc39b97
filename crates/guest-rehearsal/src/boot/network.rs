//! The file `network-config` of a medium: the guest's interfaces, set before logging is.
//!
//! The guest then checks whether the network works (HPL14001I, HPL14000I; HPL14001E or HPL14002E if it does not), which no
//! rehearsal on another machine can do.

use contract_core::boot_media::NETWORK_CONFIG;
use contract_section::network_config;
use findings::{Finding, Severity};

use super::schema::one_line;
use crate::hpl::{HPL13000I, HPL13004I};
use crate::report::{Halt, Log};

const STEP: &str = "network";

/// Checks the file as `env-deployer boot-media` does. Without it there is nothing to report: the guest uses DHCP.
pub fn check(log: &mut Log, file: Option<&[u8]>) -> Result<(), Halt> {
    let Some(bytes) = file else { return Ok(()) };
    let text = strict_yaml::text(bytes).map_err(|error| {
        log.refused(STEP, None, format!("`{NETWORK_CONFIG}`: {error}"), "save the file as UTF-8")
    })?;
    let (config, findings) = network_config::read(NETWORK_CONFIG, text);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings.0.iter().partition(|finding| finding.severity == Severity::Error);
    let Some(config) = config else { return Err(refused(log, &errors)) };
    log.ok_with_code(STEP, HPL13000I, format!("`{NETWORK_CONFIG}` follows the guest's schema"));
    for warning in warnings {
        log.warning_with_hint(STEP, one_line(NETWORK_CONFIG, warning), &warning.hint);
    }
    log.ok_with_code(STEP, HPL13004I, config.to_string());
    log.skipped(STEP, "not rehearsed: the guest's check whether its network works (HPL14001I, HPL14000I)");
    Ok(())
}

/// No source states which message the guest shows.
fn refused(log: &mut Log, errors: &[&Finding]) -> Halt {
    let [first, others @ ..] = errors else { unreachable!("a file that is not read has an error") };
    let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
    log.refused(STEP, None, format!("{}{more}", one_line(NETWORK_CONFIG, first)), &first.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
network:
  version: 2
  ethernets:
    enc8:
      dhcp4: false
      addresses: [192.0.2.21/24]
";

    /// Word, message and detail of each step.
    fn steps(file: Option<&[u8]>) -> Vec<String> {
        let mut log = Log::default();
        let refused = check(&mut log, file).is_err();
        assert_eq!(refused, log.iter().any(|step| step.verdict == crate::report::Verdict::Refused));
        let line = |step: &crate::report::Step| {
            assert_eq!(step.name, "network");
            let code = step.code.map(|code| format!("{}: ", code.id)).unwrap_or_default();
            format!("{:?}: {code}{}", step.verdict, step.detail)
        };
        log.iter().map(line).collect()
    }

    #[test]
    fn a_file_that_follows_the_schema_sets_the_interfaces() {
        assert_eq!(
            steps(Some(FILE.as_bytes())),
            [
                "Ok: HPL13000I: `network-config` follows the guest's schema",
                "Warning: network-config:3: network.ethernets: no name server: the guest's connectivity check asks for one when it fails (HPL14001E)",
                "Ok: HPL13004I: enc8 192.0.2.21/24",
                "Skipped: not rehearsed: the guest's check whether its network works (HPL14001I, HPL14000I)",
            ]
        );
        assert_eq!(steps(None), [""; 0]);
    }

    #[test]
    fn a_wrong_file_has_no_known_message() {
        let wrong = FILE.replace("enc8", "eth0").replace("/24", "");
        assert_eq!(
            steps(Some(wrong.as_bytes())),
            [
                "Refused: network-config:4: network.ethernets.eth0: not the name of a guest's interface: `enc` and decimal digits (and 1 more)"
            ]
        );
        assert_eq!(steps(Some(b"\xff")), ["Refused: `network-config`: line 1: the text is not UTF-8"]);
    }
}
