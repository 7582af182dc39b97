//! Boots user data in the guest's order.
pub mod archive;
