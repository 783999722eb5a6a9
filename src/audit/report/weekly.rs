//! The numbers of a week as the database has them now: counted there, a statement a figure, and put together here.

use super::figures::{Figure, Figures};
use super::sql;
use super::week::Week;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::seal::leaf::canonical;
use crate::time::Time;
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, HashMap};

/// What a line of the report is about. Lines sort by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The whole.
    Total,
    /// Providers of one region; none where nobody said which.
    Region(Option<String>),
    /// One provider, by id.
    Provider(String),
    /// One platform.
    Platform(String),
    /// Trainees of one category.
    Category(String),
    /// One trade, by code and name.
    Trade(String, String),
    /// One provider's classes on one platform in one trade.
    Row(String, String, String, String),
}

/// Lists of the document, in order: what they are called, and how a line of a table is marked that stands in them.
pub const PARTS: [(&str, &str); 7] = [
    ("totals", "total"),
    ("by_region", "region"),
    ("by_provider", "provider"),
    ("by_platform", "platform"),
    ("by_category", "category"),
    ("by_trade", "trade"),
    ("rows", "row"),
];

impl Group {
    /// Its place in [`PARTS`].
    pub fn part(&self) -> usize {
        match self {
            Group::Total => 0,
            Group::Region(_) => 1,
            Group::Provider(_) => 2,
            Group::Platform(_) => 3,
            Group::Category(_) => 4,
            Group::Trade(..) => 5,
            Group::Row(..) => 6,
        }
    }

    /// The provider that it is of.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Group::Provider(id) | Group::Row(id, ..) => Some(id),
            _ => None,
        }
    }
}

/// A provider as reports name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The sender's id.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: Option<String>,
}

/// The numbers of a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The week.
    pub week: Week,
    /// The zone its days are counted in.
    pub zone: Tz,
    /// Its lines.
    pub lines: BTreeMap<Group, Figures>,
    /// All providers by id: a correction may name one that this week has no more.
    pub providers: HashMap<String, Named>,
}

impl Report {
    /// Counts a week.
    pub async fn read(db: &Db, week: Week, zone: Tz) -> Result<Report> {
        let (from, until) = week.span(zone)?;
        let names = names(db).await?;
        let mut counted = Counted { names, lines: BTreeMap::from([(Group::Total, Figures::zero())]) };
        let by_time = async |statement| moments(db, statement, from, until).await;
        let by_day = async |statement| days(db, statement, week).await;
        // Asked side by side: each is one statement, and there are two sorts of processors to keep busy.
        let (opened, approved, running, held) =
            futures::try_join!(by_time(sql::OPENED), by_time(sql::APPROVED), by_day(sql::RUNNING), by_time(sql::HELD))?;
        let (planned, credited, evidence) = futures::try_join!(by_time(sql::PLANNED), by_time(sql::CREDITED), by_time(sql::EVIDENCE))?;
        let (certificates, prepaid, claimed) = futures::try_join!(by_day(sql::CERTIFICATES), by_day(sql::PREPAID), by_time(sql::CLAIMED))?;
        counted.take(&opened, &[("classes", Figure::ClassesOpened)]);
        counted.take(&approved, &[("classes", Figure::ClassesApproved)]);
        counted.take(&running, &[("classes", Figure::ClassesRunning), ("finished", Figure::ClassesFinished)]);
        counted.take(&held, &[("planned", Figure::HoursPlanned), ("held", Figure::HoursHeld)]);
        counted.take_by_category(&planned, "hours", Figure::PersonHoursPlanned);
        counted.take_by_category(&credited, "hours", Figure::PersonHoursCredited);
        counted.take(&evidence, &[("pieces", Figure::Evidence)]);
        counted.take_by_category(&certificates, "certificates", Figure::Certificates);
        counted.take(&prepaid, &[("payments", Figure::Prepayments), ("fen", Figure::PrepaidFen)]);
        counted.take(&claimed, &[("claims", Figure::Claims), ("fen", Figure::ClaimedFen)]);
        people(db, week, from, &mut counted).await?;
        let Counted { names, mut lines } = counted;
        lines.retain(|group, figures| *group == Group::Total || Figure::ALL.iter().any(|figure| figures.get(*figure).unwrap_or(0) != 0));
        Ok(Report { week, zone, lines, providers: names })
    }

    /// The figures of a group; nought where it has none.
    pub fn of(&self, group: &Group) -> Figures {
        self.lines.get(group).copied().unwrap_or_default()
    }

    /// A provider by its id.
    pub fn provider(&self, id: &str) -> Named {
        self.providers.get(id).cloned().unwrap_or_default()
    }

    /// The document that is filed: what was counted, and nothing of when it was looked at.
    pub fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("week".to_owned(), self.week.monday().to_string().into());
        document.insert("iso_week".to_owned(), self.week.iso().into());
        document.insert("from".to_owned(), self.week.monday().to_string().into());
        document.insert("until".to_owned(), self.week.sunday().to_string().into());
        document.insert("zone".to_owned(), self.zone.name().into());
        document.insert("totals".to_owned(), self.of(&Group::Total).json().into());
        for (part, (name, _)) in PARTS.iter().enumerate().skip(1) {
            let lines: Vec<Value> =
                self.lines.iter().filter(|(group, _)| group.part() == part).map(|(group, figures)| self.line(group, figures)).collect();
            document.insert((*name).to_owned(), lines.into());
        }
        document
    }

    /// [`Report::document`] as the bytes whose SHA-256 is sealed.
    pub fn canonical(&self) -> String {
        canonical(&Value::Object(self.document()))
    }

    fn line(&self, group: &Group, figures: &Figures) -> Value {
        let mut line = self.key(group);
        line.extend(figures.json());
        Value::Object(line)
    }

    /// What a line is about, as members of JSON.
    pub fn key(&self, group: &Group) -> Map<String, Value> {
        let provider = |id: &str| {
            let named = self.provider(id);
            json!({"region": named.region, "provider": id, "provider_external_id": named.external_id, "provider_name": named.name})
        };
        let key = match group {
            Group::Total => json!({}),
            Group::Region(region) => json!({"region": region}),
            Group::Provider(id) => provider(id),
            Group::Platform(id) => json!({"platform": id}),
            Group::Category(category) => json!({"category": category}),
            Group::Trade(code, name) => json!({"trade": {"code": code, "name": name}}),
            Group::Row(id, platform, code, name) => {
                let mut key = provider(id);
                key["platform"] = platform.as_str().into();
                key["trade"] = json!({"code": code, "name": name});
                key
            }
        };
        match key {
            Value::Object(key) => key,
            _ => Map::new(),
        }
    }
}

/// Lines as they come together.
struct Counted {
    names: HashMap<String, Named>,
    lines: BTreeMap<Group, Figures>,
}

impl Counted {
    /// The groups that something of a place counts in, but for categories.
    fn groups(&self, row: &AnyRow) -> [Group; 6] {
        let (provider, platform) = (row.text("provider_id"), row.text("platform_id"));
        let (code, name) = (row.text("trade_code"), row.text("trade_name"));
        [
            Group::Total,
            Group::Region(self.names.get(&provider).and_then(|named| named.region.clone())),
            Group::Provider(provider.clone()),
            Group::Platform(platform.clone()),
            Group::Trade(code.clone(), name.clone()),
            Group::Row(provider, platform, code, name),
        ]
    }

    fn add(&mut self, group: Group, figure: Figure, value: i64) {
        let start = if matches!(group, Group::Category(_)) { Figures::default() } else { Figures::zero() };
        self.lines.entry(group).or_insert(start).add(figure, value);
    }

    fn take(&mut self, rows: &[AnyRow], figures: &[(&str, Figure)]) {
        for row in rows {
            for group in self.groups(row) {
                for (column, figure) in figures {
                    self.add(group.clone(), *figure, row.int(column));
                }
            }
        }
    }

    fn take_by_category(&mut self, rows: &[AnyRow], column: &str, figure: Figure) {
        self.take(rows, &[(column, figure)]);
        for row in rows {
            self.add(Group::Category(row.text("category")), figure, row.int(column));
        }
    }
}

/// Counts people, once in each group.
async fn people(db: &Db, week: Week, from: Time, counted: &mut Counted) -> Result<()> {
    let ask = async |statement| -> Result<Vec<AnyRow>> {
        let asked = sqlx::query(statement).bind(week.monday().to_string()).bind(week.sunday().to_string()).bind(from.0);
        Ok(asked.fetch_all(db.read()).await?)
    };
    let trade = |row: &AnyRow| (row.text("trade_code"), row.text("trade_name"));
    let (all, regions, providers, platforms) =
        futures::try_join!(ask(sql::PEOPLE), ask(sql::PEOPLE_BY_REGION), ask(sql::PEOPLE_BY_PROVIDER), ask(sql::PEOPLE_BY_PLATFORM))?;
    let (categories, trades, places) =
        futures::try_join!(ask(sql::PEOPLE_BY_CATEGORY), ask(sql::PEOPLE_BY_TRADE), ask(sql::PEOPLE_BY_PLACE))?;
    let of = |rows: Vec<AnyRow>, group: &dyn Fn(&AnyRow) -> Group| -> Vec<(Group, i64)> {
        rows.iter().map(|row| (group(row), row.int("people"))).collect()
    };
    let mut found = of(all, &|_| Group::Total);
    found.extend(of(regions, &|row| Group::Region(row.text_opt("region"))));
    found.extend(of(providers, &|row| Group::Provider(row.text("provider_id"))));
    found.extend(of(platforms, &|row| Group::Platform(row.text("platform_id"))));
    found.extend(of(categories, &|row| Group::Category(row.text("category"))));
    found.extend(of(trades, &|row| {
        let (code, name) = trade(row);
        Group::Trade(code, name)
    }));
    found.extend(of(places, &|row| {
        let (code, name) = trade(row);
        Group::Row(row.text("provider_id"), row.text("platform_id"), code, name)
    }));
    for (group, count) in found {
        counted.add(group, Figure::Trainees, count);
    }
    Ok(())
}

async fn names(db: &Db) -> Result<HashMap<String, Named>> {
    let rows = sqlx::query(sql::PROVIDERS).fetch_all(db.read()).await?;
    let named = |row: &AnyRow| {
        let named = Named { external_id: row.text("external_id"), name: row.text("name"), region: row.text_opt("region") };
        (row.text("id"), named)
    };
    Ok(rows.iter().map(named).collect())
}

async fn moments(db: &Db, statement: &'static str, from: Time, until: Time) -> Result<Vec<AnyRow>> {
    Ok(sqlx::query(statement).bind(from.0).bind(until.0).fetch_all(db.read()).await?)
}

async fn days(db: &Db, statement: &'static str, week: Week) -> Result<Vec<AnyRow>> {
    Ok(sqlx::query(statement).bind(week.monday().to_string()).bind(week.sunday().to_string()).fetch_all(db.read()).await?)
}
