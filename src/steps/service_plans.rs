//! Owns the plans that the services of a landscape name: whether they exist, allow the replicas, and stay awake.

use crate::codesphere::client::Begun;
use crate::codesphere::types::Plan;
use crate::failure::{Failure, Reason};
use crate::profile::{Profile, Service};
use crate::steps::RunContext;
use crate::text::{list, names};

/// Refuses a service whose plan does not exist or allows fewer replicas; warns of one that falls asleep.
pub(crate) fn check(
    ctx: &RunContext<'_>,
    plans: Begun<'_, Vec<Plan>>,
    profile: &Profile,
) -> Result<(), Failure> {
    let plans = match plans.answer() {
        Ok(plans) => plans,
        Err(error) => {
            let failure = error.while_doing("reading the plans");
            if failure.is_cancellation() {
                return Err(failure);
            }
            ctx.log.line(&format!(
                "whether the services' plans exist is not known. {}",
                failure.cause
            ));
            return Ok(());
        }
    };
    let named = profile.planned().map(|(service, id)| {
        let plan = plans.iter().find(|plan| plan.id.0 == id);
        (service, id, plan)
    });
    let (mut wrong, mut drowsy) = (Vec::new(), Vec::new());
    for (service, id, plan) in named {
        match plan {
            None => wrong.push(format!(
                "{} names plan {id}, which does not exist",
                service.name
            )),
            Some(plan) => {
                wrong.extend(too_many(service, plan));
                if plan.characteristics.on_demand {
                    drowsy.push(format!("{} on {}", service.name, shown(plan)));
                }
            }
        }
    }
    if !wrong.is_empty() {
        return Err(refused(&wrong, &plans));
    }
    if !drowsy.is_empty() {
        tell_drowsy(ctx, &list(drowsy));
    }
    Ok(())
}

fn shown(plan: &Plan) -> String {
    format!("{} ({})", plan.title, plan.id)
}

fn offered(plan: &Plan) -> String {
    let on_demand = if plan.characteristics.on_demand {
        ", on-demand"
    } else {
        ""
    };
    format!("{} ({}{on_demand})", plan.title, plan.id)
}

fn too_many(service: &Service, plan: &Plan) -> Option<String> {
    let most = plan
        .max_replicas
        .filter(|most| service.replicas > u64::from(*most))?;
    Some(format!(
        "{} wants {} replicas, and its plan {} allows {most} at most",
        service.name,
        service.replicas,
        shown(plan)
    ))
}

fn refused(wrong: &[String], plans: &[Plan]) -> Failure {
    let plans = plans.iter().filter(|plan| !plan.deprecated).map(offered);
    Failure::new(
        Reason::Refused,
        format!(
            "No plan fits what the CI profile names: {}.",
            wrong.join("; ")
        ),
        format!(
            "Correct `plan` or `replicas` in the CI profile. Plans: {}.",
            names(plans)
        ),
    )
}

/// A preview may sleep: it is for looking at.
fn tell_drowsy(ctx: &RunContext<'_>, which: &str) {
    let words = format!(
        "Services on an on-demand plan: {which}. They fall asleep when nobody asks for them, and the next visitor waits until they are up."
    );
    if ctx.flow == "preview" {
        return ctx.log.foreign([("", words.as_str())]);
    }
    ctx.report.warn(format!(
        "{words} For production, name an always-on plan in the CI profile."
    ));
}
