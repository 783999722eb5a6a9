use super::*;

const TEXT: &str = BUILTIN[0].1;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn the_built_in_policy_has_the_values_of_the_notice() {
    let all = Policies::builtin();
    let policy = all.on(date("2020-03-03"));
    assert_eq!(policy.id, "shaanxi-2020-31");
    let subsidy = &policy.subsidy;
    assert_eq!(
        (subsidy.fen_per_online_lesson_hour.value, subsidy.epidemic_percent.value, subsidy.prepayment_percent.value),
        (750, 130, 50)
    );
    assert_eq!((policy.deadline.decision_working_days.value, policy.deadline.prepayment_days.value), (3, 5));
    assert_eq!(subsidy.theory_share_percent.value, 30);
    assert_eq!(policy.eligibility.occupation_classes.value, [4, 5, 6]);
    assert_eq!((policy.lesson_hour_ms(), policy.daily_cap_ms()), (45 * 60 * 1000, 8 * 60 * 60 * 1000));
    assert!(policy.in_epidemic(date("2020-02-16")) && !policy.in_epidemic(date("2020-02-15")));
}

#[test]
fn every_value_names_its_clause_or_says_that_it_is_policy() {
    fn walk(path: &str, table: &toml::Table, seen: &mut usize) {
        for (key, value) in table {
            let Some(inner) = value.as_table() else { continue };
            let Some(source) = inner.get("source") else {
                walk(&format!("{path}{key}."), inner, seen);
                continue;
            };
            let source = source.as_str().expect("text");
            assert!(source.starts_with("31号 ") || source.starts_with("policy: "), "{path}{key} has the source {source:?}");
            *seen += 1;
        }
    }
    let mut seen = 0;
    walk("", &TEXT.parse().expect("TOML"), &mut seen);
    assert!(seen >= 19, "only {seen} values found");
}

#[test]
fn an_unknown_key_is_refused_with_a_sentence_that_names_it() {
    let text = TEXT.replace("[presence]", "[presence]\nidle_gab_seconds = { value = 300, source = \"policy: misspelt\" }");
    let fault = Policy::parse("mine.toml", &text).expect_err("unknown key");
    assert_eq!(fault.code, "bad_config");
    assert!(fault.message.starts_with("The policy file mine.toml cannot be used:"), "{fault}");
    assert!(fault.message.contains("idle_gab_seconds") && fault.message.ends_with("correct it and start again."), "{fault}");
}

#[test]
fn a_value_without_its_source_or_out_of_range_is_refused() {
    let bare = TEXT.replace("{ value = 45, source =", "{ value = 45, note =");
    assert!(Policy::parse("mine.toml", &bare).is_err());
    let zero = TEXT.replace("minutes = { value = 45,", "minutes = { value = 0,");
    let fault = Policy::parse("mine.toml", &zero).expect_err("zero minutes");
    assert!(fault.message.contains("lesson_hour.minutes is 0 but has to be from 1 to 240"), "{fault}");
    let zone = TEXT.replace("Asia/Shanghai", "Asia/Xian");
    assert!(Policy::parse("mine.toml", &zone).is_err());
    let time = TEXT.replace("valid_from = 2020-02-16", "valid_from = 2020-02-16T10:00:00");
    assert!(Policy::parse("mine.toml", &time).expect_err("a time").message.contains("valid_from is a day"));
}

#[test]
fn an_operators_file_replaces_the_built_in_one_or_follows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
    put("changed.toml", TEXT.replace("minutes = { value = 45,", "minutes = { value = 40,"));
    put(
        "later.toml",
        TEXT.replace("id = \"shaanxi-2020-31\"", "id = \"shaanxi-2021\"").replace("valid_from = 2020-02-16", "valid_from = 2021-01-01"),
    );
    put("read.me", "not a policy".to_owned());
    let all = Policies::with_folder(folder.path()).expect("both are good");
    assert_eq!(all.on(date("2020-12-31")).lesson_hour.minutes.value, 40);
    assert_eq!(all.on(date("2021-01-01")).id, "shaanxi-2021");
    assert_eq!(all.on(date("2019-01-01")).id, "shaanxi-2020-31");
    let eve: Time = "2020-12-31T16:00:00Z".parse().expect("a time");
    assert_eq!(all.at(eve).id, "shaanxi-2021", "it is already 2021 in Shanghai");
    assert_ne!(all.on(date("2020-03-03")).name(), Policies::builtin().on(date("2020-03-03")).name());

    put("same-day.toml", TEXT.replace("id = \"shaanxi-2020-31\"", "id = \"other\""));
    assert!(Policies::with_folder(folder.path()).expect_err("two on one day").message.contains("unclear which of the two holds"));
}

#[test]
fn a_text_from_before_a_key_was_added_is_read_for_good() {
    let mut table: toml::Table = TEXT.parse().expect("TOML");
    table.remove("courses");
    table.remove("application");
    let eligibility = table["eligibility"].as_table_mut().expect("a table");
    eligibility.retain(|key, _| key == "occupation_classes");
    let before = Policy::parse("2020.toml", &table.to_string()).expect("reads");
    assert!(before.courses.is_none() && before.application.is_none() && before.eligibility.enterprise_categories.is_none());
    assert_eq!(before.digest(), <[u8; 32]>::from(Sha256::digest(before.text().as_bytes())));
}

#[test]
fn a_changed_policy_takes_the_place_of_the_one_with_its_id_and_leaves_the_others() {
    let all = Policies::builtin();
    let later = Policy::parse(
        "b.toml",
        &TEXT.replace("id = \"shaanxi-2020-31\"", "id = \"b\"").replace("valid_from = 2020-02-16", "valid_from = 2021-01-01"),
    );
    let both = all.with("b.toml", later.expect("parses")).expect("another day");
    assert_eq!((both.on(date("2020-12-31")).id.as_str(), both.on(date("2021-01-01")).id.as_str()), ("shaanxi-2020-31", "b"));
    let changed = Policy::parse("a.toml", &TEXT.replace("value = 750", "value = 800")).expect("parses");
    let name = changed.name();
    let replaced = both.with("a.toml", changed).expect("its own day");
    assert_eq!((replaced.on(date("2020-03-03")).name(), replaced.iter().count()), (name, 2));
    assert_ne!(all.on(date("2020-03-03")).name(), replaced.on(date("2020-03-03")).name(), "the first set is as it was");
}

#[test]
fn the_manual_lists_every_value_and_what_is_attested_elsewhere() {
    let manual = policy_manual();
    assert!(manual.contains("| `subsidy.fen_per_online_lesson_hour` | 750 | 31号 五（三）"), "{manual}");
    assert!(manual.contains("| `lesson_hour.minutes` | 45 | policy:"));
    assert!(manual.contains("| `epidemic.from` | 2020-02-16 |"));
    assert!(manual.contains("| presence.idle_gap_seconds | 300 |"));
    assert!(attested().iter().all(|row| row.checked == "text" || row.checked == "brief"));
}

#[test]
fn the_manual_in_docs_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/POLICY.md");
    if std::env::var_os("KESHI_WRITE_DOCS").is_some() {
        std::fs::write(&path, policy_manual()).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == policy_manual(), "docs/POLICY.md differs from policies/*.toml; run this test with KESHI_WRITE_DOCS=1 and commit it");
}
