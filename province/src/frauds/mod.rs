//! stub
use crate::chance::Chance;
use crate::class::Class;
use crate::class::{Ids, Provider};
use crate::credit::Credit;
use crate::plan::Plan;
/// layer
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// x
    Media,
}
/// x
#[derive(Default)]
pub struct Shared;
impl Shared {
    pub fn leave_provider(&mut self) {}
    pub fn remember(&mut self, _: &Class) {}
}
pub fn deal(plan: Plan, _p: f64) -> Plan {
    plan
}
pub fn assign(_: &Plan, _: usize, _: &mut [Class]) {}
pub fn at_planning(_: &[Provider], _: &mut Class, _: &Chance, _: Ids) {}
pub fn at_teaching(_: &[Provider], _: usize, _: &mut [Class], _: &Chance) {}
pub fn on_roster(_: &Plan, _: &mut Class, _: &mut Shared) {}
pub fn in_lessons(_: &Plan, _: &mut Class, _: &mut Shared) {}
pub fn in_logs(_: &Plan, _: &mut Class, _: &mut Shared) {}
pub fn in_media(_: &Plan, _: &mut Class, _: &mut Shared) {}
pub fn with_money(_: &Plan, _: &mut Class, _: &[Credit], _: &mut Shared) {}
pub fn has_rule(_: &str) -> bool {
    true
}
/// An empty class in the place of one that was taken.
pub fn taken() -> Class {
    Class {
        number: 0,
        id: String::new(),
        provider: 0,
        platform: 0,
        title: String::new(),
        trade_code: "",
        trade_name: "",
        certificate_kind: "",
        application: crate::class::Application {
            kind: "",
            promise_due: None,
            applied_at: 0,
            decided_at: None,
            decision: None,
            prepaid_on: None,
            full_plan_at: None,
        },
        starts_on: 0,
        ends_on: 0,
        hours: [0; 4],
        created_at: 0,
        account_key: String::new(),
        account_fault: None,
        lessons: vec![],
        trainees: vec![],
        evidence: vec![],
        papers: vec![],
        certificates: vec![],
        claim: None,
        listed: vec![],
        mess: vec![],
        patterns: vec![],
        labels: vec![],
    }
}
