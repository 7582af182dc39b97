//! Which products a guest with this contract may be of, if nobody states it.

use contract_core::user_data::UserData;
use contract_pki::platform::{Platform, Prefix};

/// The products whose tokens begin like those of the user data.
pub fn possible(user_data: &UserData) -> Vec<Platform> {
    let values = [&user_data.workload, &user_data.env];
    let prefixes: Vec<_> = values.into_iter().filter_map(|value| token_prefix(value)).collect();
    let fits = |platform: &Platform| prefixes.iter().all(|prefix| platform.product().has_prefix(*prefix));
    Platform::ALL.into_iter().filter(fits).collect()
}

/// The first part of a value that begins like a token; the rest may be damaged.
pub fn token_prefix(value: &str) -> Option<Prefix> {
    let begins =
        |prefix: &Prefix| value.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.'));
    Prefix::ALL.into_iter().find(begins)
}
