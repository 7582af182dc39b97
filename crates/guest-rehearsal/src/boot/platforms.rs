//! Which products a guest with this contract may be of.

use contract_core::user_data::UserData;
use contract_pki::platform::{self, Delivery, Platform, Prefix};

use crate::report::Log;

const STEP: &str = "platform";

/// The product that is given, or those that fit the tokens and the way the contract arrives. A `boot` section rules out none:
/// the other products ignore what they do not know.
pub fn possible(
    log: &mut Log,
    given: Option<Platform>,
    user_data: &UserData,
    delivery: Option<Delivery>,
) -> Vec<Platform> {
    let values = [&user_data.workload, &user_data.env];
    let prefixes: Vec<_> = values.into_iter().filter_map(|value| token_prefix(value)).collect();
    let has_tokens =
        |platform: &Platform| prefixes.iter().all(|prefix| platform.product().has_prefix(*prefix));
    let arrives = |platform: &Platform| delivery.is_none_or(|it| platform.product().delivery == it);
    let fits = |platform: &Platform| has_tokens(platform) && arrives(platform);
    let fitting: Vec<_> = Platform::ALL.into_iter().filter(fits).collect();
    match (given, &*fitting) {
        (Some(platform), _) => {
            if !fits(&platform) {
                let what = if has_tokens(&platform) { "the way it arrives" } else { "its tokens" };
                let others = if fitting.is_empty() { "no product" } else { &platform::names(&fitting) };
                log.warning(STEP, None, format!("{platform} is given, but {what} is that of {others}"));
            }
            vec![platform]
        }
        (None, []) => {
            log.warning(STEP, None, "no product has such tokens and gets its contract in this way");
            Platform::ALL.to_vec()
        }
        (None, _) => fitting,
    }
}

/// The first part of a value that begins like a token; the rest may be damaged.
pub fn token_prefix(value: &str) -> Option<Prefix> {
    let begins =
        |prefix: &Prefix| value.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.'));
    Prefix::ALL.into_iter().find(begins)
}
