use super::*;
use crate::register::Platform;
use crate::register::profile::Profiles;

/// A profile whose headings nobody else knows, with everything a profile can say.
const OWN: &str = r#"
id = "own"
name_zh = "自有平台"
name_en = "Own platform"
host = "own.example"
timezone = "Asia/Shanghai"
headings = "documented"
source = "the platform's manual, chapter 3"
formats = ["profile", "zoom"]
filenames = ["OWN-<yyyymmddHHMMSS>-<meeting_id>-"]

[columns]
account = ["学籍卡"]
name = ["学习者", "learner"]
at = ["刻"]
kind = ["举动"]
join = ["来"]
leave = ["去"]
count = ["回数"]
total = ["合计"]
mark = ["到否"]
client = ["器"]

[values]
total_counts = "minutes"

[values.kind]
join = ["到了"]
leave = ["走了"]
heartbeat = ["还在"]
"#;

/// The profile of a platform that nobody has.
pub(super) fn own() -> Platform {
    profile(OWN)
}

fn profile(text: &str) -> Platform {
    Platform::parse("own.toml", text, &vocabulary()).expect("a profile")
}

fn with(profile: &Platform) -> Hints<'_> {
    Hints { profile: Some(profile), ..lesson() }
}

fn built_in(id: &str) -> Platform {
    Profiles::builtin().iter().find(|profile| profile.id == id).cloned().expect("built in")
}

#[test]
fn a_table_nobody_else_knows_is_read_by_its_platforms_profile() {
    let own = profile(OWN);
    let log = "举动,学习者,刻,器\n到了,张三,2020-03-03 09:00:00,手机\n还在,张三,2020-03-03 09:10:00,手机\n走了,张三,2020-03-03 09:45:00,手机\n睡了,张三,2020-03-03 09:46:00,\n";
    assert_eq!(all(log.as_bytes(), &lesson()).expect_err("without a profile").code, "unknown_format");
    let hints = Hints { filename: Some("OWN-20200303114500-123456789-x.csv"), ..with(&own) };
    let (reading, events) = all(log.as_bytes(), &hints).expect("readable");
    assert_eq!(reading.reader, "profile");
    assert_eq!(
        told(&events),
        [
            "2 join 2020-03-03T09:00:00 张三 client 手机",
            "3 heartbeat 2020-03-03T09:10:00 张三 client 手机",
            "4 leave 2020-03-03T09:45:00 张三 client 手机",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        ["5 bad_kind: 举动 is a word that stands for no known kind of event; add it to values.kind of the platform's profile"]
    );
    assert_eq!(reading.facts["profile"], serde_json::json!({"id": "own", "sha256": own.sha256, "headings": "documented"}));
    assert_eq!(reading.facts["file_name_says"], serde_json::json!({"date": "20200303", "clock": "114500", "meeting_id": "123456789"}));
    assert!(!reading.assumptions.iter().any(|sentence| sentence.contains("assumes them")), "documented headings are not assumed");
}

#[test]
fn stays_totals_and_marks_are_told_by_the_columns_that_are_there() {
    let own = profile(OWN);
    let read = |log: &str| {
        let (reading, events) = all(log.as_bytes(), &with(&own)).expect("readable");
        (told(&events), refused(&reading.refused).len())
    };
    let stays = "学籍卡,来,去,回数,合计\nu1,2020-03-03 09:00,2020-03-03 09:45,1,40\nu2,2020-03-03 09:00,2020-03-03 09:45,3,45\nu3,2020-03-03 09:00,2020-03-03 09:45,3,20\n";
    let (events, refused) = read(stays);
    assert_eq!(
        (events, refused),
        (
            vec![
                "2 interval 2020-03-03T09:00:00–2020-03-03T09:45:00 user u1".to_owned(),
                "3 interval 2020-03-03T09:00:00–2020-03-03T09:45:00 user u2".to_owned(),
            ],
            1
        )
    );
    let (events, _) = read("学籍卡,合计\nu1,40\n");
    assert_eq!(events, ["2 total 2020-03-03T09:00:00–2020-03-03T11:00:00 user u1 2400 s stated"]);
    let (events, _) = read("学籍卡,到否\nu1,到\n");
    assert_eq!(events, ["2 mark 2020-03-03T09:00:00–2020-03-03T11:00:00 user u1 到"]);
}

#[test]
fn headings_that_are_assumed_are_said_to_be() {
    let chinanet = built_in("chinanet");
    let log = "学号,学生姓名,进入课堂时间,离开课堂时间,在线时长(分钟),终端类型\nT1,张三,2020-03-03 09:00,2020-03-03 09:45,45,网页\n";
    let (reading, events) = all(log.as_bytes(), &with(&chinanet)).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T09:45:00 ext:T1 张三 client 网页"]);
    assert_eq!(
        reading.assumptions[0],
        "The headings are read by the profile of chinanet, which assumes them: no description of the platform's is known."
    );
}

/// What only one format has is surer than a profile; an explicit format is obeyed or refused with a reason.
#[test]
fn what_a_profile_does_not_list_of_a_person_is_read_by_common_headings() {
    // An account that the profile does not know of tells two people of one name apart.
    let log = "姓名,用户ID,签到时间,签退时间\n王芳,wx_1,2020-03-03 09:00:00,2020-03-03 09:45:00\n";
    let profile = built_in("sx-zxpx");
    let (reading, events) = all(log.as_bytes(), &with(&profile)).expect("read");
    assert_eq!((reading.reader, events[0].who.platform_user.as_deref()), ("profile", Some("wx_1")));
    // A heading that the profile does list goes before a common one for the same field.
    let log = "学习者,姓名,来,去\n张三,昵称甲,2020-03-03 09:00:00,2020-03-03 09:45:00\n";
    let (_, events) = all(log.as_bytes(), &with(&own())).expect("read");
    assert_eq!(events[0].who.name.as_deref(), Some("张三"));
}

#[test]
fn a_profile_does_not_take_what_another_format_owns() {
    let own = profile(OWN);
    let zoom =
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n张三,,2020-03-03 09:00,2020-03-03 09:45,45,No\n";
    assert_eq!(all(zoom.as_bytes(), &with(&own)).expect("readable").0.reader, "zoom");
    let refuse =
        |bytes: &str, hints: &Hints<'_>| all(bytes.as_bytes(), &Hints { format: Some("profile"), ..hints.clone() }).expect_err("refused");
    let none = refuse(zoom, &lesson());
    assert!(none.code == "unknown_format" && none.message.contains("no platform is named"), "{none}");
    let unfit = refuse(zoom, &with(&own));
    assert!(unfit.message.contains("profile of own lists"), "{unfit}");
    let bare = profile(&OWN[..OWN.find("[columns]").expect("columns")]);
    assert!(refuse(zoom, &with(&bare)).message.contains("lists no headings"));
}

#[test]
fn the_headings_of_a_sample_are_shown_with_their_fields() {
    let own = profile(OWN);
    let log = "导出于今日\n学习者,来,去,备注\n张三,2020-03-03 09:00,2020-03-03 09:45,x\n";
    let shown = headings(file(log.as_bytes()), &own, Limits::default()).expect("readable");
    let shown: Vec<String> = shown
        .iter()
        .map(|heading| {
            format!("{}.{} {} {}", heading.row, heading.column, heading.label, heading.field.map_or("-", |field| field.as_str()))
        })
        .collect();
    assert_eq!(shown, ["2.1 学习者 name", "2.2 来 join", "2.3 去 leave", "2.4 备注 -"]);
}

#[test]
fn a_profile_that_names_no_heading_of_a_file_leaves_it_to_the_others() {
    for id in ["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss"] {
        let profile = built_in(id);
        let log = "kind,at,name\njoin,2020-03-03T09:00:00+08:00,张三\n";
        assert_eq!(all(log.as_bytes(), &with(&profile)).expect("readable").0.reader, "keshi-table", "{id}");
    }
}
