//! Which ports of the guest lead to containers.

use contract_core::section::descriptors::{Descriptors, Port};

use crate::boot::log::{Log, Stopped};
use crate::hpl::{HPL10000E, HPL15005E};

const STEP: &str = "ports";

/// One line; refused where two containers want the same port.
pub fn list(log: &mut Log, compose: bool, found: &Descriptors) -> Result<(), Stopped> {
    for (at, port) in found.ports.iter().enumerate() {
        let earlier = found.ports.iter().take(at).find(|earlier| earlier.conflicts(port));
        if let Some(earlier) = earlier {
            let code = if compose { HPL10000E } else { HPL15005E };
            let detail = format!(
                "{}: port {}/{} of the guest goes to `{}` already: {}",
                super::at(&port.place),
                port.host,
                port.protocol,
                earlier.by,
                super::at(&earlier.place)
            );
            return Err(log.refused(STEP, code, detail, "give one of them another port of the guest"));
        }
    }
    if found.ports.is_empty() {
        log.skipped(STEP, "none is published: nobody outside the guest reaches a container");
    } else {
        let told: Vec<_> = found.ports.iter().map(told).collect();
        log.ok(STEP, told.join(", "));
    }
    Ok(())
}

fn told(port: &Port) -> String {
    let Port { by, address, host, inner, protocol, .. } = port;
    let address = address.as_ref().map(|address| format!("{address}:")).unwrap_or_default();
    format!("{address}{host}/{protocol} to {inner} of `{by}`")
}
