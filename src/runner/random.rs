//! Owns chance: words that nobody can guess.

use crate::failure::{Failure, Reason};

/// 32 hexadecimal digits from the operating system.
pub(crate) fn word() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::getrandom(&mut bytes).map_err(|error| {
        Failure::new(
            Reason::Internal,
            format!("The operating system gave no random numbers: {error}."),
            "Check that the runner's kernel offers getrandom(2).",
        )
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
