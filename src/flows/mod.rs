//! The registry: every flow once, with its name.

mod candidate;
mod cleanup;
mod flow;
mod preview;
mod promote;
mod rollback;
mod shared;
mod simple;
mod zero_downtime;

use crate::inputs::reader::Reader;
use crate::text::list;
pub(crate) use flow::{Flow, Plan};
pub(crate) use shared::preflight::{Findings, Preflight};

/// Every flow, in the order of the documentation.
pub static FLOWS: &[Entry] = &[
    Entry::new("simple", simple::read),
    Entry::new("zero-downtime", zero_downtime::read),
    Entry::new("candidate", candidate::read),
    Entry::new("promote", promote::read),
    Entry::new("rollback", rollback::read),
    Entry::new("cleanup", cleanup::read),
    Entry::new("preview", preview::read),
];

/// What reads a flow's inputs.
type Read = fn(&mut Reader) -> Option<Box<dyn Flow>>;

/// A flow by its name.
pub struct Entry {
    /// As the input `flow` spells it.
    pub name: &'static str,
    read: Read,
}

impl Entry {
    const fn new(name: &'static str, read: Read) -> Self {
        Self { name, read }
    }

    /// What the flow was given; nothing where some of it is wrong.
    pub(crate) fn read(&self, reader: &mut Reader) -> Option<Box<dyn Flow>> {
        (self.read)(reader)
    }
}

/// The flow of that name, or all names in words.
pub(crate) fn find(name: &str) -> Result<&'static Entry, String> {
    let found = FLOWS.iter().find(|flow| flow.name == name);
    found.ok_or_else(|| list(FLOWS.iter().map(|flow| flow.name)))
}
