//! The flows: what each is given, what it plans, and what happens, in order, also when it fails.

pub mod cleanup;
pub mod plan;
pub mod preview;
pub mod promote;
pub mod rollback;
pub mod shared;
pub mod zero_downtime;
