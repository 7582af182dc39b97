//! The guest's static addresses on a boot medium. What is accepted has interfaces, each with addresses or DHCP, not both.
#![cfg_attr(fuzzing, no_main)]

use contract_section::network_config::read;

contract_fuzz::target!(network_config);

fn network_config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (config, findings) = read("network-config", text);
    assert_eq!(config.is_some(), findings.errors() == 0, "refused without a reason, or accepted with one");
    let Some(config) = config else { return };
    assert!(!config.interfaces.is_empty(), "a guest without an interface");
    for interface in &config.interfaces {
        assert!(interface.name.starts_with("enc"), "another interface");
        assert_ne!(interface.dhcp, !interface.addresses.is_empty(), "both or neither");
    }
}
