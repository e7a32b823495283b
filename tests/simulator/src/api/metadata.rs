//! Teams, data centres, plans and base images.

use serde_json::{Value, json};

use super::{Answer, Answered, Problem, id};
use crate::{Plan, Team, World};

pub(super) fn teams(world: &World) -> Answer {
    let teams = world.teams.iter().map(|team| {
        let mut json = team_json(team);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("role".to_owned(), 0.into());
        }
        json
    });
    Answer::json(teams.collect())
}

pub(super) fn team(world: &World, segment: &str) -> Answered {
    let wanted = id(segment)?;
    let team = world.teams.iter().find(|team| team.id == wanted);
    team.map(|team| Answer::json(team_json(team)))
        .ok_or_else(|| Problem::not_found("Team is not found."))
}

fn team_json(team: &Team) -> Value {
    json!({
        "id": team.id,
        "defaultDataCenterId": team.data_center,
        "name": team.name,
        "description": null,
        "avatarId": null,
        "avatarUrl": null,
        "isFirst": false,
    })
}

pub(super) fn datacenters(world: &World) -> Answer {
    let centers = world.datacenters.iter().map(
        |center| json!({ "id": center.id, "name": center.name, "city": "Teststadt", "countryCode": "DE" }),
    );
    Answer::json(centers.collect())
}

pub(super) fn plans(world: &World) -> Answer {
    Answer::json(world.plans.iter().map(plan_json).collect())
}

fn plan_json(plan: &Plan) -> Value {
    json!({
        "id": plan.id,
        "priceUsd": 8,
        "title": plan.title,
        "deprecated": plan.deprecated,
        "characteristics": {
            "id": plan.id,
            "CPU": 0.5,
            "GPU": 0,
            "RAM": 1_073_741_824,
            "SSD": 10_737_418_240_u64,
            "TempStorage": 1_073_741_824,
            "onDemand": plan.on_demand,
        },
        "maxReplicas": plan.max_replicas,
    })
}

pub(super) fn base_images() -> Answer {
    Answer::json(json!([
        { "id": "ubuntu-24.04", "name": "Ubuntu 24.04", "supportedUntil": "2029-05-31T00:00:00.000Z" },
    ]))
}

/// The team of that id, if the key's owner belongs to it.
pub(super) fn member<'a>(world: &'a World, segment: &str) -> Result<&'a Team, Problem> {
    let wanted = id(segment)?;
    world
        .teams
        .iter()
        .find(|team| team.id == wanted)
        .ok_or_else(|| not_a_member(wanted))
}

pub(super) fn not_a_member(team: u64) -> Problem {
    Problem::new(401, "Authorization information is missing or invalid.")
        .detail(&format!("You are no member of team {team}."))
}
