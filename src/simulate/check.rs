//! The server's answers beside the truth: which hours agree, which frauds were found, what was raised without cause.

use super::plan::{Expected, Fraud, Plan};
use super::send::Client;
use crate::error::Result;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// What a server says about a plan, as fetched over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Items of `GET /v1/classes/{id}/credits`, by the class's external id.
    pub credits: BTreeMap<String, Vec<Value>>,
    /// Items of `GET /v1/findings`.
    pub findings: Vec<Value>,
}

impl Answers {
    /// Asks a server for them.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn fetch(plan: &Plan, client: &Client) -> Result<Answers> {
        let mut answers = Answers::default();
        for class in &plan.classes {
            let path = format!("/v1/classes/ext:{}/credits", class.external_id);
            answers.credits.insert(class.external_id.clone(), all(client, &path).await?);
        }
        answers.findings = all(client, "/v1/findings").await?;
        Ok(answers)
    }
}

/// Every page of a list.
async fn all(client: &Client, path: &str) -> Result<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = match &cursor {
            Some(cursor) => client.get(&format!("{path}?cursor={cursor}")).await?,
            None => client.get(path).await?,
        };
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(items),
        }
    }
}

/// How far the answers agree with the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Trainees times lessons.
    pub credits: u64,
    /// Credits that are what they must be.
    pub right: u64,
    /// Those that are not, one sentence each.
    pub wrong: Vec<String>,
    /// All credited time.
    pub credited_ms: i64,
    /// Frauds that were planted.
    pub planted: u64,
    /// Planted frauds no finding names, one sentence each.
    pub missed: Vec<String>,
    /// Findings of the planted kinds that name nothing that was planted.
    pub unfounded: Vec<String>,
}

impl Agreement {
    /// Whether nothing is wrong, missed or unfounded.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty() && self.missed.is_empty() && self.unfounded.is_empty()
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.planted - self.missed.len() as u64;
        write!(
            f,
            "{} of {} credits as planned, {found} of {} planted frauds found, {} unfounded findings",
            self.right,
            self.credits,
            self.planted,
            self.unfounded.len()
        )
    }
}

/// Credited milliseconds by external ids of class, lesson and trainee.
type Said<'a> = BTreeMap<(&'a str, &'a str, &'a str), i64>;

/// Compares. Pure.
pub fn check(plan: &Plan, answers: &Answers) -> Agreement {
    let mut agreement =
        Agreement { credits: plan.truth.credits.len() as u64, planted: plan.truth.frauds.len() as u64, ..Agreement::default() };
    let said = credited(answers);
    for expected in &plan.truth.credits {
        let Expected { class, lesson, trainee, least_ms, most_ms, because } = expected;
        match said.get(&(class.as_str(), lesson.as_str(), trainee.as_str())) {
            Some(ms) if (*least_ms..=*most_ms).contains(ms) => agreement.right += 1,
            Some(ms) => {
                agreement.wrong.push(format!("{class} {lesson} {trainee} ({because}): credited {ms} ms, right is {least_ms} to {most_ms}"))
            }
            None if *least_ms == 0 => agreement.right += 1,
            None => agreement.wrong.push(format!("{class} {lesson} {trainee} ({because}): no credit, right is {least_ms} to {most_ms}")),
        }
    }
    agreement.credited_ms = said.values().sum();
    agreement.wrong.extend(plan.truth.frauds.iter().filter_map(|fraud| paid_twice_or_never(plan, fraud, &said)));
    let mut founded = HashSet::new();
    for fraud in &plan.truth.frauds {
        let naming: Vec<usize> = (0..answers.findings.len()).filter(|number| names(&answers.findings[*number], fraud)).collect();
        if naming.is_empty() {
            agreement.missed.push(format!("{} at {}: {}", fraud.rule, places(fraud), fraud.note));
        }
        founded.extend(naming);
    }
    let rules: HashSet<&str> = plan.truth.frauds.iter().map(|fraud| fraud.rule).collect();
    for (number, finding) in answers.findings.iter().enumerate().filter(|(number, _)| !founded.contains(number)) {
        let rule = finding["rule"].as_str().unwrap_or_default();
        if rules.contains(rule) {
            let (class, lesson) = place(finding);
            agreement.unfounded.push(format!("{rule} at {class} {lesson} (finding {number})"));
        }
    }
    agreement
}

/// Time claimed in two lessons at once counts in exactly one of them, whichever the policy prefers.
fn paid_twice_or_never(plan: &Plan, fraud: &Fraud, said: &Said<'_>) -> Option<String> {
    let person = fraud.person?;
    let rows = fraud.places.iter().filter_map(|(class, lesson)| {
        let trainees = &plan.classes.iter().find(|candidate| candidate.external_id == *class)?.trainees;
        let trainee = &trainees.iter().find(|trainee| trainee.person == person)?.external_id;
        plan.truth.credits.iter().find(|row| row.class == *class && row.lesson == *lesson && row.trainee == *trainee)
    });
    let [one, other] = rows.collect::<Vec<_>>()[..] else { return None };
    let right = one.least_ms + other.most_ms;
    let ms = |row: &Expected| said.get(&(row.class.as_str(), row.lesson.as_str(), row.trainee.as_str())).copied().unwrap_or(0);
    let both = ms(one) + ms(other);
    (both != right).then(|| format!("{}: credited {both} ms in both together, right is {right}", places(fraud)))
}

/// Credited milliseconds by external ids of class, lesson and trainee.
fn credited(answers: &Answers) -> Said<'_> {
    let rows = answers.credits.iter().flat_map(|(class, items)| items.iter().map(move |item| (class.as_str(), item)));
    rows.filter_map(|(class, item)| {
        Some(((class, item["lesson_external_id"].as_str()?, item["trainee_external_id"].as_str()?), item["credited_ms"].as_i64()?))
    })
    .collect()
}

/// Whether a finding is about a planted fraud: the same rule, at one of its places.
fn names(finding: &Value, fraud: &Fraud) -> bool {
    let (class, lesson) = place(finding);
    finding["rule"] == fraud.rule
        && fraud.places.iter().any(|(at_class, at_lesson)| class == at_class && (lesson.is_empty() || lesson == at_lesson))
}

fn place(finding: &Value) -> (&str, &str) {
    (finding["class_external_id"].as_str().unwrap_or_default(), finding["lesson_external_id"].as_str().unwrap_or_default())
}

fn places(fraud: &Fraud) -> String {
    fraud.places.iter().map(|(class, lesson)| format!("{class} {lesson}")).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::super::{Scale, plan};
    use super::*;
    use serde_json::json;

    /// Answers a server without fault would give.
    fn faultless(plan: &Plan) -> Answers {
        let mut answers = Answers::default();
        for row in &plan.truth.credits {
            // Of two lessons at once, the first class has the time.
            let ms = if row.because == "overlap" && row.class != plan.classes[0].external_id && row.class != "hg-2020-03" {
                row.least_ms
            } else {
                row.most_ms
            };
            let item = json!({ "lesson_external_id": row.lesson, "trainee_external_id": row.trainee, "credited_ms": ms });
            answers.credits.entry(row.class.clone()).or_default().push(item);
        }
        for fraud in &plan.truth.frauds {
            let (class, lesson) = &fraud.places[0];
            answers.findings.push(json!({ "rule": fraud.rule, "class_external_id": class, "lesson_external_id": lesson }));
        }
        answers
    }

    #[test]
    fn a_faultless_server_agrees() {
        let plan = plan(1, Scale::Month);
        let agreement = check(&plan, &faultless(&plan));
        assert!(agreement.holds(), "{agreement:?}");
        assert_eq!(agreement.right, agreement.credits);
    }

    #[test]
    fn a_second_too_much_a_missed_fraud_and_a_false_alarm_are_each_named() {
        let plan = plan(1, Scale::Class);
        let mut answers = faultless(&plan);
        let absent = plan.truth.credits.iter().position(|row| row.most_ms == 0).expect("someone is absent");
        let row = &plan.truth.credits[absent];
        let items = answers.credits.get_mut(&row.class).expect("the class");
        let item = items
            .iter_mut()
            .find(|item| item["lesson_external_id"] == row.lesson.as_str() && item["trainee_external_id"] == row.trainee.as_str());
        item.expect("the row")["credited_ms"] = json!(1_000);
        answers.findings[0]["class_external_id"] = json!("another");
        let agreement = check(&plan, &answers);
        assert_eq!((agreement.wrong.len(), agreement.missed.len(), agreement.unfounded.len()), (1, 1, 1), "{agreement:?}");
    }

    #[test]
    fn time_that_is_paid_twice_is_named() {
        let plan = plan(1, Scale::Class);
        let mut answers = faultless(&plan);
        let row = plan.truth.credits.iter().find(|row| row.because == "overlap" && row.class == "yl-2020-03").expect("was planted");
        let items = answers.credits.get_mut(&row.class).expect("the class");
        let item = items
            .iter_mut()
            .find(|item| item["lesson_external_id"] == row.lesson.as_str() && item["trainee_external_id"] == row.trainee.as_str());
        item.expect("the row")["credited_ms"] = json!(row.most_ms);
        assert_eq!(
            check(&plan, &answers).wrong,
            ["dg-2020-03 k01 and yl-2020-03 k01: credited 5400000 ms in both together, right is 2700000"]
        );
    }
}
