//! Lists of other offices, from rows of a file to entries that count.

use super::*;
use crate::db::testing::each_engine;
use crate::ids::ProviderId;
use crate::lake::testing::{MORNING, Sent, World};
use crate::register::id_number::with_checksum;
use crate::register::secrets::{Indexed, Secrets};
use sqlx::Row;
use std::io::{Seek, Write};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn terms() -> Terms {
    let provider = ProviderId(uuid::Uuid::from_u128(7));
    let providers = [("P1".to_owned(), provider), (provider.to_string(), provider)].into();
    Terms { secrets: Secrets::new([7; 32]), providers, today: day("2020-06-01") }
}

fn file(text: &str) -> std::fs::File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file.rewind().expect("rewound");
    file
}

fn told(kind: Kind, text: &str) -> (Vec<Entry>, Outcome) {
    let mut entries = Vec::new();
    let outcome = read(file(text), kind, &terms(), &mut |entry| {
        entries.push(entry);
        Ok(())
    });
    (entries, outcome.expect("reads"))
}

fn codes_of(outcome: &Outcome) -> Vec<(u64, &str)> {
    outcome.faults.iter().map(|fault| (fault.row, fault.code.as_str())).collect()
}

#[test]
fn a_list_of_people_keeps_the_keyed_hash_and_refuses_faulty_rows_one_by_one_without_repeating_them() {
    let number = with_checksum("61090219550302002");
    let wrong = "610902195503020021";
    let text = format!(
        "领取养老金人员名单,,\n身份证号码,领取日期,终止日期\n{number},2019/3/1,\n{wrong},2019-03-01,\n,2019-03-01,\n{number},三月,\n{number},2020-03-01,2019-03-01\n"
    );
    let (entries, outcome) = told(Kind::Pension, &text);
    let person = Secrets::new([7; 32]).index(Indexed::IdNumber, &number);
    assert_eq!(entries, [Entry { row: 3, person: Some(person), value: None, provider: None, from: Some(day("2019-03-01")), until: None }]);
    assert_eq!((outcome.accepted, outcome.refused), (1, 4));
    assert_eq!(codes_of(&outcome), [(4, "id_number"), (5, "empty"), (6, "date"), (7, "backwards")]);
    let said = format!("{outcome:?}");
    assert!(!said.contains(&number) && !said.contains(wrong), "{said}");
}

#[test]
fn each_kind_has_its_columns() {
    let provider = Some(ProviderId(uuid::Uuid::from_u128(7)));
    let number = with_checksum("61090219900302002");
    let payroll = format!("身份证号,单位性质,入职日期\n{number},事业单位,20180901\n{number},enterprise,2018年9月1日\n{number},外企,\n");
    let (entries, outcome) = told(Kind::Payroll, &payroll);
    assert_eq!(entries.iter().map(|one| one.value.as_deref()).collect::<Vec<_>>(), [Some("public"), Some("enterprise")]);
    assert_eq!(entries[0].from, entries[1].from);
    assert_eq!(codes_of(&outcome), [(4, "sector")]);

    let (_, outcome) = told(Kind::Deceased, &format!("id_number,from\n{number},\n"));
    assert_eq!(codes_of(&outcome), [(2, "empty")], "nobody died on no day");

    let (entries, outcome) = told(Kind::ProviderNetwork, "provider,network\nP1,203.0.113.9/24\nP2,10.0.0.1\nP1,10.0.0.1/40\n");
    assert_eq!((entries[0].value.as_deref(), entries[0].provider), (Some("203.0.113.0/24"), provider));
    assert_eq!(codes_of(&outcome), [(3, "unknown_provider"), (4, "network")]);

    let (entries, outcome) = told(Kind::StaffDevice, "机构编号,设备标识\nP1,AA-01\n,AA-02\n");
    assert_eq!((entries.len(), entries[0].value.as_deref()), (1, Some("AA-01")));
    assert_eq!(codes_of(&outcome), [(3, "empty")]);

    let (entries, outcome) = told(Kind::CourseMaterial, &format!("sha256\n{}\nnone\n", "AB".repeat(32)));
    assert_eq!(entries[0].value, Some("ab".repeat(32)));
    assert_eq!(codes_of(&outcome), [(3, "sha256")]);
}

#[test]
fn a_file_without_the_headings_is_told_which_it_needs() {
    let refused = read(file("姓名,电话\n张伟,1\n"), Kind::Payroll, &terms(), &mut |_| Ok(())).expect_err("no header");
    assert_eq!(refused.code, "unsupported_list");
    assert!(refused.message.contains("id_number, sector; it may have from, until"), "{refused}");
}

#[test]
fn a_source_has_a_name_and_no_number_of_a_person() {
    assert_eq!(source(" 安康市社保局 ").expect("a name"), "安康市社保局");
    for wrong in ["", " ", "610902199003020022", &"长".repeat(101)] {
        assert_eq!(source(wrong).expect_err(wrong).code, "invalid");
    }
}

#[tokio::test]
async fn a_later_file_takes_the_place_of_the_earlier_one_and_nothing_counts_before_it_is_whole() {
    each_engine(async |db| {
        let world = World::new(db);
        let class = world.class().await;
        let evidence = async |bytes: &'static [u8]| {
            world.evidence(Sent { kind: "document", bytes, class, lesson: None, trainee: None, received_at: MORNING }).await
        };
        let list = |evidence, as_of, at| List {
            id: world.ids.next(),
            kind: Kind::Pension,
            source: "社保局".into(),
            as_of: day(as_of),
            evidence,
            entries: 60,
            refused: 0,
            actor: "test".into(),
            at,
            leaf: None,
            replaced_at: None,
        };
        let entries: Vec<Entry> = (1..=60)
            .map(|row| Entry {
                row,
                person: Some([row as u8; 32]),
                value: None,
                provider: None,
                from: None,
                until: Some(day("2020-12-31")),
            })
            .collect();
        let count = async |list: &List| sqlx::query(sql::ENTRIES).bind(list.id.to_string()).fetch_all(world.db.read()).await.unwrap().len();
        let finished = async |list: &List| {
            let mut tx = world.db.begin().await.unwrap();
            let before = finish(&mut tx, &world.ids, MORNING, list, world.ids.next()).await.unwrap();
            tx.commit().await.unwrap();
            before
        };
        let first = list(evidence(b"1").await, "2020-01-01", MORNING);
        begin(&world.db, &first).await.unwrap();
        add(&world.db, first.id, &entries).await.unwrap();
        assert!(live(&world.db, Kind::Pension, "社保局").await.unwrap().is_none(), "it is not whole");
        assert_eq!((finished(&first).await, count(&first).await), (None, 60));
        let row = sqlx::query(sql::ENTRIES).bind(first.id.to_string()).fetch_all(world.db.read()).await.unwrap();
        assert_eq!((row[59].get::<Vec<u8>, _>("person_index"), row[59].text("until_on")), (vec![60; 32], "2020-12-31".to_owned()));

        // One that broke off does not count, and is gone with the next.
        let half = list(evidence(b"2").await, "2020-02-01", MORNING);
        begin(&world.db, &half).await.unwrap();
        add(&world.db, half.id, &entries[..3]).await.unwrap();
        assert_eq!(live(&world.db, Kind::Pension, "社保局").await.unwrap().map(|list| list.id), Some(first.id));
        let second = list(evidence(b"3").await, "2020-03-01", MORNING.plus(2 * HOUR));
        begin(&world.db, &second).await.unwrap();
        assert_eq!(count(&half).await, 0);
        add(&world.db, second.id, &entries[..1]).await.unwrap();
        assert_eq!(finished(&second).await, Some(first.id.to_string()));
        let kept = live(&world.db, Kind::Pension, "社保局").await.unwrap().expect("one");
        assert_eq!((kept.id, kept.as_of), (second.id, day("2020-03-01")));
        assert_eq!((lists(&world.db, false).await.unwrap().len(), lists(&world.db, true).await.unwrap().len()), (1, 2));
        assert_eq!(count(&first).await, 60, "history stays");
        assert_eq!(check_newer(Some(&kept), day("2020-02-28")).expect_err("older").code, "older_list");
        check_newer(Some(&kept), day("2020-03-01")).expect("the same day again");
    })
    .await;
}
