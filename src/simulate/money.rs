//! What follows a training: certificates with a list that shows them, money paid in advance, and a claim. Speaks the contract and nothing else, so
//! it may be sent again at any time.

use super::plan::{Class, Plan};
use super::send::Client;
use crate::error::Result;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

/// What the money of a plan came to.
#[derive(Clone, Debug, Default)]
pub struct Money {
    /// By class, in the order of the plan: title and the answer of `GET /v1/classes/{id}/subsidy`.
    pub classes: Vec<(String, Value)>,
}

/// The certificates of a class: most trainees obtained that of the skill level, some the lower one, and one in nine none.
pub fn certificates(class: &Class) -> Vec<Value> {
    let issued_on = class.ends_on + TimeDelta::days(3);
    let obtained = class.trainees.iter().enumerate().filter(|(place, _)| place % 9 != 8);
    obtained
        .map(|(place, trainee)| {
            let (kind, letter) = if place % 5 == 4 { ("qualified", "H") } else { ("skill_level", "S") };
            let number = format!("{letter}-{}-{:03}", class.external_id, place + 1);
            json!({ "trainee": format!("ext:{}", trainee.external_id), "kind": kind, "number": number, "issued_on": issued_on })
        })
        .collect()
}

/// Enters the certificates of all classes, records what is paid in advance, and files the claim of the first class with its gaps stated.
///
/// # Errors
/// When the server refuses any of it.
pub async fn send_money(plan: &Plan, client: &Client) -> Result<Money> {
    let mut money = Money::default();
    for (place, class) in plan.classes.iter().enumerate() {
        let provider = client.access.providers.get(&plan.providers[class.provider].external_id).map_or("", String::as_str);
        let at = format!("/v1/classes/ext:{}", class.external_id);
        let mut entries = certificates(class);
        let shown = list_of_them(client, class, provider, &entries).await?;
        entries.iter_mut().for_each(|entry| entry["evidence"] = shown.clone());
        client.json(Method::POST, &format!("{at}/certificates"), provider, &json!({ "certificates": entries })).await?;
        let before = client.get(&format!("{at}/subsidy")).await?;
        if before["prepaid"].is_null() && before["prepayment_fen"].as_i64() > Some(0) {
            let paid_on = class.starts_on + TimeDelta::days(2);
            let body =
                json!({ "amount_fen": before["prepayment_fen"], "paid_on": paid_on, "reference": format!("预拨 {}", class.external_id) });
            client.json(Method::POST, &format!("{at}/prepayment"), &client.access.reviewer, &body).await?;
        }
        if place == 0 && before["claim"].is_null() {
            client.json(Method::POST, &format!("{at}/claim"), provider, &json!({ "accept_gaps": true })).await?;
        }
        money.classes.push((class.title.clone(), client.get(&format!("{at}/subsidy")).await?));
    }
    Ok(money)
}

/// Hands in the list that the certificates were given out with, as a document of the class.
async fn list_of_them(client: &Client, class: &Class, provider: &str, entries: &[Value]) -> Result<Value> {
    let line = |entry: &Value| format!("{} {} {}\n", entry["trainee"], entry["number"], entry["issued_on"]).replace('"', "");
    let text = format!("证书发放清单 {}\n{}", class.title, entries.iter().map(line).collect::<String>());
    let own = format!("ext:{}", class.external_id);
    let query = [("kind", "document"), ("class", own.as_str()), ("filename", "证书发放清单.txt")];
    let answer = client.document("/v1/evidence", &query, provider, text.into_bytes()).await?;
    let id = &answer["id"];
    Ok(if id.is_string() { id.clone() } else { answer["receipt"]["evidence"].clone() })
}
