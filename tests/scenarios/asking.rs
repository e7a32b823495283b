use std::time::Duration;

use codesphere_simulator::{Fault, FaultKind};

use crate::harness::Scene;

#[test]
fn an_answer_that_never_ends_costs_no_more_than_its_share() {
    let scene = Scene::zero_downtime()
        .patient()
        .impatient_with_applications(Duration::from_millis(100))
        .world(|world| {
            world.visit_faults.push(
                Fault::on(
                    "GET",
                    "5001-3000.2.codesphere.test/**",
                    FaultKind::HangAfter,
                )
                .always(),
            );
        })
        .with("health-timeout", "1s");
    let run = scene.run();
    assert_eq!(run.ending(), ("reverted", "unhealthy"), "{}", run.log);
    assert!(
        run.error()
            .contains("gave no answer: no whole answer within 0.1 s"),
        "{}",
        run.error()
    );
}
