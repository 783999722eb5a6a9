//! Who is who: from what a row says of a person to a trainee of the class.
//!
//! A reference to the trainee decides alone. Otherwise the account, phone, e-mail and ID number decide, and must agree with one another
//! and with the name; a name alone decides when exactly one trainee bears it. Whatever is in doubt stays undecided until a person rules on it,
//! and a ruling never outweighs a key: nothing is guessed. Keys come in the clear from the caller and live only as long as the [`Roster`].

use super::event::Who;
use super::{fold, names};
use crate::ids::TraineeId;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

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
    /// The whole name, as the roster writes it.
    Name,
    /// The whole name in another spelling: width, blanks, case, traditional characters, kinds of middle dot.
    NameNormalised,
    /// A part of a nickname such as `昵称(姓名)` or `01张三`.
    NamePart,
    /// A person said so.
    Resolution,
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// A part of what was written is a name that one trainee of the class bears.
    Possible,
    /// A name that one trainee of the class bears; another person may bear it too.
    Probable,
    /// A person decided it, with name and reason, and that is sealed.
    Decided,
    /// A key that belongs to one person.
    Strong,
    /// The sender named the trainee.
    Certain,
}

impl MatchedBy {
    /// All of them, the surest first.
    pub const ALL: [MatchedBy; 9] = [
        MatchedBy::Trainee,
        MatchedBy::PlatformUser,
        MatchedBy::Phone,
        MatchedBy::Email,
        MatchedBy::IdNumber,
        MatchedBy::Resolution,
        MatchedBy::Name,
        MatchedBy::NameNormalised,
        MatchedBy::NamePart,
    ];

    /// The word kept in the lake.
    pub fn as_str(self) -> &'static str {
        match self {
            MatchedBy::Trainee => "trainee",
            MatchedBy::PlatformUser => "platform_user",
            MatchedBy::Phone => "phone",
            MatchedBy::Email => "email",
            MatchedBy::IdNumber => "id_number",
            MatchedBy::Name => "name",
            MatchedBy::NameNormalised => "name_normalised",
            MatchedBy::NamePart => "name_part",
            MatchedBy::Resolution => "resolution",
        }
    }

    /// What [`MatchedBy::as_str`] writes.
    pub fn from_word(word: &str) -> Option<MatchedBy> {
        MatchedBy::ALL.into_iter().find(|by| by.as_str() == word)
    }

    /// How sure such a match is.
    pub fn confidence(self) -> Confidence {
        match self {
            MatchedBy::Trainee => Confidence::Certain,
            MatchedBy::PlatformUser | MatchedBy::Phone | MatchedBy::Email | MatchedBy::IdNumber => Confidence::Strong,
            MatchedBy::Resolution => Confidence::Decided,
            MatchedBy::Name | MatchedBy::NameNormalised => Confidence::Probable,
            MatchedBy::NamePart => Confidence::Possible,
        }
    }
}

impl Confidence {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Probable => "probable",
            Confidence::Decided => "decided",
            Confidence::Strong => "strong",
            Confidence::Certain => "certain",
        }
    }
}

/// What a person ruled of somebody whom the logs name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// It is this trainee.
    Trainee(TraineeId),
    /// It is nobody on the roster: a teacher, a guest.
    Nobody,
}

/// Why somebody whom a row names cannot be ruled to be a trainee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One login, several people: it is never one of them.
    SeveralPeople,
    /// The roster has this key of the row for somebody else.
    OtherKey(MatchedBy),
    /// The name is that of other trainees of the class, and no key says otherwise.
    OtherName,
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
    /// A person ruled that it is nobody on the roster.
    Nobody,
}

/// Those who answer to a key: one, or several, who are then nobody.
type Bearers = BTreeSet<TraineeId>;

/// What is known of a trainee besides the keys.
struct Known {
    name: String,
    id_number: Option<String>,
}

/// The trainees of one class, by everything they may be called.
#[derive(Default)]
pub struct Roster {
    known: HashMap<TraineeId, Known>,
    external: HashMap<String, Bearers>,
    accounts: HashMap<String, Bearers>,
    phones: HashMap<String, Bearers>,
    emails: HashMap<String, Bearers>,
    id_numbers: HashMap<String, Bearers>,
    names: HashMap<String, Bearers>,
}

impl Roster {
    /// The roster of these trainees.
    pub fn new(rows: Vec<Row>) -> Roster {
        let mut roster = Roster::default();
        for row in rows {
            let who = row.trainee;
            let id_number = row.id_number.as_deref().and_then(fold::id_number);
            note(&mut roster.external, row.external_id.as_deref().and_then(fold::account), who);
            note(&mut roster.accounts, row.platform_user.as_deref().and_then(fold::account), who);
            note(&mut roster.phones, row.phone.as_deref().and_then(fold::phone), who);
            note(&mut roster.emails, row.email.as_deref().and_then(fold::email), who);
            note(&mut roster.id_numbers, id_number.clone(), who);
            note(&mut roster.names, Some(fold::name(&row.name)).filter(|name| !name.is_empty()), who);
            roster.known.insert(who, Known { name: row.name, id_number });
        }
        roster
    }

    /// How many trainees there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The trainees and their names, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = (TraineeId, &str)> {
        self.known.iter().map(|(id, known)| (*id, known.name.as_str()))
    }

    /// Which trainee a row is about, by the roster and by what a person ruled of whom the row names. Where the two disagree, nobody is
    /// believed; a ruling on a trainee who left the roster rules nothing.
    pub fn find(&self, who: &Who, ruling: Option<Ruling>) -> Match {
        let said = self.said(who);
        let ruling = ruling.filter(|ruling| !matches!(ruling, Ruling::Trainee(gone) if !self.known.contains_key(gone)));
        match (said, ruling) {
            (said, None) => said,
            (Match::Found { trainee, .. }, Some(Ruling::Trainee(ruled))) if trainee == ruled => said,
            (Match::Found { .. }, Some(_)) => Match::Ambiguous(Doubt::Contradiction),
            (_, Some(Ruling::Nobody)) => Match::Nobody,
            (_, Some(Ruling::Trainee(trainee))) => match self.admits(who, trainee) {
                Ok(()) => Match::Found { trainee, by: MatchedBy::Resolution },
                Err(Refusal::SeveralPeople) => Match::Ambiguous(Doubt::SeveralPeople),
                Err(Refusal::OtherKey(_) | Refusal::OtherName) => Match::Ambiguous(Doubt::Contradiction),
            },
        }
    }

    /// Whether a person may rule that a row is about a trainee. Keys outweigh a ruling: an ID number, account, phone, e-mail or reference that
    /// the roster has for somebody else refuses it, and so does the name of others, unless a key says that it is this one all the same.
    pub fn admits(&self, who: &Who, trainee: TraineeId) -> Result<(), Refusal> {
        if who.name.as_deref().is_some_and(|name| self.several(name)) {
            return Err(Refusal::SeveralPeople);
        }
        let written = who.id_number.as_deref().and_then(fold::id_number);
        let own = self.known.get(&trainee).and_then(|known| known.id_number.as_ref());
        if written.is_some() && own.is_some() && written.as_ref() != own {
            return Err(Refusal::OtherKey(MatchedBy::IdNumber));
        }
        let mut keyed = false;
        for (by, bearers) in self.keyed(who) {
            if !bearers.contains(&trainee) {
                return Err(Refusal::OtherKey(by));
            }
            keyed = true;
        }
        let named: Bearers = who.name.as_deref().map(|name| self.bearing(name)).unwrap_or_default();
        if keyed || named.is_empty() || named.contains(&trainee) { Ok(()) } else { Err(Refusal::OtherName) }
    }

    /// The trainees that a row may be about, by anything it says.
    pub(super) fn fitting(&self, who: &Who) -> Bearers {
        let mut fitting: Bearers = self.keyed(who).into_iter().flat_map(|(_, bearers)| bearers.into_owned()).collect();
        fitting.extend(who.name.as_deref().map(|name| self.bearing(name)).unwrap_or_default());
        fitting
    }

    /// What the roster alone says.
    fn said(&self, who: &Who) -> Match {
        if let Some(reference) = &who.trainee {
            return match self.referred(reference) {
                Some(bearers) => {
                    one(&bearers).map_or(Match::Ambiguous(Doubt::Shared), |trainee| Match::Found { trainee, by: MatchedBy::Trainee })
                }
                None => Match::Unknown,
            };
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
    fn referred(&self, reference: &str) -> Option<Cow<'_, Bearers>> {
        match reference.strip_prefix("ext:") {
            Some(external) => self.external.get(&fold::account(external)?).map(Cow::Borrowed),
            None => reference.parse().ok().filter(|id| self.known.contains_key(id)).map(|id| Cow::Owned(Bearers::from([id]))),
        }
    }

    /// The keys of a row that the roster has, with those who bear them, the account first.
    fn keyed(&self, who: &Who) -> Vec<(MatchedBy, Cow<'_, Bearers>)> {
        let keys = [
            (MatchedBy::PlatformUser, &self.accounts, who.platform_user.as_deref().and_then(fold::account)),
            (MatchedBy::Phone, &self.phones, who.phone.as_deref().and_then(fold::phone)),
            (MatchedBy::Email, &self.emails, who.email.as_deref().and_then(fold::email)),
            (MatchedBy::IdNumber, &self.id_numbers, who.id_number.as_deref().and_then(fold::id_number)),
        ];
        let known = keys.into_iter().filter_map(|(by, bearers, key)| Some((by, Cow::Borrowed(bearers.get(&key?)?))));
        let reference = who.trainee.as_deref().and_then(|reference| self.referred(reference));
        reference.map(|bearers| (MatchedBy::Trainee, bearers)).into_iter().chain(known).collect()
    }

    fn by_keys(&self, who: &Who) -> Match {
        let mut answer = Match::Unknown;
        for (by, bearers) in self.keyed(who) {
            answer = match (answer, one(&bearers)) {
                (Match::Found { trainee, .. }, Some(other)) if trainee != other => return Match::Ambiguous(Doubt::Contradiction),
                (found @ Match::Found { .. }, _) => found,
                (_, Some(trainee)) => Match::Found { trainee, by },
                (_, None) => Match::Ambiguous(Doubt::Shared),
            };
        }
        answer
    }

    fn by_name(&self, written: &str) -> Match {
        let mut answer = Match::Unknown;
        for (place, spelling) in names::spellings(written).iter().enumerate() {
            answer = match (answer, self.names.get(spelling).map(one)) {
                (answer, None) => answer,
                (Match::Found { trainee, .. }, Some(Some(other))) if trainee != other => return Match::Ambiguous(Doubt::Contradiction),
                (found @ Match::Found { .. }, Some(_)) => found,
                (_, Some(Some(trainee))) => Match::Found { trainee, by: self.named_by(trainee, written, place) },
                (_, Some(None)) => Match::Ambiguous(Doubt::Shared),
            };
        }
        match answer {
            Match::Unknown if self.lists_people(written) => Match::Ambiguous(Doubt::SeveralPeople),
            answer => answer,
        }
    }

    /// What a name was matched by: as the roster writes it, in another spelling, or in part.
    fn named_by(&self, trainee: TraineeId, written: &str, place: usize) -> MatchedBy {
        let as_written = self.known.get(&trainee).is_some_and(|known| fold::trimmed(&known.name) == fold::trimmed(written));
        match (place, as_written) {
            (0, true) => MatchedBy::Name,
            (0, false) => MatchedBy::NameNormalised,
            _ => MatchedBy::NamePart,
        }
    }

    /// Everybody whom a written name may mean.
    fn bearing(&self, written: &str) -> Bearers {
        names::spellings(written).iter().filter_map(|spelling| self.names.get(spelling)).flatten().copied().collect()
    }

    /// Whether a name that nobody bears lists people, of whom some are on the roster.
    fn lists_people(&self, written: &str) -> bool {
        let known =
            |people: Vec<String>| people.iter().collect::<BTreeSet<_>>().into_iter().filter(|one| self.names.contains_key(*one)).count();
        known(names::people(written)) >= 1 || known(names::perhaps_people(written)) >= 2
    }

    /// Whether a login is shared: it lists people, whoever they are, and is not somebody's name as a whole.
    fn several(&self, written: &str) -> bool {
        !self.names.contains_key(&fold::name(written)) && (!names::people(written).is_empty() || self.lists_people(written))
    }
}

/// The only one of them.
fn one(bearers: &Bearers) -> Option<TraineeId> {
    bearers.first().copied().filter(|_| bearers.len() == 1)
}

fn note(bearers: &mut HashMap<String, Bearers>, key: Option<String>, who: TraineeId) {
    if let Some(key) = key {
        bearers.entry(key).or_default().insert(who);
    }
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
        let by = |reference: &str| roster.find(&Who { trainee: Some(reference.into()), ..named("李四") }, None);
        assert_eq!(by("ext:T1"), found(1, MatchedBy::Trainee));
        assert_eq!(by(&id(1).to_string()), found(1, MatchedBy::Trainee));
        assert_eq!(by("ext:nobody"), Match::Unknown);
        assert_eq!(by("T1"), Match::Unknown);
    }

    #[test]
    fn keys_decide_whatever_their_spelling() {
        let roster = class();
        let who = Who::default;
        assert_eq!(roster.find(&Who { platform_user: Some("u1".into()), ..who() }, None), found(1, MatchedBy::PlatformUser));
        assert_eq!(roster.find(&Who { phone: Some("+86 138 0013 8002".into()), ..who() }, None), found(2, MatchedBy::Phone));
        assert_eq!(roster.find(&Who { email: Some("ZHANG@example.com".into()), ..who() }, None), found(1, MatchedBy::Email));
        assert_eq!(roster.find(&Who { id_number: Some("６１０１０３199001011234".into()), ..who() }, None), found(2, MatchedBy::IdNumber));
        assert_eq!(MatchedBy::Phone.confidence(), Confidence::Strong);
    }

    #[test]
    fn a_key_wins_over_an_unknown_nickname_and_contradicts_another_trainees_name() {
        let roster = class();
        let with_phone = |name: &str| roster.find(&Who { phone: Some("13800138001".into()), ..named(name) }, None);
        assert_eq!(with_phone("快乐每一天"), found(1, MatchedBy::Phone));
        assert_eq!(with_phone("李四"), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(with_phone("张三&李四"), Match::Ambiguous(Doubt::SeveralPeople));
        let two = Who { phone: Some("13800138001".into()), id_number: Some("610103199001011234".into()), ..Who::default() };
        assert_eq!(roster.find(&two, None), Match::Ambiguous(Doubt::Contradiction));
    }

    #[test]
    fn a_name_decides_when_one_trainee_bears_it() {
        let roster = class();
        assert_eq!(roster.find(&named("张三 "), None), found(1, MatchedBy::Name));
        assert_eq!(roster.find(&named("張　三"), None), found(1, MatchedBy::NameNormalised));
        assert_eq!(roster.find(&named("小张（张三）"), None), found(1, MatchedBy::NamePart));
        assert_eq!(roster.find(&named("ZHAO liu"), None), found(5, MatchedBy::NameNormalised));
        assert_eq!(roster.find(&named("05李四-2班"), None), found(2, MatchedBy::NamePart));
        assert!(Confidence::Possible < MatchedBy::Name.confidence() && MatchedBy::NamePart.confidence() == Confidence::Possible);
        assert_eq!(roster.find(&named("王伟"), None), Match::Ambiguous(Doubt::Shared));
        assert_eq!(roster.find(&named("张三(李四)"), None), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(roster.find(&named("张三丰"), None), Match::Unknown);
        assert_eq!(roster.find(&Who::default(), None), Match::Unknown);
    }

    #[test]
    fn several_people_on_one_login_are_never_one_of_them() {
        let roster = class();
        assert_eq!(roster.find(&named("张三&李四"), None), Match::Ambiguous(Doubt::SeveralPeople));
        assert_eq!(roster.find(&named("张三、老伴"), None), Match::Ambiguous(Doubt::SeveralPeople));
        assert_eq!(roster.find(&named("甲&乙"), None), Match::Unknown);
    }

    #[test]
    fn a_person_rules_where_the_roster_does_not_know_and_never_against_a_key() {
        let roster = class();
        let (a, b) = (Ruling::Trainee(id(1)), Ruling::Trainee(id(2)));
        assert_eq!(roster.find(&named("快乐每一天"), Some(a)), found(1, MatchedBy::Resolution));
        assert_eq!(roster.find(&named("快乐每一天"), Some(Ruling::Nobody)), Match::Nobody);
        assert_eq!(roster.find(&named("张三"), Some(a)), found(1, MatchedBy::Name));
        assert_eq!(roster.find(&named("张三"), Some(b)), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(roster.find(&named("张三"), Some(Ruling::Nobody)), Match::Ambiguous(Doubt::Contradiction));
        // Two bear the name: one of them may be meant, nobody else.
        assert_eq!(roster.find(&named("王伟"), Some(Ruling::Trainee(id(4)))), found(4, MatchedBy::Resolution));
        assert_eq!(roster.find(&named("王伟"), Some(a)), Match::Ambiguous(Doubt::Contradiction));
        assert_eq!(roster.admits(&named("王伟"), id(1)), Err(Refusal::OtherName));
        // A shared login is nobody's.
        assert_eq!(roster.find(&named("甲&乙"), Some(a)), Match::Ambiguous(Doubt::SeveralPeople));
        assert_eq!(roster.admits(&named("张三/李四"), id(1)), Err(Refusal::SeveralPeople));
        assert_eq!(roster.find(&named("甲&乙"), Some(Ruling::Nobody)), Match::Nobody);
        // The phone of one with the name of another: the key may be confirmed, never overruled.
        let odd = Who { phone: Some("13800138001".into()), ..named("李四") };
        assert_eq!(roster.find(&odd, Some(a)), found(1, MatchedBy::Resolution));
        assert_eq!(roster.admits(&odd, id(2)), Err(Refusal::OtherKey(MatchedBy::Phone)));
        let stranger = Who { id_number: Some("610103199901011234".into()), ..named("四哥") };
        assert_eq!(roster.admits(&stranger, id(2)), Err(Refusal::OtherKey(MatchedBy::IdNumber)));
        assert_eq!(roster.find(&stranger, Some(b)), Match::Ambiguous(Doubt::Contradiction));
        // Whoever left the roster is no answer.
        assert_eq!(roster.find(&named("快乐每一天"), Some(Ruling::Trainee(id(9)))), Match::Unknown);
    }

    const WRITTEN: [&str; 12] =
        ["张三", "張三", "张　三", "01张三", "李四", "小李(李四)", "張三/李四", "王偉", "王伟-2班", "ZHAO LIU", "乾", "干"];

    proptest::proptest! {
        #[test]
        fn a_match_depends_on_what_is_on_the_roster_and_not_on_its_order(
            picks in proptest::collection::vec((0..WRITTEN.len(), proptest::option::of(0..3u8)), 1..8),
            turn in 0..8usize, written in 0..WRITTEN.len(), phone in proptest::option::of(0..3u8),
        ) {
            let key = |n: u8| format!("1380013800{n}");
            let rows: Vec<Row> = (1..).zip(&picks).map(|(n, (name, phone))| Row { phone: phone.map(key), ..row(n, WRITTEN[*name]) }).collect();
            let mut turned = rows.clone();
            turned.rotate_left(turn % rows.len());
            turned.reverse();
            let who = Who { phone: phone.map(key), ..named(WRITTEN[written]) };
            let (one, other) = (Roster::new(rows), Roster::new(turned));
            proptest::prop_assert_eq!(one.find(&who, None), other.find(&who, None));
            for ruled in 1..8 {
                proptest::prop_assert_eq!(one.admits(&who, id(ruled)), other.admits(&who, id(ruled)));
            }
        }

        #[test]
        fn two_whose_names_fold_alike_are_never_one_of_them(first in "\\PC{1,6}", second in 0..4usize) {
            let name = fold::name(&first);
            proptest::prop_assume!(!name.is_empty());
            let alike = [first.clone(), format!(" {first}\u{3000}"), name.clone(), name.to_uppercase()][second].clone();
            proptest::prop_assume!(fold::name(&alike) == name);
            let roster = Roster::new(vec![row(1, &first), row(2, &alike)]);
            for written in [&first, &alike, &name] {
                proptest::prop_assert_eq!(roster.find(&named(written), None), Match::Ambiguous(Doubt::Shared));
            }
        }
    }
}
