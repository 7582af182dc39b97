//! The custom resource of the Kubernetes operator, which holds user data as a text.
//!
//! ```text
//! kind: HyperProtectContainerRuntimeOnPrem / HyperProtectContainerRuntimeVPC
//! spec: { contract: user data, … }
//! ```
//!
//! Source: ibm-hyper-protect/k8s-operator-hpcr, manifests/crd.yaml. JSON is YAML to our reader. A file may hold other
//! documents too (configuration, data disks), or a `List`, as `kubectl get` prints it.

use strict_yaml::{Limits, Node};
use zeroize::Zeroizing;

use crate::user_data::LARGEST_YAML;

/// The kinds with a contract. Those for data disks and networks have none.
const KINDS: [&str; 2] = ["HyperProtectContainerRuntimeOnPrem", "HyperProtectContainerRuntimeVPC"];

/// Why a resource gives no user data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ResourceError {
    #[error("it holds {0} resources of the Kubernetes operator, each with a contract")]
    Several(usize),
    #[error("line {0}: the resource of the Kubernetes operator has no `spec.contract`")]
    NoContract(usize),
    #[error("line {0}: `spec.contract` of the resource is not a text, as the operator expects it")]
    NotText(usize),
}

impl ResourceError {
    pub(super) fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Several(_) => "name one: `kubectl get onprem-hpcr NAME -o yaml > resource.yaml`".into(),
            Self::NoContract(_) | Self::NotText(_) => {
                "write user data as a block: `contract: |`, with every line of it indented".into()
            }
        }]
    }
}

/// The contract in a resource; `None` if the text is no such resource.
pub fn contract(text: &str) -> Result<Option<Zeroizing<String>>, ResourceError> {
    // most texts are user data, and are not read twice
    if !KINDS.iter().any(|kind| text.contains(kind)) {
        return Ok(None);
    }
    let limits = Limits { bytes: LARGEST_YAML, ..Limits::default() };
    let Ok(documents) = strict_yaml::parse_descriptors(text, &limits) else { return Ok(None) };
    let items = |document| Node::entry(document, "items").and_then(Node::items);
    let all = documents.iter().flat_map(|it| items(it).unwrap_or(std::slice::from_ref(it)));
    let mut resources = all
        .filter(|it| it.entry("kind").and_then(Node::text).is_some_and(|it| KINDS.contains(&it)))
        // user data, to a guest
        .filter(|it| it.entry("workload").is_none());
    let Some(resource) = resources.next() else { return Ok(None) };
    let others = resources.count();
    if others > 0 {
        return Err(ResourceError::Several(others + 1));
    }
    let contract = resource.entry("spec").and_then(|spec| spec.entry("contract"));
    let contract = contract.filter(|it| !it.is_null()).ok_or(ResourceError::NoContract(resource.line))?;
    let text = contract.text().ok_or(ResourceError::NotText(contract.line))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}
