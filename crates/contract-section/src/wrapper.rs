//! A section that was pasted with what is around it in a contract: `workload: |`, `env: |`.

use contract_core::kind::{Env, Kind, Workload};
use strict_yaml::Node;

use crate::fields::{Check, Field};

/// Reports a section in its wrapper, with one finding.
pub fn report<K: Kind>(check: &mut Check<'_>, root: &Node) -> bool {
    if root.entry("type").is_some() {
        return false;
    }
    let wrapped: Vec<_> = [Workload::NAME, Env::NAME]
        .into_iter()
        .filter_map(|name| root.entry(name).filter(|node| is_section(node, name)).map(|node| (name, node)))
        .collect();
    if wrapped.is_empty() {
        return false;
    }
    let names = wrapped.iter().map(|(name, _)| format!("`{name}:`")).collect::<Vec<_>>().join(" and ");
    let is_token = |node: &&Node| node.text().is_some_and(|text| !text.contains(':'));
    let hint = match &*wrapped {
        [(_, node)] if is_token(node) => {
            "it is encrypted already: take the file that it was made from".to_owned()
        }
        [(name, _)] if *name == K::NAME => {
            format!("remove the line `{name}:`, and the indentation of all other lines")
        }
        [(name, _)] => {
            format!("this is the {name} section: keep it in `{name}.yaml`, without the line `{name}:`")
        }
        _ => format!(
            "keep what is under `{0}:` in `{0}.yaml`, without the indentation, and the other section in a file of its author",
            K::NAME
        ),
    };
    let message = format!("the section is inside {names}, as in a contract: expected the section alone");
    check.error(&Field::root(root), message, hint);
    true
}

/// In a workload section, `env` holds variables.
fn is_section(node: &Node, name: &str) -> bool {
    name == Workload::NAME || node.text().is_some() || node.entry("type").is_some()
}
