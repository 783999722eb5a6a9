//! The page of the session code: who may show it, when there is a code, and that it is the one of the present minute.

use super::http::Site;
use crate::register::session_code::BEFORE;
use crate::time::{Clock, MINUTE, Time};
use axum::http::StatusCode;
use std::sync::atomic::Ordering;

/// A lesson of the world's first class, from 1000 to 2000 microseconds after the epoch.
const LESSON: &str = "/lessons/0190a1b2-0005-7000-8000-000000000001";

impl Site {
    fn set_clock(&self, at: Time) {
        let Clock::Fixed(micros) = &self.app.clock else { panic!("tests have a clock of their own") };
        micros.store(at.0, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_code_is_shown_to_providers_and_administrators_from_half_an_hour_before_its_lesson_until_the_end() {
    let site = Site::open().await;
    let place = format!("{LESSON}/code");
    site.set_clock(Time(1500));
    let code = site.app.code_key.show("0190a1b2-0005-7000-8000-000000000001".parse().expect("an id"), Time(1500));
    let (three, more) = code.digits.split_at(3);
    let digits = format!(">{three} {more}<");
    assert_eq!(site.get(&place, "").await.status, StatusCode::SEE_OTHER);
    for (role, status) in [
        ("platform", StatusCode::FORBIDDEN),
        ("inspector", StatusCode::FORBIDDEN),
        ("investigator", StatusCode::FORBIDDEN),
        ("provider", StatusCode::OK),
        ("admin", StatusCode::OK),
    ] {
        let session = site.log_in(role).await;
        let page = site.get(&place, &session).await;
        assert_eq!(page.status, status, "{role}");
        assert_eq!(page.html.contains(&digits), status == StatusCode::OK, "{role}: {}", page.html);
        let lesson = site.get(LESSON, &session).await.html;
        assert_eq!(lesson.contains(&place), status == StatusCode::OK, "{role}");
    }
    let provider = site.log_in("provider").await;
    let page = site.get(&place, &provider).await.html;
    assert!(
        page.contains("<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>") && page.contains("data-left=\"59998\""),
        "{page}"
    );
    assert!(!page.contains("王"), "what is shared shows no trainee");

    for (now, shown, words) in
        [(1000 - BEFORE - MINUTE, false, "开始显示"), (1001 - BEFORE, true, ""), (1999, true, ""), (2000, false, "已经结束")]
    {
        site.set_clock(Time(now));
        let page = site.get(&place, &provider).await;
        assert_eq!((page.status, page.html.contains("class=\"qr\"")), (StatusCode::OK, shown), "{now}: {}", page.html);
        assert!(page.html.contains(words) && !(shown && now < 0 && page.html.contains(&digits)), "{now}");
    }
}
