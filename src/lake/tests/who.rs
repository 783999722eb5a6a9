//! Who is who, from the bytes of a log to rows of trainees: what is matched by what, who waits, and what a person's word changes.

use crate::analyse::attendance::{MatchedBy, suggestions};
use crate::db::Db;
use crate::db::testing::each_engine;
use crate::ids::{ClassId, EvidenceId, LeafId, ResolutionId, TraineeId};
use crate::jobs::Jobs;
use crate::lake::ingest::{self, Tools};
use crate::lake::testing::{MORNING, Sent, World};
use crate::lake::{self, EventRow};
use crate::register::resolution::{self, Identity, New, Says};
use crate::register::secrets::Secrets;
use crate::register::{class, roster};
use crate::store;
use crate::time::{MINUTE, Time};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Made for keshi's own table: a name in traditional characters, a nickname with an account, two who share a name, a shared login, a guest.
const LOG: &str = "姓名,平台账号,签到时间,签退时间\n\
    張 偉,,2020-03-03 09:00:00,2020-03-03 09:45:00\n\
    快乐每一天,wx_1,2020-03-03 08:50:00,2020-03-03 09:10:00\n\
    快乐每一天,wx_1,2020-03-03 09:20:00,2020-03-03 09:30:00\n\
    王芳,,2020-03-03 09:00:00,2020-03-03 09:40:00\n\
    张伟&李娜,,2020-03-03 09:00:00,2020-03-03 09:45:00\n\
    03李娜-2班,,2020-03-03 09:00:00,2020-03-03 09:15:00\n";

const ROSTER: &str = "编号,姓名,身份证号,类别\n\
    T1,张伟,610103199001011231,企业职工\n\
    T2,王芳,610103199001011232,企业职工\n\
    T3,王芳,610103199001011233,企业职工\n\
    T4,李娜,610103199001011234,企业职工\n";

struct Stage {
    world: World,
    jobs: Jobs,
    secrets: Secrets,
    class: ClassId,
    log: EvidenceId,
    trainees: BTreeMap<String, TraineeId>,
}

impl Stage {
    async fn new(db: Db) -> Stage {
        let world = World::new(db);
        let (jobs, secrets) = (Jobs::new(&[], world.ids.clone()), Secrets::new([7; 32]));
        let class = world.class().await;
        world.lesson(class, MORNING).await;
        let of = class::by_id(&world.db, class).await.unwrap();
        let list = roster::read(ROSTER.as_bytes()).unwrap();
        let kept = roster::replace(&world.db, &jobs, &world.ids, &secrets, MORNING, "test", &of, list).await.unwrap();
        let trainees = kept.into_iter().map(|trainee| (trainee.external_id, trainee.id)).collect();
        world.objects.put_bytes(Bytes::from_static(LOG.as_bytes())).await.unwrap();
        let received_at = MORNING.plus(60 * MINUTE);
        let log = world.evidence(Sent { kind: "attendance", bytes: LOG.as_bytes(), class, lesson: None, trainee: None, received_at }).await;
        world.leaf_of(log).await;
        Stage { world, jobs, secrets, class, log, trainees }
    }

    async fn read(&self, now: Time) {
        let World { db, objects, lake, ids, .. } = &self.world;
        let tools = Tools { db, objects, lake, jobs: &self.jobs, ids, secrets: &self.secrets };
        ingest::run(&tools, self.log, now).await.unwrap();
    }

    async fn rows(&self, row: u64) -> Vec<EventRow> {
        self.world.lake.events_of_row(self.log, row).await.unwrap()
    }

    /// Name or account, doubt, rows, milliseconds.
    async fn waiting(&self) -> Vec<(String, String, i64, i64)> {
        let all = lake::unmatched(&self.world.db, self.class, "", 100).await.unwrap();
        let name = |one: &lake::Unmatched| one.who(&self.secrets).unwrap().name.unwrap();
        let mut told: Vec<_> = all.iter().map(|one| (name(one), one.doubt.clone(), one.rows, one.span_ms)).collect();
        told.sort();
        told
    }

    async fn identity(&self, name: &str) -> Identity {
        let all = lake::unmatched(&self.world.db, self.class, "", 100).await.unwrap();
        let named = |one: &&lake::Unmatched| one.who(&self.secrets).unwrap().name.as_deref() == Some(name);
        all.iter().find(named).unwrap().identity
    }

    async fn say(&self, identity: Identity, says: Says, at: Time) -> ResolutionId {
        let (id, leaf): (ResolutionId, LeafId) = (self.world.ids.next(), self.world.ids.next());
        let new =
            New { id, class: self.class, identity, who: "{}".into(), says, reason: " 电话核实 ".into(), actor: "login:1".into(), at };
        let kept = new.kept(&self.secrets).unwrap();
        let mut tx = self.world.db.begin().await.unwrap();
        resolution::keep(&mut tx, &self.world.ids, &kept, leaf).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

#[tokio::test]
async fn rows_are_matched_with_what_by_and_who_is_in_doubt_waits() {
    each_engine(async |db| {
        let stage = Stage::new(db).await;
        stage.read(Time(1)).await;
        let by = async |row| stage.rows(row).await.first().map(|event| (event.trainee, event.matched_by)).unwrap();
        assert_eq!(by(2).await, (Some(stage.trainees["T1"]), Some(MatchedBy::NameNormalised)));
        assert_eq!(by(7).await, (Some(stage.trainees["T4"]), Some(MatchedBy::NamePart)));
        assert_eq!(by(3).await, (None, None));
        let minutes = |minutes: i64| minutes * 60_000;
        let expected = [
            ("张伟&李娜", "several_people", 1, minutes(45)),
            ("快乐每一天", "unknown", 2, minutes(30)),
            ("王芳", "shared", 1, minutes(40)),
        ];
        assert_eq!(stage.waiting().await, expected.map(|(name, doubt, rows, ms)| (name.to_owned(), doubt.to_owned(), rows, ms)));
        let facts = store::facts(&stage.world.db, stage.log).await.unwrap();
        assert_eq!(
            facts["log_people"].to_string(),
            r#"{"matched":2,"ambiguous":2,"unmatched":2,"nobody":0,"by":{"name_normalised":1,"name_part":1},"rows_without_trainee":[3,4,5,6],"waiting":{"people":3,"rows_of_more":0}}"#
        );
        assert_eq!(lake::unmatched_count(&stage.world.db, stage.class).await.unwrap(), (3, 4));
        // A list goes on where it stopped.
        let first = lake::unmatched(&stage.world.db, stage.class, "", 1).await.unwrap();
        let rest = lake::unmatched(&stage.world.db, stage.class, &first[0].cursor(), 100).await.unwrap();
        assert_eq!((first[0].rows, rest.len()), (2, 2));
        let roster = ingest::roster_of(&stage.world.db, &stage.secrets, stage.class).await.unwrap();
        let shared = lake::unmatched_one(&stage.world.db, stage.class, stage.identity("王芳").await).await.unwrap().unwrap();
        let suggested: Vec<_> = suggestions(&roster, &shared.who(&stage.secrets).unwrap()).iter().map(|one| one.trainee).collect();
        assert_eq!(suggested.len(), 2);
        assert!(suggested.contains(&stage.trainees["T2"]) && suggested.contains(&stage.trainees["T3"]));
    })
    .await;
}

#[tokio::test]
async fn a_word_makes_the_rows_the_trainees_and_a_newer_word_takes_its_place() {
    each_engine(async |db| {
        let stage = Stage::new(db).await;
        stage.read(Time(1)).await;
        let (happy, fang, both) = (stage.identity("快乐每一天").await, stage.identity("王芳").await, stage.identity("张伟&李娜").await);
        let first = stage.say(happy, Says::Trainee(stage.trainees["T4"]), Time(2)).await;
        let nobody = stage.say(fang, Says::Nobody, Time(2)).await;
        stage.say(both, Says::Trainee(stage.trainees["T1"]), Time(2)).await;
        stage.read(Time(3)).await;
        for row in [3, 4] {
            let event = stage.rows(row).await.remove(0);
            assert_eq!((event.trainee, event.matched_by), (Some(stage.trainees["T4"]), Some(MatchedBy::Resolution)));
            assert_eq!(event.resolution, Some(first));
        }
        let event = stage.rows(5).await.remove(0);
        assert_eq!((event.trainee, event.matched_by, event.resolution), (None, None, Some(nobody)));
        let left = stage.waiting().await;
        assert_eq!((left.len(), left[0].1.as_str()), (1, "several_people"), "a shared login is nobody's, whatever was said");

        let again = stage.say(happy, Says::Trainee(stage.trainees["T2"]), Time(4)).await;
        stage.read(Time(5)).await;
        assert_eq!(stage.rows(3).await[0].resolution, Some(again));
        assert_eq!(stage.rows(3).await[0].trainee, Some(stage.trainees["T2"]));
        stage.say(happy, Says::Open, Time(6)).await;
        stage.read(Time(7)).await;
        assert_eq!(stage.rows(3).await[0].trainee, None);
        assert_eq!(stage.identity("快乐每一天").await, happy, "it is the same person in every reading");
        let history = resolution::of_class(&stage.world.db, stage.class, None, 10).await.unwrap();
        assert_eq!(history.len(), 5, "nothing said is ever lost");
        let kept = resolution::by_id(&stage.world.db, first).await.unwrap();
        assert_eq!((kept.reason(&stage.secrets).unwrap().as_str(), kept.replaced_at), ("电话核实", Some(Time(4))));
        let document = String::from_utf8(kept.document().unwrap()).unwrap();
        assert!(!document.contains("核实") && document.contains(&first.to_string()), "{document}");
    })
    .await;
}

#[tokio::test]
async fn a_reason_is_needed_and_has_bounds() {
    let secrets = Secrets::new([7; 32]);
    for (reason, good) in [("", false), ("   ", false), ("电话核实", true), (&"长".repeat(1001), false)] {
        let new = New {
            id: ResolutionId(uuid::Uuid::from_u128(1)),
            class: ClassId(uuid::Uuid::from_u128(2)),
            identity: Identity([1; 32]),
            who: "{}".into(),
            says: Says::Nobody,
            reason: reason.to_owned(),
            actor: "login:1".into(),
            at: Time(1),
        };
        assert_eq!(new.kept(&secrets).is_ok(), good, "{reason}");
    }
}
