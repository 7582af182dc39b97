//! Which images would be pulled, and why each can be trusted.

use contract_core::section::Images;
use contract_core::section::descriptors::{Descriptors, image};

use crate::boot::log::Log;

const STEP: &str = "images";

/// A line for each image; what nothing verifies was refused by then.
pub fn list(log: &mut Log, compose: bool, found: &Descriptors, images: &Images) {
    let mut told = std::collections::BTreeSet::new();
    for (_, image) in found.images.iter().filter(|(_, image)| told.insert(image)) {
        if image::is_pinned(image) {
            log.ok(STEP, format!("`{image}`: pinned by its digest"));
            continue;
        }
        let wanted = image::name_of(image);
        let is_it = |name: &&String| image::name_of(name) == wanted;
        let dct = images.dct.iter().map(|it| &it.name).find(is_it);
        let rhs = images.rhs.iter().map(|it| &it.name).find(is_it);
        let dct = dct.map(|name| format!("`images.dct.{name}`"));
        let rhs = rhs.map(|name| format!("`images.rhs.{name}`"));
        let (due, other) = if compose { (dct, rhs) } else { (rhs, dct) };
        match (due, other) {
            (Some(entry), _) => log.ok(STEP, format!("`{image}`: verified with the key of {entry}")),
            (None, Some(entry)) => {
                let (what, kind) = if compose { ("compose files", "dct") } else { ("Pods", "rhs") };
                let detail = format!(
                    "`{image}`: has only {entry}; images of {what} are verified through `images.{kind}`"
                );
                log.warning(STEP, None, detail);
            }
            (None, None) => log.warning(STEP, None, format!("`{image}`: nothing verifies it")),
        }
    }
}
