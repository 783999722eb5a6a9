//! Rows of all tables, from what is known of a class or a provider.

use crate::class::{Class, EVIDENCE_OF_A_CLASS, Evidence, Listed, Media, PEOPLE_OF_A_CLASS, Provider, Thing};
use crate::credit::Credit;
use crate::days::{MINUTE, SECOND, day, moment, rfc3339, working_days_after};
use crate::media::digest;
use crate::money::{FEN_PER_HOUR, prepayment, standard};
use crate::people::key;
use crate::plan::{PLATFORMS, Plan};
use crate::tables::{Cell, place};
use crate::write::{Files, day_text};
use std::fmt::Write as _;
use std::io;

use Cell::{F, M, N, Null, T};

/// Where providers belong to: three cities of the province, by the code of GB/T 2260.
const REGIONS: [&str; 3] = ["610100", "610300", "610400"];

/// The policy that credits name.
const POLICY: &str = "shaanxi-2020-31";

/// The rows of a class.
pub struct Pages<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The files.
    pub files: &'a mut Files,
    /// When each person of lists is written once more, the rows of lists count on.
    pub listed: i64,
}

impl Pages<'_> {
    /// Everything of a class.
    ///
    /// # Errors
    /// When a thread that writes has failed.
    pub fn class(&mut self, class: &Class, credits: &[Credit]) -> io::Result<()> {
        self.attendance(class)?;
        self.plan_of(class);
        self.evidence(class);
        self.people(class);
        self.credits(class, credits);
        self.money(class);
        class.listed.iter().for_each(|entry| self.entry(entry));
        for table in 1..crate::tables::TABLES.len() {
            self.files.settle(table)?;
        }
        Ok(())
    }

    fn attendance(&mut self, class: &Class) -> io::Result<()> {
        let provider = &self.plan.providers[class.provider].id;
        let platform = PLATFORMS[class.platform].id;
        let ids: Vec<String> = class.evidence.iter().map(|evidence| crate::media::id(self.plan, evidence.number)).collect();
        let mut reference = String::new();
        let matched = ["id_number", "platform_user", "platform_user", "name", "name"][class.platform];
        for lesson in &class.lessons {
            let sheet = self.files.attendance(class.starts_on, lesson.rows.len())?;
            for row in &lesson.rows {
                let sitting = &lesson.sittings[row.sitting];
                let trainee = sitting.trainee.map(|trainee| &class.trainees[trainee]);
                reference.clear();
                if let Some(number) = row.reference {
                    let _ = write!(reference, "{number}");
                }
                let name = sitting.name.as_deref().or(trainee.map(|trainee| &*trainee.name));
                sheet.row(&[
                    T(&ids[row.evidence]),
                    N(row.row),
                    if class.platform < 3 { N(row.row * 118) } else { Null },
                    if class.platform < 3 { N(row.row * 118 + 118) } else { Null },
                    T(platform),
                    T(provider),
                    T(&class.id),
                    T(&lesson.id),
                    Cell::text(trainee.map(|trainee| trainee.id.as_str())),
                    Cell::text(name),
                    T(row.event.word()),
                    M(row.at),
                    Cell::moment(row.until),
                    M(class.evidence[row.evidence].received_at),
                    Cell::text(sitting.seat.ip.as_deref()),
                    Cell::text(sitting.seat.device.as_deref()),
                    Cell::text(sitting.seat.agent),
                    Cell::text(sitting.seat.client),
                    Cell::text(sitting.seat.region),
                    Cell::number(row.position_ms),
                    row.score.map_or(Null, F),
                    if row.reference.is_some() { T(&reference) } else { Null },
                    if trainee.is_some() { T(matched) } else { Null },
                    Null,
                    Cell::number(row.stated_ms),
                    Null,
                ]);
            }
        }
        Ok(())
    }

    fn plan_of(&mut self, class: &Class) {
        let provider = &self.plan.providers[class.provider];
        let (platform, application) = (PLATFORMS[class.platform].id, &class.application);
        let due = day_text(application.promise_due);
        let [all, online, theory, practice] = class.hours.map(|hours| N(hours * 1_000));
        let (starts, ends) = (crate::days::date(class.starts_on), crate::days::date(class.ends_on));
        let external = format!("c{:05}", class.number + 1);
        self.files.sheet(place("classes")).row(&[
            T(&class.id),
            T(&external),
            T(&provider.id),
            T(platform),
            T(&class.title),
            T(class.trade_code),
            T(class.trade_name),
            T(application.kind),
            Cell::text(due.as_deref()),
            T(&starts),
            T(&ends),
            all,
            online,
            theory,
            practice,
            N(1),
            M(class.created_at),
            N(FEN_PER_HOUR),
            T(&class.account_key),
            Cell::text(class.account_fault),
        ]);
        for (number, lesson) in class.lessons.iter().enumerate() {
            let external = format!("l{:02}", number + 1);
            let teacher = lesson.teacher.map(|teacher| self.plan.providers[class.provider].teachers[teacher].as_str());
            self.files.sheet(place("lessons")).row(&[
                T(&lesson.id),
                T(&class.id),
                T(&provider.id),
                T(platform),
                T(&external),
                T(&lesson.title),
                T(lesson.kind),
                T(lesson.mode),
                M(lesson.from),
                M(lesson.until),
                Cell::number(lesson.content_ms),
                N(lesson.hours * 1_000),
                if lesson.meeting.is_empty() { Null } else { T(&lesson.meeting) },
                Cell::moment(lesson.cancelled_at),
                M(class.created_at + MINUTE),
                Cell::text(teacher),
                N(lesson.hours * FEN_PER_HOUR),
            ]);
        }
        let standard = N(standard(class));
        let of = |kind: &str| if class.certificate_kind == kind { standard } else { Null };
        let approved = application.decision == Some("approve");
        let (decision_due, prepay_due) = due_at(class);
        let prepaid_on = day_text(application.prepaid_on.filter(|_| approved));
        self.files.sheet(place("applications")).row(&[
            T(&class.id),
            T(&provider.id),
            T(platform),
            T(application.kind),
            Cell::text(due.as_deref()),
            M(application.applied_at),
            Cell::text(application.decision),
            Cell::moment(application.decided_at),
            if application.decision.is_some() { T(POLICY) } else { Null },
            of("qualified"),
            of("skill_level"),
            of("vocational"),
            of("special_operation"),
            Cell::text(prepaid_on.as_deref()),
            M(decision_due),
            Cell::moment(prepay_due.filter(|_| approved)),
            N(130),
        ]);
        for (kind, evidence) in &class.papers {
            let evidence = &class.evidence[*evidence];
            let id = crate::media::id(self.plan, evidence.number);
            self.files.sheet(place("papers")).row(&[T(&class.id), T(kind), T(&id), M(evidence.received_at)]);
        }
    }

    fn evidence(&mut self, class: &Class) {
        let provider = &self.plan.providers[class.provider].id;
        let platform = PLATFORMS[class.platform].id;
        let sender = [format!("platform:{platform}"), format!("provider:{}", class.provider + 1)];
        let mut rows = vec![0_i64; class.evidence.len()];
        class.lessons.iter().flat_map(|lesson| &lesson.rows).for_each(|row| rows[row.evidence] += 1);
        // What a deed took out was never sent.
        for (place_of, evidence) in class.evidence.iter().enumerate().filter(|(_, evidence)| !evidence.kind.is_empty()) {
            let id = crate::media::id(self.plan, evidence.number);
            let digest = digest(self.plan.ids.0, evidence.bytes);
            let lesson = evidence.lesson.map(|lesson| class.lessons[lesson].id.as_str());
            let trainee = evidence.trainee.map(|trainee| class.trainees[trainee].id.as_str());
            let is_log = evidence.kind == "attendance";
            self.files.sheet(place("evidence")).row(&[
                T(&id),
                T(evidence.kind),
                T(&digest),
                N(evidence.size),
                T(evidence.media_type),
                T(platform),
                T(provider),
                T(&class.id),
                Cell::text(lesson),
                Cell::text(trainee),
                Cell::moment(evidence.claimed.map(|span| span.0)),
                Cell::moment(evidence.claimed.map(|span| span.1)),
                M(evidence.received_at),
                T(&sender[usize::from(!evidence.by_platform)]),
                Cell::text(evidence.reader),
                if is_log { N(rows[place_of]) } else { Null },
                M(evidence.received_at + 40 * SECOND),
                Null,
            ]);
            if let Some(media) = &evidence.media {
                self.media(class, evidence, media, &id, &digest);
            }
        }
    }

    fn media(&mut self, class: &Class, evidence: &Evidence, media: &Media, id: &str, digest: &str) {
        let lesson = evidence.lesson.map(|lesson| class.lessons[lesson].id.as_str());
        let trainee = evidence.trainee.map(|trainee| class.trainees[trainee].id.as_str());
        let video = evidence.kind == "video";
        let of_video = |number: i64| if video && number > 0 { N(number) } else { Null };
        let effective = media.duration.map(|length| (length - media.black - media.dead - media.looped).max(0));
        let (created, taken) = (media.created_at.map(rfc3339), media.taken_at.map(rfc3339));
        let container = if media.container.is_empty() { "jpeg" } else { media.container };
        let facts = match &taken {
            Some(taken) => {
                format!(r#"{{"analysis":"media/4","container":"{container}","exif":{{"taken_at":"{taken}","has_position":false}}}}"#)
            }
            None => format!(r#"{{"analysis":"media/4","container":"{container}"}}"#),
        };
        self.files.sheet(place("media")).row(&[
            T(id),
            T(evidence.kind),
            T(&class.id),
            Cell::text(lesson),
            Cell::text(trainee),
            T(digest),
            T(evidence.media_type),
            M(evidence.received_at),
            Cell::number(media.duration),
            Cell::number(effective),
            of_video(media.black),
            of_video(media.dead),
            of_video(media.looped),
            if video { T("full") } else { Null },
            N(media.pixels.0),
            N(media.pixels.1),
            T(container),
            Cell::text(created.as_deref()),
            Cell::text(taken.as_deref()),
            Cell::number(media.faces),
            if media.faces.is_some() { N(media.looks) } else { Null },
            Cell::text(media.editor),
            if media.other_thumbnail { N(1) } else { Null },
            T(&facts),
        ]);
        for reading in &media.screen {
            self.files.sheet(place("screen")).row(&[
                T(id),
                T(evidence.kind),
                T(&class.id),
                Cell::text(lesson),
                Cell::text(trainee),
                T(reading.reading),
                N(reading.at_ms),
                T(&reading.value),
                F(reading.confidence),
                Cell::number(reading.clock_s),
            ]);
        }
        for code in &media.codes {
            let cells = [T(id), T(&code.lesson), M(code.minute), N(code.at_ms), N(i64::from(code.genuine))];
            self.files.sheet(place("session_codes")).row(&cells);
        }
        for found in &media.matches {
            let other = crate::media::id(self.plan, found.other);
            let aligned: i64 = found.runs.iter().map(|run| run.1 - run.0).sum();
            let runs: Vec<[i64; 4]> = found.runs.iter().map(|run| [run.0, run.1, run.2, run.3]).collect();
            let runs = (!runs.is_empty()).then(|| serde_json::to_string(&runs).unwrap_or_default());
            self.files.sheet(place("media_matches")).row(&[
                T(id),
                T(&other),
                T(found.kind),
                T(found.tier),
                F(found.score),
                Cell::number(found.distance),
                Cell::number(found.changed_milli),
                Cell::text(found.because),
                if found.runs.is_empty() { Null } else { N(aligned) },
                Cell::text(runs.as_deref()),
                Cell::number(found.at_ms.map(|at| at.0)),
                Cell::number(found.at_ms.map(|at| at.1)),
            ]);
        }
    }

    fn people(&mut self, class: &Class) {
        let provider = &self.plan.providers[class.provider].id;
        for trainee in &class.trainees {
            let person = self.plan.ids.id(Thing::Person, trainee.person);
            self.files.sheet(place("roster")).row(&[
                T(&class.id),
                T(&trainee.id),
                T(&person),
                T(trainee.category),
                Cell::moment(trainee.withdrawn_at),
                M(trainee.created_at),
                Cell::text(trainee.fault),
                Cell::number(trainee.age),
                Cell::text(trainee.sex),
                Cell::text(trainee.region),
            ]);
            self.files.sheet(place("trainees")).row(&[
                T(&trainee.id),
                T(&person),
                T(&class.id),
                T(provider),
                Cell::text(trainee.phone.as_deref()),
                Cell::text(trainee.email.as_deref()),
                Cell::text(trainee.phone_fault),
            ]);
        }
    }

    fn credits(&mut self, class: &Class, credits: &[Credit]) {
        let persons: Vec<String> = class.trainees.iter().map(|trainee| self.plan.ids.id(Thing::Person, trainee.person)).collect();
        let evidence: Vec<String> = class.evidence.iter().map(|evidence| crate::media::id(self.plan, evidence.number)).collect();
        let seen: Vec<bool> = (0..class.lessons.len())
            .map(|lesson| class.evidence.iter().any(|evidence| evidence.lesson == Some(lesson) && evidence.media.is_some()))
            .collect();
        let run = self.plan.ids.id(Thing::Run, class.number as u64);
        let at = moment(class.ends_on + 13, 3 * 3_600);
        let (mut because, mut reasons) = (String::new(), String::new());
        for credit in credits {
            let (lesson, trainee) = (&class.lessons[credit.lesson], &class.trainees[credit.trainee]);
            let table = self.files.sheet(place("presence"));
            let mut lost: Vec<(&str, i64)> = Vec::new();
            for span in &credit.spans {
                because.clear();
                match span.because {
                    Some((place, row)) => {
                        let _ = write!(because, r#"[{{"id":"{}","row":{row}}}]"#, evidence[place]);
                    }
                    None => because.push_str("[]"),
                }
                table.row(&[
                    T(&class.id),
                    T(&lesson.id),
                    T(&trainee.id),
                    T(&persons[credit.trainee]),
                    T(if span.reason.is_none() { "credited" } else { "uncredited" }),
                    Cell::text(span.reason),
                    M(span.from),
                    M(span.until),
                    T(&because),
                ]);
                if let Some(reason) = span.reason {
                    match lost.iter_mut().find(|(name, _)| *name == reason) {
                        Some(found) => found.1 += span.until - span.from,
                        None => lost.push((reason, span.until - span.from)),
                    }
                }
            }
            reasons.clear();
            reasons.push('{');
            for (place, (name, long)) in lost.iter().enumerate() {
                let _ = write!(reasons, r#"{}"{name}":{}"#, if place > 0 { "," } else { "" }, long / 1_000);
            }
            reasons.push('}');
            self.files.sheet(place("credits")).row(&[
                T(&class.id),
                T(&lesson.id),
                T(&trainee.id),
                T(&run),
                N(credit.credited / 1_000),
                N(credit.hours_milli),
                N(credit.present / 1_000),
                N(if seen[credit.lesson] { credit.credited / 1_000 } else { 0 }),
                T(&reasons),
                T(POLICY),
                M(at.max(class.created_at)),
                N(credit.hours_milli * FEN_PER_HOUR / 1_000),
            ]);
        }
    }

    fn money(&mut self, class: &Class) {
        let ids = self.plan.ids;
        for (number, entry) in class.certificates.iter().enumerate() {
            let trainee = &class.trainees[entry.trainee];
            let id = ids.id(Thing::Certificate, class.number as u64 * PEOPLE_OF_A_CLASS + number as u64);
            let issued = crate::days::date(entry.issued_on);
            let evidence = crate::media::id(self.plan, class.evidence[entry.evidence].number);
            self.files.sheet(place("certificates")).row(&[
                T(&id),
                T(&class.id),
                T(&trainee.id),
                T(&ids.id(Thing::Person, trainee.person)),
                T(class.certificate_kind),
                T(&key(entry.number ^ ids.0 ^ 0xce27)),
                T(&issued),
                T(&evidence),
                M(entry.entered_at),
                Null,
            ]);
        }
        let Some(claim) = &class.claim else { return };
        let (prepaid, settled) = (day_text(class.application.prepaid_on), day_text(claim.settled_on));
        self.files.sheet(place("claims")).row(&[
            T(&ids.id(Thing::Claim, class.number as u64)),
            T(&class.id),
            T(&self.plan.providers[class.provider].id),
            T(claim.state),
            N(claim.amount),
            Cell::number(claim.granted),
            Cell::number(class.application.prepaid_on.map(|_| prepayment(class))),
            Cell::text(prepaid.as_deref()),
            Cell::text(settled.as_deref()),
            T("[]"),
            M(claim.filed_at),
            Null,
            Cell::moment(due_at(class).1),
        ]);
    }

    /// A line of a list.
    pub fn entry(&mut self, entry: &Listed) {
        let ids = self.plan.ids;
        self.listed += 1;
        let person = entry.person.map(|person| ids.id(Thing::Person, person));
        let provider = entry.provider.map(|provider| self.plan.providers[provider].id.as_str());
        let (from, until) = (day_text(entry.from_on), day_text(entry.until_on));
        let network = entry.value.as_deref().filter(|_| entry.list == "provider_network").and_then(span_of);
        let evidence = ids.id(Thing::Evidence, self.plan.classes as u64 * EVIDENCE_OF_A_CLASS + crate::lists::number(entry.list));
        self.files.sheet(place("listed")).row(&[
            T(entry.list),
            Cell::text(person.as_deref()),
            Cell::text(entry.value.as_deref()),
            Cell::text(provider),
            Cell::text(from.as_deref()),
            Cell::text(until.as_deref()),
            T(&evidence),
            N(self.listed + 1),
            T(crate::lists::source(entry.list)),
            T(&crate::days::date(entry.as_of)),
            Cell::number(network.map(|span| span.0)),
            Cell::number(network.map(|span| span.1)),
        ]);
    }

    /// A provider, its teachers with so many lessons each, and its lines of lists.
    pub fn provider(&mut self, provider: &Provider, lessons: &[i64]) {
        let external = format!("p{:04}", provider.number + 1);
        let name = format!("{}{}", if provider.kind == "enterprise" { "企业" } else { "培训学校" }, provider.number + 1);
        let from = day_text(provider.listed_from);
        self.files.sheet(place("providers")).row(&[
            T(&provider.id),
            T(&external),
            T(&name),
            T(provider.kind),
            Cell::text(from.as_deref()),
            Null,
            M(moment(day(2020, 2, 18), 9 * 3_600 + provider.number as i64 % 7_000)),
            T(REGIONS[provider.number % REGIONS.len()]),
        ]);
        for (teacher, many) in provider.teachers.iter().zip(lessons).filter(|(_, many)| **many > 0) {
            self.files.sheet(place("teachers")).row(&[T(&provider.id), T(teacher), N(*many)]);
        }
        for entry in crate::lists::of_provider(provider) {
            self.entry(&entry);
        }
    }

    /// The platforms.
    pub fn platforms(&mut self) {
        for platform in &PLATFORMS {
            let created = moment(day(2020, 2, 17), 9 * 3_600);
            let cells = [T(platform.id), T(platform.zh), T(platform.en), T(platform.host), T("Asia/Shanghai"), M(created)];
            self.files.sheet(place("platforms")).row(&cells);
        }
    }
}

/// From when on the decision and the prepayment of a class are late.
pub fn due_at(class: &Class) -> (i64, Option<i64>) {
    let decision = moment(working_days_after(crate::days::day_of(class.application.applied_at), 3) + 1, 0);
    let prepay = class.application.decided_at.map(|at| moment(crate::days::days_after(crate::days::day_of(at), 5) + 1, 0));
    (decision, prepay)
}

/// First and last address of a network written as `198.18.0.0/26`.
fn span_of(network: &str) -> Option<(i64, i64)> {
    let (address, bits) = network.split_once('/')?;
    let number = address.split('.').try_fold(0_i64, |number, part| Some(number << 8 | part.parse::<i64>().ok()?))?;
    Some((number, number + (1_i64 << (32 - bits.parse::<u32>().ok()?)) - 1))
}
