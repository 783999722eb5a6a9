use super::*;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn due(from: &str, days: u32) -> (String, bool) {
    let due = Calendar::builtin().working_days_after(date(from), days);
    (due.on.to_string(), due.certain)
}

fn known(day: &str) -> (String, bool) {
    (day.to_owned(), true)
}

#[test]
fn three_working_days_leave_out_the_day_of_the_application_and_the_weekend() {
    assert_eq!(due("2020-03-02", 3), known("2020-03-05"), "filed on a Monday, due on Thursday");
    assert_eq!(due("2020-03-05", 3), known("2020-03-10"), "filed on a Thursday, due on Tuesday");
    assert_eq!(due("2020-03-07", 3), known("2020-03-11"), "filed on a Saturday, due on Wednesday");
    assert_eq!(due("2020-03-02", 0), known("2020-03-02"));
}

#[test]
fn holidays_do_not_count_and_make_up_workdays_do() {
    // Labour Day 2020 ran from Friday the 1st to Tuesday the 5th; Saturday the 9th was worked for it.
    assert_eq!(due("2020-04-30", 3), known("2020-05-08"));
    assert_eq!(due("2020-05-07", 2), known("2020-05-09"));
    // National Day 2026: the 1st to the 7th; Saturday the 10th is worked.
    assert_eq!(due("2026-09-30", 3), known("2026-10-10"));
}

#[test]
fn the_spring_festival_of_2020_goes_on_to_the_second_of_february() {
    let calendar = Calendar::builtin();
    assert_eq!(calendar.day(date("2020-01-31")), (Day::Holiday("春节"), true), "a Friday, off by the extension");
    assert_eq!(calendar.day(date("2020-02-03")), (Day::Work, true));
    assert_eq!(calendar.day(date("2020-01-19")), (Day::MakeUp, true));
    assert_eq!(due("2020-01-23", 3), known("2020-02-05"));
}

#[test]
fn a_year_no_notice_settles_is_counted_by_the_week_and_says_so() {
    let (last, _) = Calendar::builtin().years().last().map(|(year, source)| (year, source.to_owned())).expect("years");
    let next = format!("{}-05-01", last + 1);
    let calendar = Calendar::builtin();
    assert!(!calendar.day(date(&next)).1, "Labour Day of {next} is not settled yet");
    assert!(!calendar.working_days_after(date(&format!("{last}-12-31")), 3).certain);
    assert!(!calendar.day(date(&format!("{last}-12-30"))).1, "New Year's holiday may still take it");
    assert!(calendar.day(date(&format!("{last}-12-24"))).1);
    assert!(calendar.day(date(&format!("{}-12-30", last - 1))).1, "the next year's notice is there");
    assert!(!calendar.day(date("1999-10-01")).1);
}

#[test]
fn five_days_that_end_on_a_day_off_end_on_the_next_working_day() {
    let calendar = Calendar::builtin();
    assert_eq!(calendar.days_after(date("2020-03-02"), 5), Due { on: date("2020-03-09"), certain: true }, "the 7th is a Saturday");
    assert_eq!(calendar.days_after(date("2020-03-04"), 5), Due { on: date("2020-03-09"), certain: true }, "a Monday");
    assert_eq!(calendar.days_after(date("2020-04-28"), 5), Due { on: date("2020-05-06"), certain: true }, "the 3rd is in Labour Day");
}

const MINE: &str = r#"
source = "a notice of ours"
[[year]]
year = 2031
holidays = [{ name = "元旦", from = 2031-01-01, until = 2031-01-03 }]
workdays = [2031-01-04]
"#;

#[test]
fn an_operators_file_adds_a_year_and_a_wrong_one_is_refused_with_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("calendar-2031.toml"), MINE).expect("written");
    let calendar = Calendar::with_folder(folder.path()).expect("reads");
    assert_eq!(calendar.day(date("2031-01-02")), (Day::Holiday("元旦"), true));
    assert_eq!(calendar.day(date("2031-01-04")), (Day::MakeUp, true));
    assert!(calendar.years().any(|(year, source)| (year, source) == (2031, "a notice of ours")));
    for (from, to, says) in [
        ("2031-01-04]", "2031-01-02]", "2031-01-02 is both a holiday and a workday"),
        ("from = 2031-01-01", "from = 2030-12-31", "2030-12-31 is no day of the year 2031"),
        ("until = 2031-01-03", "until = 2031-02-30", "cannot be used"),
        ("from = 2031-01-01, until = 2031-01-03", "from = 2031-01-03, until = 2031-01-01", "before it begins"),
        ("source = \"a notice of ours\"", "", "missing field `source`"),
    ] {
        let fault = read("mine.toml", &MINE.replace(from, to)).expect_err(says);
        assert_eq!(fault.code, "bad_config");
        assert!(fault.message.contains("mine.toml") && fault.message.contains(says), "{fault}");
    }
}

fn days() -> impl Strategy<Value = NaiveDate> {
    (0u64..366 * 30).prop_map(|offset| date("2003-01-01").checked_add_days(Days::new(offset)).expect("in range"))
}

proptest! {
    #[test]
    fn a_deadline_is_a_working_day_and_so_many_of_them_lie_up_to_it(from in days(), count in 1u32..40) {
        let calendar = Calendar::builtin();
        let due = calendar.working_days_after(from, count);
        prop_assert!(calendar.day(due.on).0.is_worked() && due.on > from);
        prop_assert_eq!(calendar.working_days_between(from, due.on), count);
    }

    #[test]
    fn a_later_day_or_more_days_are_never_due_earlier(from in days(), wait in 0u64..20, count in 0u32..20, more in 0u32..20) {
        let calendar = Calendar::builtin();
        let later = from.checked_add_days(Days::new(wait)).expect("in range");
        prop_assert!(calendar.working_days_after(from, count).on <= calendar.working_days_after(later, count).on);
        prop_assert!(calendar.working_days_after(from, count).on <= calendar.working_days_after(from, count + more).on);
        prop_assert!(calendar.days_after(from, count).on <= calendar.days_after(from, count + more).on);
    }

    #[test]
    fn counting_in_two_steps_is_counting_at_once(from in days(), first in 1u32..20, then in 0u32..20) {
        let calendar = Calendar::builtin();
        let middle = calendar.working_days_after(from, first);
        let end = calendar.working_days_after(middle.on, then);
        let whole = calendar.working_days_after(from, first + then);
        prop_assert_eq!((whole.on, whole.certain), (end.on, end.certain && middle.certain));
    }
}
