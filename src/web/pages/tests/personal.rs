//! Personal data on the pages: masked, whole for a reason, handed to the person, corrected.

use super::http::{NUMBER, Site};
use crate::register::trail;
use axum::http::StatusCode;

const TRAINEE: &str = "/trainees/0190a1b2-0004-7000-8000-000000000001";

#[tokio::test]
async fn the_whole_of_it_is_on_the_page_once_for_a_reason_that_stands_in_the_trail() {
    let site = Site::open().await;
    let inspector = site.log_in("inspector").await;
    let page = site.get(TRAINEE, &inspector).await;
    assert!(page.html.contains("1***************2X") && !page.html.contains(NUMBER), "{}", page.html);
    let form = |reason: &str| format!("csrf={}&reason={reason}", page.csrf());
    let place = format!("{TRAINEE}/personal");
    assert_eq!(site.post(&place, &inspector, &form("")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.post(&place, &inspector, &form("x").replace("csrf=", "csrf=0")).await.status, StatusCode::FORBIDDEN);
    let shown = site.post(&place, &inspector, &form("on+site")).await;
    assert_eq!((shown.status, shown.html.contains(NUMBER)), (StatusCode::OK, true), "{}", shown.html);
    assert!(shown.html.contains("on site"), "who looked, and why, is below");
    assert!(!site.get(TRAINEE, &inspector).await.html.contains(NUMBER), "the next look is masked again");
    let lines = trail::of(&site.app.db, "trainee", &TRAINEE["/trainees/".len()..], 20).await.expect("reads");
    assert_eq!(lines.iter().filter(|line| line.action == "personal.seen").count(), 1);
    let provider = site.log_in("provider").await;
    let csrf = site.get("/", &provider).await.csrf();
    assert_eq!(site.post(&place, &provider, &format!("csrf={csrf}&reason=x")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_provider_hands_a_person_the_copy_and_closes_what_they_ask_to_be_corrected() {
    let site = Site::open().await;
    let provider = site.log_in("provider").await;
    let page = site.get(TRAINEE, &provider).await;
    let csrf = page.csrf();
    let copy = site.post(&format!("{TRAINEE}/access"), &provider, &format!("csrf={csrf}&requested_by=self&reason=copy")).await;
    assert_eq!((copy.status, copy.html.contains(NUMBER)), (StatusCode::OK, true), "{}", copy.html);
    let asked = site.post(&format!("{TRAINEE}/corrections"), &provider, &format!("csrf={csrf}&field=name&reason=Wei")).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.html);
    let list = site.get("/corrections", &provider).await;
    let place = list.html.split("action=\"").find_map(|rest| rest.split_once("/close\"")).expect("a form").0.to_owned();
    let close = |how: &str| format!("csrf={csrf}&{how}");
    assert_eq!(site.post(&format!("{place}/close"), &provider, &close("state=declined&outcome=")).await.status, StatusCode::BAD_REQUEST);
    let closed = site.post(&format!("{place}/close"), &provider, &close("state=corrected&outcome=done")).await;
    assert_eq!(closed.location(), "/corrections");
    let list = site.get("/corrections", &provider).await.html;
    assert!(list.contains("已更正") && list.contains("done") && !list.contains("/close\""), "{list}");
    let platform = site.log_in("platform").await;
    assert_eq!(site.get("/corrections", &platform).await.status, StatusCode::FORBIDDEN);
}
