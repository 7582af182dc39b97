//! The text of a seed vault, in an age file. What we write we read back.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use age::x25519::Identity;
use contract_core::age_file::{self, Format};
use contract_core::kind::{Env, Kind, Workload};
use seed_vault::Vault;

contract_fuzz::target!(vault);

static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::generate);

fn vault(data: &[u8]) {
    let mut file = Vec::new();
    age_file::encrypt(&[&IDENTITY.to_public()], Format::Binary, &mut file, |out| out.write_all(data))
        .expect("memory takes it");
    reads_back::<Workload>(&file);
    reads_back::<Env>(&file);
}

fn reads_back<K: Kind + PartialEq + std::fmt::Debug>(file: &[u8]) {
    let Ok(vault) = Vault::<K>::open(file, &[&*IDENTITY]) else { return };
    let mut sealed = Vec::new();
    vault.seal(&[&IDENTITY.to_public()], &mut sealed).expect("memory takes it");
    assert_eq!(Vault::open(&sealed, &[&*IDENTITY]).expect("our own vault opens"), vault);
}
