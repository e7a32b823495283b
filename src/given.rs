//! Owns all that a run is given: the flow with its inputs, the key, the installation, whom to trust.

use std::collections::BTreeMap;

use crate::codesphere::redirect::Base;
use crate::flows::{self, Flow};
use crate::http::{Certificate, certificates};
use crate::inputs::groups::Settings;
use crate::inputs::reader::Reader;
use crate::inputs::{Mistake, values};
use crate::runner::secret::Secret;

/// All inputs, checked as far as that goes without asking anybody.
#[derive(Debug)]
pub struct Inputs {
    /// The flow, as the input spells it.
    pub(crate) name: &'static str,
    /// What to do.
    pub(crate) flow: Box<dyn Flow>,
    /// The API key.
    pub(crate) token: Secret,
    /// The installation.
    pub(crate) api: Base,
    /// Certificate authorities to trust besides Mozilla's.
    pub(crate) roots: Vec<Certificate<'static>>,
    /// Change nothing.
    pub(crate) dry_run: bool,
    /// Inputs that were given and that the flow does not use.
    pub unused: Vec<&'static str>,
}

impl Inputs {
    /// Reads `INPUT_*` among `variables`.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::new(variables)?;
        let entry = reader.value("flow", flows::find);
        let token = reader.token();
        let api = reader.value("api-url", base);
        let roots = reader.certificates(certificates);
        let flow = entry.and_then(|entry| entry.read(&mut reader));
        if entry.is_none() {
            // Whatever flow it is to be, these are read alike.
            Settings::of_building(&mut reader);
        }
        let dry_run = reader.value("dry-run", values::boolean);
        let unused = reader.unused();
        let read = || {
            Some(Self {
                name: entry?.name,
                flow: flow?,
                token: token?,
                api: api?,
                roots: roots?,
                dry_run: dry_run?,
                unused,
            })
        };
        reader.finish(read())
    }
}

fn base(text: &str) -> Result<Base, String> {
    Base::parse(text)
        .map_err(|why| format!("an address such as https://cloud.codesphere.com/api; {why}"))
}
