//! Messages are written for those who may see them, once what they tell of is sealed, and leased to one server at a time.

use super::message::{Written, unwritten, write};
use super::webhook::{self, Changes, NewWebhook, Tools};
use super::{EVENTS, EVIDENCE_REFUSED, EVIDENCE_SEALED, HOURS_CREDITED, delivery};
use crate::config::{Config, Overrides, Webhooks};
use crate::db::Db;
use crate::db::testing::each_engine;
use crate::ids::{MessageId, PersonId, WebhookId};
use crate::jobs::{Change, Follow, Jobs};
use crate::lake::testing::{MORNING, World};
use crate::receive::Actor;
use crate::receive::identity::Role;
use crate::register::secrets::Secrets;
use crate::time::{DAY, HOUR, SECOND, Time};
use serde_json::Value;
use sqlx::Row;

const TELL: &[Follow] = &[
    (Change::EvidenceKept, EVIDENCE_SEALED, 0),
    (Change::EvidenceRefused, EVIDENCE_REFUSED, 0),
    (Change::RunKept, HOURS_CREDITED, 10 * SECOND),
];

struct Scene {
    world: World,
    secrets: Secrets,
    settings: Webhooks,
}

fn actor(role: Role, platform: Option<&str>) -> Actor {
    Actor { label: format!("token:{}", role.as_str()), name: "test".into(), role, platform: platform.map(Into::into), provider: None }
}

async fn run(db: &Db, statement: &'static str, values: &[&str]) {
    let mut tx = db.begin().await.expect("begins");
    let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
    query.execute(tx.conn()).await.expect("runs");
    tx.commit().await.expect("commits");
}

impl Scene {
    async fn new(db: Db) -> Scene {
        let head = "insert into log_head (id, origin, tree_size, root, edge, tiled_size, published_size, updated_at) \
                    select 1, $1, 0, hash, hash, 0, 0, 0 from (select body as hash from leaf limit 1) as any_leaf";
        let world = World::new(db);
        run(
            &world.db,
            "insert into leaf (id, body, hash, staged_at, log_index) values ($1, cast($1 as bytea), cast($1 as bytea), 0, 0)",
            &["first"],
        )
        .await;
        run(&world.db, head, &["keshi.test"]).await;
        Scene { world, secrets: Secrets::new([7; 32]), settings: Config::load(&Overrides::default()).expect("loads").webhooks }
    }

    fn tools(&self) -> Tools<'_> {
        Tools { db: &self.world.db, ids: &self.world.ids, secrets: &self.secrets, settings: &self.settings }
    }

    async fn hook(&self, who: &Actor, events: &[&str]) -> WebhookId {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        let new = NewWebhook { name: "测试".into(), url: "https://example.org/?key=1".into(), events };
        webhook::add(self.tools(), who, new, MORNING).await.expect("added").0.id
    }

    async fn announce(&self, change: Change, key: &str) {
        let jobs = Jobs::new(&[], self.world.ids.clone()).telling(TELL);
        let mut tx = self.world.db.begin().await.expect("begins");
        jobs.after(&mut tx, change, key, MORNING).await.expect("announced");
        tx.commit().await.expect("commits");
    }

    /// The only message that is due.
    async fn due(&self, now: Time) -> MessageId {
        let due = unwritten(&self.world.db, now, 10).await.expect("asked");
        assert_eq!(due.len(), 1);
        due[0]
    }

    async fn write(&self, id: MessageId, now: Time) -> Written {
        write(&self.world.db, id, now).await.expect("written")
    }

    async fn body(&self, id: MessageId) -> Value {
        let row = sqlx::query("select body from webhook_message where id = $1").bind(id.to_string());
        serde_json::from_str(row.fetch_one(self.world.db.read()).await.expect("there").get(0)).expect("JSON")
    }

    async fn waiting(&self, who: &Actor, of: WebhookId) -> Vec<MessageId> {
        let list = delivery::list(self.tools(), who, of, Some("waiting"), None, 10).await.expect("listed");
        list.iter().map(|delivery| delivery.message).collect()
    }
}

#[tokio::test]
async fn a_message_is_written_when_its_evidence_is_sealed_for_those_who_may_see_it() {
    each_engine(async |db| {
        let scene = Scene::new(db).await;
        let (world, db) = (&scene.world, &scene.world.db);
        let class = world.class().await;
        let lesson = world.lesson(class, MORNING).await;
        let log = world.log(class, lesson).await;
        world.leaf_of(log).await;
        run(db, "update evidence set platform_id = $1", &["sx-zxpx"]).await;
        run(db, "insert into platform (id, name_zh, name_en, host, timezone, profile, created_at) values ($1, '', '', '', '', '{}', 0)", &["other"]).await;
        let (own, other, operator) = (actor(Role::Platform, Some("sx-zxpx")), actor(Role::Platform, Some("other")), actor(Role::Admin, None));
        let hooks = [(&own, scene.hook(&own, &EVENTS).await), (&operator, scene.hook(&operator, &EVENTS).await)];
        let not_told = [(&other, scene.hook(&other, &EVENTS).await), (&own, scene.hook(&own, &[HOURS_CREDITED]).await)];

        scene.announce(Change::EvidenceKept, &log.to_string()).await;
        let id = scene.due(MORNING).await;
        assert_eq!(scene.write(id, MORNING).await, Written::Later, "it has no place in the log");
        run(db, "update leaf set log_index = 6 where id = $1", &[&log.to_string()]).await;
        let later = MORNING.plus(SECOND);
        assert_eq!(scene.write(scene.due(later).await, later).await, Written::Later, "no checkpoint covers it");
        run(db, "update log_head set published_size = 7 where origin = $1", &["keshi.test"]).await;
        let later = MORNING.plus(2 * SECOND);
        assert_eq!(scene.write(scene.due(later).await, later).await, Written::For(2));
        assert_eq!(scene.write(id, later).await, Written::Elsewhere, "it is written once");
        let body = scene.body(id).await;
        assert_eq!((&body["type"], &body["timestamp"]), (&"evidence.sealed".into(), &MORNING.to_string().into()));
        assert_eq!(body["data"]["evidence"], log.to_string());
        assert_eq!(body["data"]["log"], serde_json::json!({"origin": "keshi.test", "index": 6}));
        for (who, hook) in hooks {
            assert_eq!(scene.waiting(who, hook).await, [id]);
        }
        for (who, hook) in not_told {
            assert!(scene.waiting(who, hook).await.is_empty());
        }

        // What is no longer so when it is written is not told.
        run(db, "update evidence set failed_at = 1 where id = $1", &[&log.to_string()]).await;
        scene.announce(Change::EvidenceRefused, &log.to_string()).await;
        let id = scene.due(later).await;
        run(db, "update evidence set failed_at = null, analysed_at = 1 where id = $1", &[&log.to_string()]).await;
        assert_eq!(scene.write(id, later).await, Written::ForNobody);
        world.fact(log, "log_refused", "3").await;
        scene.announce(Change::EvidenceRefused, &log.to_string()).await;
        let id = scene.due(later).await;
        assert_eq!(scene.write(id, later).await, Written::For(2));
        let data = &scene.body(id).await["data"];
        assert_eq!((&data["refused"], &data["refused_rows"]), (&"rows".into(), &3.into()));

        // Hours: of the run that counts.
        let person: PersonId = world.ids.next();
        let trainee = world.trainee(class, person).await;
        world.credit(class, lesson, trainee, 900).await;
        run(db, "insert into leaf (id, body, hash, staged_at, log_index) select id, digest, cast(id as bytea), 0, 5 from credit_run where lesson_id = $1", &[&lesson.to_string()]).await;
        scene.announce(Change::RunKept, &lesson.to_string()).await;
        assert!(unwritten(db, MORNING.plus(9 * SECOND), 10).await.expect("asked").is_empty(), "it waits for more of the same");
        let id = scene.due(MORNING.plus(10 * SECOND)).await;
        assert_eq!(scene.write(id, later).await, Written::For(3));
        let body = scene.body(id).await;
        assert_eq!((&body["data"]["hours"], &body["data"]["trainees"], &body["data"]["runs"]), (&"0.9".into(), &1.into(), &1.into()));
        assert!(!body.to_string().contains("Name") && !body.to_string().contains(&trainee.to_string()), "{body}");
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_its_owners_alone_and_ends_and_begins_again() {
    each_engine(async |db| {
        let scene = Scene::new(db).await;
        let (world, tools) = (&scene.world, scene.tools());
        world.class().await;
        let (own, operator) = (actor(Role::Platform, Some("sx-zxpx")), actor(Role::Admin, None));
        let provider = Actor { provider: Some(world.ids.next()), platform: None, ..own.clone() };
        let hook = scene.hook(&own, &EVENTS).await;
        assert_eq!(webhook::get(tools, &operator, hook).await.expect("seen").url.as_str(), "https://example.org/?key=1");
        assert_eq!(webhook::get(tools, &provider, hook).await.expect_err("another's").code, "not_found");
        assert!(webhook::list(tools, &provider, None, 9).await.expect("listed").is_empty());
        let asked =
            async || -> i64 { sqlx::query("select count(*) from webhook_event").fetch_one(world.db.read()).await.expect("counts").get(0) };
        let message = delivery::test(tools, &own, hook, MORNING).await.expect("tested").message;
        let ended = Changes { active: Some(false), ..Changes::default() };
        let ended = webhook::change(tools, &own, hook, ended, MORNING).await.expect("changed");
        assert_eq!((ended.ended_at, ended.waiting, ended.given_up, asked().await), (Some(MORNING), 0, 1, 0));
        assert_eq!(delivery::again(tools, &own, hook, message, MORNING).await.expect_err("refused").code, "webhook_ended");
        let begins = Changes { active: Some(true), events: Some(vec![HOURS_CREDITED.into()]), ..Changes::default() };
        let begun = webhook::change(tools, &own, hook, begins, MORNING).await.expect("changed");
        assert_eq!((begun.ended_at, begun.events, asked().await), (None, vec![HOURS_CREDITED.to_owned()], 1));
        let again = delivery::again(tools, &own, hook, message, MORNING.plus(HOUR)).await.expect("asked");
        assert_eq!((again.state.as_str(), again.attempts, again.next_at), ("waiting", 0, Some(MORNING.plus(HOUR))));

        let refused = |new| webhook::add(tools, &own, new, MORNING);
        let new = |url: &str, event: &str| NewWebhook { name: "n".into(), url: url.into(), events: vec![event.into()] };
        assert_eq!(refused(new("https://10.0.0.1/", HOURS_CREDITED)).await.expect_err("private").code, "webhook_url");
        assert_eq!(refused(new("https://example.org/", "nothing")).await.expect_err("no event").code, "invalid");
        for _ in 1..scene.settings.most {
            scene.hook(&own, &EVENTS).await;
        }
        assert_eq!(refused(new("https://example.org/", HOURS_CREDITED)).await.expect_err("many").code, "too_many_webhooks");

        // Nobody had time for it in three days; a fortnight later nothing is left of it.
        let late = MORNING.plus(HOUR + 3 * DAY + SECOND);
        assert_eq!(delivery::tidy(&world.db, &scene.settings, late).await.expect("tidied"), (1, 0));
        assert_eq!(delivery::tidy(&world.db, &scene.settings, late.plus(13 * DAY)).await.expect("tidied"), (0, 0));
        assert_eq!(delivery::tidy(&world.db, &scene.settings, late.plus(15 * DAY)).await.expect("tidied"), (0, 2));
        webhook::remove(tools, &own, hook, late).await.expect("removed");
        assert_eq!(webhook::get(tools, &own, hook).await.expect_err("gone").code, "not_found");
    })
    .await;
}
