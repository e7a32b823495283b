//! Faults: what goes wrong with which request, how often, and what happens around it.

use std::sync::Arc;

use crate::World;

/// Something that goes wrong with the requests that match.
#[derive(Clone)]
pub struct Fault {
    /// The method it is for; `None` for all.
    pub method: Option<&'static str>,
    /// The path as sent, without `/api` and query; `*` stands for one segment, a last `**` for the rest.
    /// For a visit it is the host and the path: `shop.example.com/docs`.
    pub path: String,
    /// So many matching requests go well first.
    pub skip: u32,
    /// So many requests are hit after that; `u32::MAX` means all.
    pub times: u32,
    /// What happens to them.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that hits the first matching request; an empty method means all.
    #[must_use]
    pub fn on(method: &'static str, path: &str, kind: FaultKind) -> Self {
        let method = Some(method).filter(|method| !method.is_empty());
        Self {
            method,
            path: path.to_owned(),
            skip: 0,
            times: 1,
            kind,
        }
    }

    /// Lets so many matching requests go well first.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Hits so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Hits every matching request.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.is_none_or(|wanted| wanted == method) && path_matches(&self.path, path)
    }

    /// Counts a matching request; whether it is hit.
    fn strikes(&mut self) -> bool {
        if self.times == 0 {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times != u32::MAX {
            self.times -= 1;
        }
        true
    }
}

/// Code that a fault runs on the world.
pub type Action = Arc<dyn Fn(&mut World) + Send + Sync>;

/// What a fault does.
#[derive(Clone)]
pub enum FaultKind {
    /// The connection ends before anything is done.
    ResetBefore,
    /// It is done, then the connection ends without a byte.
    ResetAfter,
    /// Nothing is done and nothing said until the client goes away.
    HangBefore,
    /// It is done, then nothing is said until the client goes away.
    HangAfter,
    /// It is done; the answer comes a byte at a time and never ends.
    SlowDrip,
    /// This answer, and nothing is done.
    Status {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
    /// It is done, but this is the answer.
    ActThenStatus {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
    /// It is done; the answer waits until a call of this path, or a visit of this host and path, has come as well. The
    /// connection ends where none comes.
    HeldUntil(&'static str),
    /// It is done; the answer ends before its announced length.
    Truncated,
    /// It is done; the answer's body is not JSON.
    BrokenJson,
    /// It is done; the answer is JSON of another shape.
    WrongShape,
    /// It is done; the answer announces eight gigabytes.
    Announced8Gb,
    /// It is done; the answer's body never ends.
    Endless,
    /// Runs just before the request is handled, which then goes well.
    ///
    /// It runs while the world is held: it must not use the simulator's door.
    Do(Action),
    /// Runs just after the request was handled.
    DoAfter(Action),
}

impl FaultKind {
    /// A short answer in place of doing anything.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// Runs the action just before the request is handled.
    pub fn run(action: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::Do(Arc::new(action))
    }

    /// Runs the action just after the request was handled.
    pub fn run_after(action: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::DoAfter(Arc::new(action))
    }

    /// Whether the request has its effect in spite of the fault.
    pub(crate) fn acts(&self) -> bool {
        !matches!(
            self,
            Self::ResetBefore | Self::HangBefore | Self::Status { .. }
        )
    }
}

/// What the faults make of one request.
#[derive(Default)]
pub(crate) struct Struck {
    pub(crate) before: Vec<Action>,
    pub(crate) after: Vec<Action>,
    pub(crate) disruption: Option<FaultKind>,
}

/// Collects what hits the request: all actions, and the first disruption.
pub(crate) fn strike(faults: &mut [Fault], method: &str, path: &str) -> Struck {
    let mut struck = Struck::default();
    for fault in faults
        .iter_mut()
        .filter(|fault| fault.matches(method, path))
    {
        let disrupts = !matches!(fault.kind, FaultKind::Do(_) | FaultKind::DoAfter(_));
        if (disrupts && struck.disruption.is_some()) || !fault.strikes() {
            continue;
        }
        match &fault.kind {
            FaultKind::Do(action) => struck.before.push(Arc::clone(action)),
            FaultKind::DoAfter(action) => struck.after.push(Arc::clone(action)),
            kind => struck.disruption = Some(kind.clone()),
        }
    }
    struck
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return true;
        }
        match segments.next() {
            Some(segment) if wanted == "*" || wanted == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultKind, path_matches, strike};

    #[test]
    fn a_star_is_one_segment_and_two_are_the_rest() {
        assert!(path_matches("/workspaces/*/status", "/workspaces/5/status"));
        assert!(!path_matches("/workspaces/*", "/workspaces/5/status"));
        assert!(path_matches("/workspaces/**", "/workspaces/5/status"));
        assert!(path_matches("shop.example.com/**", "shop.example.com/docs"));
    }

    #[test]
    fn a_fault_skips_and_counts() {
        let mut faults = [Fault::on("GET", "/teams", FaultKind::ResetBefore)
            .after(1)
            .times(2)];
        let hits: Vec<bool> = (0..5)
            .map(|_| strike(&mut faults, "GET", "/teams").disruption.is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
    }
}
