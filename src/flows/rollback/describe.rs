//! Owns how the plan of a rollback reads.

use crate::flows::plan::RollbackPlan;
use crate::flows::shared::standing::Standing;
use crate::text::duration;

impl RollbackPlan {
    pub(crate) fn describe(&self) -> Vec<String> {
        let workspace = format!("workspace {} ({})", self.workspace.id, self.workspace.name);
        let mut lines: Vec<String> = self.promotion.describe_standing().into_iter().collect();
        if self.promotion.standing != Standing::ToBeReleased {
            return lines;
        }
        lines.push(format!(
            "Look whether {workspace} is up: if it sleeps, wake it; if its run stage is not up, start it with the profile that it was released with; each at most {}.",
            duration(self.workspace_timeout)
        ));
        let health = self.health.as_ref();
        lines.extend(health.map(|health| health.describe("its dev domain")));
        lines.extend(self.promotion.describe(&workspace, health.is_some()));
        lines.push(format!(
            "On a failure: put back what was switched; {workspace} stays, and nothing is deleted."
        ));
        lines
    }
}
