//! Whether what containers write is kept on the contract's volumes.

use contract_core::section::WorkloadVolume;
use contract_core::section::descriptors::{Descriptors, storage};

use crate::boot::log::Log;

const STEP: &str = "mounts";

/// The lines of `check`, with every variable known.
pub fn list(log: &mut Log, compose: bool, found: &Descriptors, volumes: &[WorkloadVolume]) {
    let storage = storage(found, volumes, compose);
    if storage.kept.is_empty() && storage.lost.0.is_empty() {
        log.skipped(STEP, "no container mounts anything that is kept");
    }
    for line in storage.kept {
        log.ok(STEP, line);
    }
    for finding in storage.lost.0 {
        log.advised(STEP, finding.message, finding.hint);
    }
}
