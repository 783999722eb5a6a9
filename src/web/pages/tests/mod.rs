//! What holds for every page at once, and over HTTP.

mod http;
mod personal;
mod session_code;

use super::sample::every_page;
use super::words::{Lang, MISSING};

#[test]
fn every_page_is_written_in_both_languages_without_a_missing_word() {
    let folder = std::env::var_os("KESHI_SAMPLE_PAGES").map(std::path::PathBuf::from);
    for lang in [Lang::Zh, Lang::En] {
        for (name, html) in every_page(lang) {
            if let Some(folder) = &folder {
                std::fs::create_dir_all(folder).expect("the folder can be made");
                std::fs::write(folder.join(&name), &html).expect("the page can be written");
            }
            assert!(html.trim_end().ends_with("</html>"), "{name} is cut short");
        }
    }
    let missing = MISSING.lock().expect("nobody panicked").clone();
    assert!(missing.is_empty(), "keys without words: {missing:?}");
}

#[test]
fn no_page_needs_an_inline_style_or_script_or_another_host() {
    for (name, html) in every_page(Lang::En) {
        for wrong in [" style=", "<style", " onclick=", "javascript:", "http://", "https://", "src=\"//"] {
            assert!(!html.contains(wrong), "{name} contains {wrong}");
        }
        assert_eq!(html.matches("<script").count(), 1, "{name} has scripts of its own");
    }
}

#[test]
fn every_form_that_changes_something_carries_the_csrf_secret() {
    for (name, html) in every_page(Lang::Zh) {
        for form in html.split("<form method=\"post\"").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.contains("name=\"csrf\" value=\"sample-csrf\""), "{name} has a form without it");
        }
    }
}

#[test]
fn every_page_has_one_heading_of_the_first_order_and_no_repeated_id() {
    for (name, html) in every_page(Lang::Zh) {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name} repeats an id");
    }
}

#[test]
fn what_a_sender_wrote_is_never_markup() {
    let hostile = "<img src=x onerror=alert(1)>\"'";
    let mut frame = super::sample::frame();
    frame.place = format!("/classes?q={hostile}");
    let page = super::classes::Classes { frame, rows: Vec::new(), total: 0, q: hostile.into(), next: None };
    let html = askama::Template::render(&page).expect("renders");
    assert!(!html.contains("<img"), "{html}");
}
