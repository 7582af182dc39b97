//! Boots user data in the guest's order.
pub mod archive;

use crate::guest_key::GuestKey;
use crate::report::BootReport;

/// todo
pub fn boot(_user_data: &[u8], _key: &GuestKey, _at: jiff::Timestamp) -> BootReport {
    BootReport::default()
}
