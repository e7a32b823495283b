//! Owns the decision: what is known of each workspace in, kept or deleted and why out. In doubt, it is kept.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::ids::WorkspaceId;
use crate::moment::Moment;
use crate::route::Route;
use crate::steps::retention::policy::Policy;
use crate::text::{duration, list};

/// Another run may be working on what is younger.
const YOUNG: Duration = Duration::from_hours(1);
/// Where two clocks are further apart, no age is believed.
const CLOCKS: Duration = Duration::from_hours(24);

/// A workspace of this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Managed {
    /// Its number.
    pub(crate) id: WorkspaceId,
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// When it was made, if that is known.
    pub(crate) created: Option<Moment>,
    /// The run that made it: id, number, attempt.
    pub(crate) run: (u64, u64, u64),
}

/// What a workspace is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A release or a candidate, meant for these routes, sorted; none: for any.
    Release(Vec<Route>),
    /// The preview of this pull request.
    Preview(u64, Updated),
}

/// When a preview was last updated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Updated {
    /// Then, or when it was made.
    At(Moment),
    /// That is not known, and why.
    Unknown(String),
}

/// All that the decision rests on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inventory {
    /// The workspaces that are judged.
    pub(crate) own: Vec<Managed>,
    /// What domains point at, with one of the routes.
    pub(crate) connected: BTreeMap<WorkspaceId, Route>,
    /// What the next rollback of a workspace that serves would take, with that workspace.
    pub(crate) targets: BTreeMap<WorkspaceId, WorkspaceId>,
    /// Workspaces that serve, and of which that is not known.
    pub(crate) unread: Vec<Unread>,
    /// The apps of workspaces that are left alone as they are of another app, one for each.
    pub(crate) others: Vec<Option<String>>,
    /// What time it is for the platform.
    pub(crate) now: Option<Moment>,
    /// How far the runner's calendar is from that.
    pub(crate) clocks_apart: Duration,
}

/// A workspace that serves, and does not tell what served before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// The workspace.
    pub(crate) live: WorkspaceId,
    /// Where it serves.
    pub(crate) route: Route,
    /// Why it does not tell.
    pub(crate) why: String,
}

/// What becomes of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The workspace.
    pub(crate) own: Managed,
    /// What becomes of it.
    pub(crate) decision: Decision,
}

/// Kept or deleted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It stays.
    Keep(KeepReason),
    /// It goes.
    Delete(DeleteReason),
}

/// Why a workspace stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeepReason {
    /// This route points at it.
    Connected(Route),
    /// A rollback of this workspace, which serves, would take it.
    Target(WorkspaceId),
    /// It may be what a rollback would take.
    Unread(Unread),
    /// It is not known how old it is.
    Undated,
    /// It is not known what time it is for the platform.
    NoDate,
    /// The platform's clock and the runner's are so far apart: one of them is wrong.
    ClocksApart(Duration),
    /// Another run may be working on it.
    Young,
    /// It is among so many newest releases.
    Newest(u32),
    /// The preview was updated so long ago only.
    Fresh(Duration),
    /// It is not known when the preview was updated, and why.
    UpdateUnknown(String),
    /// These managed services would go with it.
    Data(BTreeSet<String>),
}

/// Why a workspace goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeleteReason {
    /// So many newer releases stay.
    Beyond(u32),
    /// The preview was last updated so long ago.
    Stale(Duration),
}

/// Judges every workspace; releases of the same routes are counted together, the newest first.
pub(crate) fn decide(policy: &Policy, inventory: &Inventory) -> Vec<Verdict> {
    let mut releases: BTreeMap<&[Route], Vec<&Managed>> = BTreeMap::new();
    let (mut verdicts, mut previews) = (Vec::new(), Vec::new());
    for own in &inventory.own {
        match &own.kind {
            Kind::Release(routes) => releases.entry(routes).or_default().push(own),
            Kind::Preview(_, updated) => {
                let decision = preview(own, updated, policy, inventory);
                let own = own.clone();
                previews.push(Verdict { own, decision });
            }
        }
    }
    for (routes, mut group) in releases {
        group.sort_by_key(|own| Reverse((own.created, own.run, own.id)));
        let mut counted = 0;
        verdicts.extend(group.into_iter().map(|own| Verdict {
            own: own.clone(),
            decision: release(own, routes, &mut counted, policy.keep, inventory),
        }));
    }
    verdicts.extend(previews);
    verdicts
}

/// `counted` counts the newest releases, without those that are spared for what they are needed for.
fn release(
    own: &Managed,
    routes: &[Route],
    counted: &mut u32,
    keep: u32,
    inventory: &Inventory,
) -> Decision {
    let age = match age(own, inventory) {
        Ok(age) => age,
        Err(spared) => return Decision::Keep(spared),
    };
    if *counted < keep {
        *counted += 1;
        return Decision::Keep(KeepReason::Newest(keep));
    }
    let concerns = |unread: &&Unread| routes.is_empty() || routes.contains(&unread.route);
    if let Some(unread) = inventory.unread.iter().find(concerns) {
        return Decision::Keep(KeepReason::Unread(unread.clone()));
    }
    if age < YOUNG {
        return Decision::Keep(KeepReason::Young);
    }
    Decision::Delete(DeleteReason::Beyond(keep))
}

fn preview(own: &Managed, updated: &Updated, policy: &Policy, inventory: &Inventory) -> Decision {
    let (age, now) = match (age(own, inventory), inventory.now) {
        (Ok(age), Some(now)) => (age, now),
        (Ok(_), None) => return Decision::Keep(KeepReason::NoDate),
        (Err(spared), _) => return Decision::Keep(spared),
    };
    let idle = match updated {
        Updated::At(updated) => age.min(updated.age(now)),
        Updated::Unknown(why) => return Decision::Keep(KeepReason::UpdateUnknown(why.clone())),
    };
    match policy.preview_max_age {
        Some(_) if idle < YOUNG => Decision::Keep(KeepReason::Young),
        Some(most) if idle >= most => Decision::Delete(DeleteReason::Stale(idle)),
        Some(_) | None => Decision::Keep(KeepReason::Fresh(idle)),
    }
}

/// How old a workspace is; or why it stays, however old.
fn age(own: &Managed, inventory: &Inventory) -> Result<Duration, KeepReason> {
    if let Some(route) = inventory.connected.get(&own.id) {
        return Err(KeepReason::Connected(route.clone()));
    }
    if let Some(live) = inventory.targets.get(&own.id) {
        return Err(KeepReason::Target(*live));
    }
    if inventory.clocks_apart > CLOCKS {
        return Err(KeepReason::ClocksApart(inventory.clocks_apart));
    }
    let created = own.created.ok_or(KeepReason::Undated)?;
    Ok(created.age(inventory.now.ok_or(KeepReason::NoDate)?))
}

impl Verdict {
    /// Whether it is to be deleted.
    pub(crate) const fn deletes(&self) -> bool {
        match self.decision {
            Decision::Delete(_) => true,
            Decision::Keep(_) => false,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.deletes() { "Delete" } else { "Keep" };
        let Managed { id, name, kind, .. } = &self.own;
        write!(
            f,
            "{verb} workspace {id} ({name}), {kind}: {}.",
            self.decision
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(routes) if routes.is_empty() => write!(f, "made for any route"),
            Self::Release(routes) => write!(f, "made for {}", list(routes)),
            Self::Preview(number, _) => write!(f, "the preview of pull request {number}"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep(why) => why.fmt(f),
            Self::Delete(DeleteReason::Beyond(keep)) => write!(f, "beyond `keep-releases: {keep}`"),
            Self::Delete(DeleteReason::Stale(idle)) => {
                write!(f, "not updated for {}", duration(*idle))
            }
        }
    }
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(route) => write!(f, "{route} points at it"),
            Self::Target(live) => write!(
                f,
                "a rollback of workspace {live}, which serves, would take it"
            ),
            Self::Unread(Unread { live, route, why }) => write!(
                f,
                "it may be what a rollback of workspace {live}, which serves {route}, would take: {why}"
            ),
            Self::Data(names) => write!(
                f,
                "its managed services would go with it: {} (`managed-services: refuse`)",
                list(names)
            ),
            Self::Undated => write!(f, "when it was made is not known"),
            Self::NoDate => write!(f, "Codesphere's answers do not say what time it is there"),
            Self::ClocksApart(apart) => write!(
                f,
                "the platform's clock and the runner's are {} apart, so no age is believed",
                duration(*apart)
            ),
            Self::Young => write!(
                f,
                "less than an hour old, so another run may be working on it"
            ),
            Self::Newest(keep) => write!(f, "within `keep-releases: {keep}`"),
            Self::Fresh(idle) => write!(f, "updated {} ago", duration(*idle)),
            Self::UpdateUnknown(why) => {
                write!(f, "when it was last updated is not known: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TeamId;
    use crate::steps::retention::policy::Scope;

    fn moment(hour: u64) -> Moment {
        let text = format!(
            "2026-01-{:02}T{:02}:00:00Z",
            1 + hour.div_euclid(24),
            hour % 24
        );
        Moment::from_rfc3339(&text).unwrap()
    }

    fn route(path: &str) -> Route {
        Route {
            domain: "shop.example.com".to_owned(),
            path: path.to_owned(),
        }
    }

    fn own(id: u64, kind: Kind, hour: u64) -> Managed {
        Managed {
            id: WorkspaceId(id),
            name: format!("shop-{id}"),
            kind,
            created: Some(moment(hour)),
            run: (id, id, 1),
        }
    }

    fn shop(id: u64, hour: u64) -> Managed {
        own(id, Kind::Release(vec![route("/")]), hour)
    }

    fn policy(keep: u32) -> Policy {
        Policy {
            team: TeamId(7),
            repository: "acme/shop".into(),
            app: None,
            scope: Scope::All,
            keep,
            preview_max_age: Some(Duration::from_hours(48)),
        }
    }

    fn inventory(own: Vec<Managed>) -> Inventory {
        Inventory {
            own,
            now: Some(moment(24 * 10)),
            ..Inventory::default()
        }
    }

    fn fates(keep: u32, inventory: &Inventory) -> BTreeMap<u64, String> {
        let verdicts = decide(&policy(keep), inventory);
        let decision = |verdict: &Verdict| {
            let verb = if verdict.deletes() { "-" } else { "+" };
            (verdict.own.id.0, format!("{verb} {}", verdict.decision))
        };
        verdicts.iter().map(decision).collect()
    }

    #[test]
    fn what_serves_and_what_a_rollback_takes_does_not_count_among_the_newest() {
        let mut inventory = inventory((1..=6).map(|id| shop(id, id)).collect());
        inventory.connected.insert(WorkspaceId(6), route("/"));
        inventory.targets.insert(WorkspaceId(4), WorkspaceId(6));
        assert_eq!(
            fates(2, &inventory).into_values().collect::<Vec<_>>(),
            [
                "- beyond `keep-releases: 2`",
                "- beyond `keep-releases: 2`",
                "+ within `keep-releases: 2`",
                "+ a rollback of workspace 6, which serves, would take it",
                "+ within `keep-releases: 2`",
                "+ https://shop.example.com points at it",
            ]
        );
        let deleted = |keep| {
            let verdicts = decide(&policy(keep), &inventory);
            verdicts.iter().filter(|verdict| verdict.deletes()).count()
        };
        assert_eq!([0, 1, 3, 4, u32::MAX].map(deleted), [4, 3, 1, 0, 0]);
    }

    #[test]
    fn releases_of_other_places_are_counted_apart() {
        let api = |id, hour| own(id, Kind::Release(vec![route("/api")]), hour);
        let open = |id, hour| own(id, Kind::Release(Vec::new()), hour);
        let inventory = inventory(vec![shop(1, 1), shop(2, 2), api(3, 1), open(4, 1)]);
        let deleted: Vec<u64> = decide(&policy(1), &inventory)
            .iter()
            .filter(|verdict| verdict.deletes())
            .map(|verdict| verdict.own.id.0)
            .collect();
        assert_eq!(deleted, [1]);
    }

    #[test]
    fn the_newest_is_the_one_made_last_then_that_of_the_latest_run() {
        let mut own = vec![shop(1, 5), shop(2, 5), shop(3, 4)];
        own[0].run = (9, 2, 1);
        own[1].run = (9, 1, 3);
        let kept: Vec<u64> = decide(&policy(1), &inventory(own))
            .iter()
            .filter(|verdict| !verdict.deletes())
            .map(|verdict| verdict.own.id.0)
            .collect();
        assert_eq!(kept, [1]);
    }

    #[test]
    fn where_something_is_not_known_all_that_it_concerns_is_kept() {
        let api = own(3, Kind::Release(vec![route("/api")]), 1);
        let open = own(4, Kind::Release(Vec::new()), 1);
        let mut undated = shop(1, 1);
        undated.created = None;
        let mut inventory = inventory(vec![undated, shop(2, 1), api, open]);
        inventory.unread.push(Unread {
            live: WorkspaceId(9),
            route: route("/"),
            why: "it does not say".to_owned(),
        });
        let told = fates(0, &inventory);
        assert_eq!(told[&1], "+ when it was made is not known");
        for id in [2, 4] {
            assert_eq!(
                told[&id],
                "+ it may be what a rollback of workspace 9, which serves https://shop.example.com, would take: it does not say"
            );
        }
        assert_eq!(told[&3], "- beyond `keep-releases: 0`");
        inventory.now = None;
        let all = fates(0, &inventory);
        assert!(
            all.values().all(|decision| decision.starts_with('+')),
            "{all:?}"
        );
    }

    #[test]
    fn previews_go_by_their_last_update() {
        let preview = |id, made, updated| own(id, Kind::Preview(id, updated), made);
        let at = |hour| Updated::At(moment(hour));
        let mut inventory = inventory(vec![
            preview(1, 0, at(0)),
            preview(2, 0, at(24 * 8)),
            preview(3, 0, at(24 * 8 + 1)),
            preview(4, 0, Updated::Unknown("it sleeps".to_owned())),
            preview(5, 24 * 10, at(0)),
            preview(6, 0, at(0)),
        ]);
        inventory.connected.insert(WorkspaceId(6), route("/"));
        assert_eq!(
            fates(0, &inventory).into_values().collect::<Vec<_>>(),
            [
                "- not updated for 10 d",
                "- not updated for 2 d",
                "+ updated 47 h ago",
                "+ when it was last updated is not known: it sleeps",
                "+ less than an hour old, so another run may be working on it",
                "+ https://shop.example.com points at it",
            ]
        );
    }

    /// A few thousand teams of every kind, always the same ones.
    #[test]
    fn whatever_there_is_nothing_that_is_needed_or_young_or_unknown_is_deleted() {
        let mut seed: u64 = 11;
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..3000 {
            let mut inventory = inventory(Vec::new());
            for id in 0..next(9) {
                let kind = match next(5) {
                    0 => Kind::Preview(id, Updated::At(moment(next(240)))),
                    1 => Kind::Preview(id, Updated::Unknown(String::new())),
                    2 => Kind::Release(vec![route("/api")]),
                    3 => Kind::Release(Vec::new()),
                    _ => Kind::Release(vec![route("/")]),
                };
                let mut made = own(id, kind, 236 + next(6));
                made.created = made.created.filter(|_| next(6) > 0);
                inventory.own.push(made);
                if next(5) == 0 {
                    inventory.connected.insert(WorkspaceId(id), route("/"));
                }
                if next(5) == 0 {
                    inventory.targets.insert(WorkspaceId(id), WorkspaceId(99));
                }
            }
            inventory.now = inventory.now.filter(|_| next(20) > 0);
            let keep = u32::try_from(next(4)).unwrap();
            let verdicts = decide(&policy(keep), &inventory);
            assert_eq!(verdicts.len(), inventory.own.len());
            for verdict in verdicts.iter().filter(|verdict| verdict.deletes()) {
                spared_by_nothing(verdict, &verdicts, &inventory, keep);
            }
        }
    }

    fn spared_by_nothing(verdict: &Verdict, all: &[Verdict], inventory: &Inventory, keep: u32) {
        let own = &verdict.own;
        let needed =
            inventory.connected.contains_key(&own.id) || inventory.targets.contains_key(&own.id);
        assert!(!needed, "{own:?}");
        let created = own.created.unwrap();
        assert!(created.age(inventory.now.unwrap()) >= YOUNG, "{own:?}");
        if let Kind::Preview(_, updated) = &own.kind {
            assert!(matches!(updated, Updated::At(_)), "{own:?}");
            return;
        }
        let newer = all.iter().filter(|other| {
            other.decision == Decision::Keep(KeepReason::Newest(keep))
                && other.own.kind == own.kind
                && other.own.created >= own.created
        });
        assert_eq!(newer.count(), usize::try_from(keep).unwrap(), "{own:?}");
    }
}
