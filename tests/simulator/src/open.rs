//! Connections to applications that stay open, such as slow requests and web sockets: the process that serves one takes
//! it along when it ends.

use crate::traffic::visit;
use crate::{Stage, World};

/// A connection that was opened, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The workspace whose application serves it; a switch of the domain does not move it.
    pub workspace: u64,
    /// When it was opened.
    pub since: f64,
    /// When it ends by itself; a web socket does not.
    pub until: f64,
    /// When it was cut, if it was.
    pub cut: Option<f64>,
    /// When the process that serves it was started.
    process: f64,
}

impl World {
    /// Opens a connection that lasts so many seconds; whether an application accepted it.
    pub(crate) fn open(&mut self, host: &str, path: &str, seconds: f64) -> bool {
        let visit = visit(self, host, path, None);
        let workspace = visit.workspace.filter(|_| visit.status < 300);
        let Some(open) = workspace.and_then(|id| self.opened(id, seconds)) else {
            return false;
        };
        self.open.push(open);
        true
    }

    fn opened(&self, workspace: u64, seconds: f64) -> Option<Open> {
        let run = self.workspaces.get(&workspace)?.run.as_ref()?;
        Some(Open {
            workspace,
            since: self.now,
            until: self.now + seconds,
            cut: None,
            process: run.started_at,
        })
    }

    /// Cuts the connections whose process is gone by now.
    pub(crate) fn cut(&mut self) {
        let (now, quirks, workspaces) = (self.now, &self.quirks, &self.workspaces);
        let serves = |open: &Open| {
            let run = workspaces
                .get(&open.workspace)
                .and_then(|it| it.run.as_ref());
            run.is_some_and(|run| {
                run.started_at.total_cmp(&open.process).is_eq()
                    && run.is_alive(Stage::Run, now, quirks)
            })
        };
        let lasting = |open: &&mut Open| open.cut.is_none() && open.until > now;
        for open in self.open.iter_mut().filter(lasting) {
            if !serves(open) {
                open.cut = Some(now);
            }
        }
    }
}
