//! Who is who: from what a row says of a person to a trainee of the class.
//!
//! A reference to the trainee decides alone. Otherwise the account, phone, e-mail and ID number decide, and must agree with one another
//! and with the name; a name alone decides when exactly one trainee bears it. Whatever is in doubt stays undecided: a person resolves
//! it, nothing is guessed. Keys come in the clear from the caller and live only as long as the [`Roster`].

use super::event::Who;
use super::{fold, names};
use crate::ids::TraineeId;
use std::collections::HashMap;

/// One trainee as the roster knows them, in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// keshi's id.
    pub trainee: TraineeId,
    /// The provider's own id.
    pub external_id: Option<String>,
    /// Name.
    pub name: String,
    /// Account on the platform.
    pub platform_user: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Number of the identity card.
    pub id_number: Option<String>,
}

/// What decided a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchedBy {
    /// The row names the trainee by id.
    Trainee,
    /// Account on the platform.
    PlatformUser,
    /// Phone number.
    Phone,
    /// E-mail address.
    Email,
    /// Number of the identity card.
    IdNumber,
    /// The whole name.
    Name,
    /// A part of a nickname such as `昵称(姓名)`.
    NamePart,
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// A name that one trainee of the class bears; another person may bear it too.
    Probable,
    /// A key that belongs to one person.
    Strong,
    /// The sender named the trainee.
    Certain,
}

impl MatchedBy {
    /// The word kept in the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            MatchedBy::Trainee => "trainee",
            MatchedBy::PlatformUser => "platform_user",
            MatchedBy::Phone => "phone",
            MatchedBy::Email => "email",
            MatchedBy::IdNumber => "id_number",
            MatchedBy::Name => "name",
            MatchedBy::NamePart => "name_part",
        }
    }

    /// How sure such a match is.
    pub fn confidence(self) -> Confidence {
        match self {
            MatchedBy::Trainee => Confidence::Certain,
            MatchedBy::PlatformUser | MatchedBy::Phone | MatchedBy::Email | MatchedBy::IdNumber => Confidence::Strong,
            MatchedBy::Name | MatchedBy::NamePart => Confidence::Probable,
        }
    }
}

impl Confidence {
    /// The word kept in the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Probable => "probable",
            Confidence::Strong => "strong",
            Confidence::Certain => "certain",
        }
    }
}

/// Why a row stays undecided although trainees fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The nickname lists several people on one login.
    SeveralPeople,
    /// Several trainees bear the name, or share the key.
    Shared,
    /// Two of the row's keys, or a key and the name, mean different trainees.
    Contradiction,
}

impl Doubt {
    /// The word kept in the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Doubt::SeveralPeople => "several_people",
            Doubt::Shared => "shared",
            Doubt::Contradiction => "contradiction",
        }
    }
}

/// Which trainee a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// This one.
    Found {
        /// The trainee.
        trainee: TraineeId,
        /// What decided it.
        by: MatchedBy,
    },
    /// More than one fits; a person must say.
    Ambiguous(Doubt),
    /// Nobody on the roster.
    Unknown,
}

/// Who answers to a key.
#[derive(Clone, Copy)]
enum Bearer {
    One(TraineeId),
    Several,
}

/// The trainees of one class, by everything they may be called.
#[derive(Default)]
pub struct Roster {
    ids: HashMap<TraineeId, ()>,
    external: HashMap<String, Bearer>,
    accounts: HashMap<String, Bearer>,
    phones: HashMap<String, Bearer>,
    emails: HashMap<String, Bearer>,
    id_numbers: HashMap<String, Bearer>,
    names: HashMap<String, Bearer>,
}

impl Roster {
    /// The roster of these trainees.
    pub fn new(rows: Vec<Row>) -> Roster {
        let mut roster = Roster::default();
        for row in rows {
            let who = row.trainee;
            roster.ids.insert(who, ());
            note(&mut roster.external, row.external_id.as_deref().and_then(fold::account), who);
            note(&mut roster.accounts, row.platform_user.as_deref().and_then(fold::account), who);
            note(&mut roster.phones, row.phone.as_deref().and_then(fold::phone), who);
            note(&mut roster.emails, row.email.as_deref().and_then(fold::email), who);
            note(&mut roster.id_numbers, row.id_number.as_deref().and_then(fold::id_number), who);
            note(&mut roster.names, Some(fold::name(&row.name)).filter(|name| !name.is_empty()), who);
        }
        roster
    }

    /// How many trainees there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Which trainee a row is about.
    pub fn find(&self, who: &Who) -> Match {
        if let Some(reference) = &who.trainee {
            return self.by_reference(reference);
        }
        let by_key = self.by_keys(who);
        let by_name = who.name.as_deref().map_or(Match::Unknown, |name| self.by_name(name));
        match (by_key, by_name) {
            (Match::Unknown, by_name) => by_name,
            // One login, several people: the key says whose login it is, not who sat there.
            (_, Match::Ambiguous(Doubt::SeveralPeople)) => Match::Ambiguous(Doubt::SeveralPeople),
            (Match::Found { trainee, .. }, Match::Found { trainee: other, .. }) if trainee != other => {
                Match::Ambiguous(Doubt::Contradiction)
            }
            (by_key, _) => by_key,
        }
    }

    /// A sender's reference is obeyed: one that means nobody means nobody, whatever the name says.
    fn by_reference(&self, reference: &str) -> Match {
        let found = match reference.strip_prefix("ext:") {
            Some(external) => fold::account(external).and_then(|key| self.external.get(&key).copied()),
            None => reference.parse::<TraineeId>().ok().filter(|id| self.ids.contains_key(id)).map(Bearer::One),
        };
        match found {
            Some(Bearer::One(trainee)) => Match::Found { trainee, by: MatchedBy::Trainee },
            Some(Bearer::Several) => Match::Ambiguous(Doubt::Shared),
            None => Match::Unknown,
        }
    }

    fn by_keys(&self, who: &Who) -> Match {
        let keys = [
            (MatchedBy::PlatformUser, &self.accounts, who.platform_user.as_deref().and_then(fold::account)),
            (MatchedBy::Phone, &self.phones, who.phone.as_deref().and_then(fold::phone)),
            (MatchedBy::Email, &self.emails, who.email.as_deref().and_then(fold::email)),
            (MatchedBy::IdNumber, &self.id_numbers, who.id_number.as_deref().and_then(fold::id_number)),
        ];
        let mut answer = Match::Unknown;
        for (by, bearers, key) in keys {
            let Some(bearer) = key.and_then(|key| bearers.get(&key)) else { continue };
            answer = match (answer, bearer) {
                (Match::Found { trainee, .. }, Bearer::One(other)) if trainee != *other => return Match::Ambiguous(Doubt::Contradiction),
                (found @ Match::Found { .. }, _) => found,
                (_, Bearer::One(trainee)) => Match::Found { trainee: *trainee, by },
                (_, Bearer::Several) => Match::Ambiguous(Doubt::Shared),
            };
        }
        answer
    }

    fn by_name(&self, written: &str) -> Match {
        let spellings = names::spellings(written);
        let mut answer = Match::Unknown;
        for (place, spelling) in spellings.iter().enumerate() {
            let by = if place == 0 { MatchedBy::Name } else { MatchedBy::NamePart };
            answer = match (answer, self.names.get(spelling)) {
                (answer, None) => answer,
                (Match::Found { trainee, .. }, Some(Bearer::One(other))) if trainee != *other => {
                    return Match::Ambiguous(Doubt::Contradiction);
                }
                (found @ Match::Found { .. }, Some(_)) => found,
                (_, Some(Bearer::One(trainee))) => Match::Found { trainee: *trainee, by },
                (_, Some(Bearer::Several)) => Match::Ambiguous(Doubt::Shared),
            };
        }
        if answer == Match::Unknown && names::people(written).iter().any(|person| self.names.contains_key(person)) {
            answer = Match::Ambiguous(Doubt::SeveralPeople);
        }
        answer
    }
}

fn note(bearers: &mut HashMap<String, Bearer>, key: Option<String>, who: TraineeId) {
    let Some(key) = key else { return };
    bearers
        .entry(key)
        .and_modify(|bearer| {
            if !matches!(bearer, Bearer::One(known) if *known == who) {
                *bearer = Bearer::Several;
            }
        })
        .or_insert(Bearer::One(who));
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> TraineeId {
        TraineeId(Uuid::from_u128(n))
    }

    fn row(n: u128, name: &str) -> Row {
        Row {
            trainee: id(n),
            external_id: Some(format!("T{n}")),
            name: name.into(),
            platform_user: None,
            phone: None,
            email: None,
            id_number: None,
        }
    }

    fn class() -> Roster {
        Roster::new(vec![
            Row {
                phone: Some("13800138001".into()),
                email: Some("zhang@example.com".into()),
                platform_user: Some("u1".into()),
                ..row(1, "张三")
            },
            Row { phone: Some("13800138002".into()), id_number: Some("610103199001011234".into()), ..row(2, "李四") },
            row(3, "王伟"),
            row(4, "王伟"),
            Row { phone: Some("13800138005".into()), ..row(5, "Zhao Liu") },
        ])
    }

    fn named(name: &str) -> Who {
        Who { name: Some(name.into()), ..Who::default() }
    }

    fn found(n: u128, by: MatchedBy) -> Match {
        Match::Found { trainee: id(n), by }
    }

    #[test]
    fn a_reference_decides_alone() {
        let roster = class();
        let by = |reference: &str| roster.find(&Who { trainee: Some(reference.into()), ..named("李四") });
        assert_eq!(by("ext:T1"), found(1, MatchedBy::Trainee));
        assert_eq!(by(&id(1).to_string()), found(1, MatchedBy::Trainee));
        assert_eq!(by("ext:nobody"), Match::Unknown);
        assert_eq!(by("T1"), Match::Unknown);
    }

    #[test]
    fn keys_decide_whatever_their_spelling() {
        let roster = class();
        let who = Who::default;
        assert_eq!(roster.find(&Who { platform_user: Some("u1".into()), ..who() }), found(1, MatchedBy::PlatformUser));
        assert_eq!(roster.find(&Who { phone: Some("+86 138 0013 8002".into()), ..who() }), found(2, MatchedBy::Phone));
        assert_eq!(roster.find(&Who { email: Some("ZHANG@example.com".into()), ..who() }), found(1, MatchedBy::Email));
        assert_eq!(roster.find(&Who { id_number: Some("６１０１０３199001011234".into()), ..who() }), found(2, MatchedBy::IdNumber));
        assert_eq!(MatchedBy::Phone.confidence(), Confidence::Strong);
    }

    #[test]
    fn a_key_wins_over_an_unknown_nickname_and_contradicts_another_trainees_name() {
        let roster = class();
        let with_phone = |name: &str| roster.find(&Who { phone: Some("13800138001".into()), ..named(name) });
        assert_eq!(with_phone("快乐每一天"), found(1, MatchedBy::Phone));
        assert_eq!(with_phone("李四"), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(with_phone("张三&李四"), Match::Ambiguous(Doubt::SeveralPeople));
        let two = Who { phone: Some("13800138001".into()), id_number: Some("610103199001011234".into()), ..Who::default() };
        assert_eq!(roster.find(&two), Match::Ambiguous(Doubt::Contradiction));
    }

    #[test]
    fn a_name_decides_when_one_trainee_bears_it() {
        let roster = class();
        assert_eq!(roster.find(&named("张　三")), found(1, MatchedBy::Name));
        assert_eq!(roster.find(&named("小张（张三）")), found(1, MatchedBy::NamePart));
        assert_eq!(roster.find(&named("ZHAO liu")), found(5, MatchedBy::Name));
        assert_eq!(roster.find(&named("王伟")), Match::Ambiguous(Doubt::Shared));
        assert_eq!(roster.find(&named("张三(李四)")), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(roster.find(&named("张三丰")), Match::Unknown);
        assert_eq!(roster.find(&Who::default()), Match::Unknown);
    }

    #[test]
    fn several_people_on_one_login_are_never_one_of_them() {
        let roster = class();
        assert_eq!(roster.find(&named("张三&李四")), Match::Ambiguous(Doubt::SeveralPeople));
        assert_eq!(roster.find(&named("张三、老伴")), Match::Ambiguous(Doubt::SeveralPeople));
        assert_eq!(roster.find(&named("甲&乙")), Match::Unknown);
    }
}
