//! Invented people: names that no one bears by chance, ID numbers with a valid checksum, test-only addresses.

use super::chance::Chance;
use crate::register::id_number::with_checksum;

/// A human of the simulation, who may sit on the rosters of several classes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Person {
    /// Position among all people of the plan.
    pub number: usize,
    /// Full name; the middle character 例 ("example") marks it as invented.
    pub name: String,
    /// What the person calls itself in meetings.
    pub nickname: String,
    /// GB 11643 number with a valid checksum.
    pub id_number: String,
    /// Mobile number.
    pub phone: String,
    /// Address in a domain reserved for examples.
    pub email: String,
    /// The device the person signs in from.
    pub device: String,
    /// The address the person signs in from, out of the networks reserved for documentation.
    pub ip: String,
}

const SURNAMES: &[char] = &[
    '王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '徐', '孙', '马', '朱', '胡', '郭', '何', '林', '高', '罗', '郑', '梁',
    '谢', '宋', '唐', '许', '邓', '韩', '冯', '曹',
];
const GIVEN: &[char] = &[
    '安', '康', '平', '宁', '文', '武', '春', '夏', '秋', '冬', '山', '川', '江', '河', '松', '柏', '梅', '兰', '竹', '菊', '金', '玉',
    '石', '星', '月', '云', '雨', '雪', '风', '雷',
];
const NICKNAMES: &[&str] = &[
    "快乐每一天",
    "追风",
    "静待花开",
    "平安是福",
    "老兵",
    "晴天",
    "向日葵",
    "小溪",
    "一路有你",
    "阳光",
    "奋斗",
    "山里人",
    "心如止水",
    "木子",
    "汉江渔夫",
];
/// Counties of Ankang (安康) and nearby, as the first six digits of an ID number.
const AREAS: &[&str] = &["610902", "610921", "610922", "610923", "610924", "610925", "610926", "610927", "610928", "610929"];

impl Person {
    /// The person with this number; the same seed and number give the same person. Names are unique below 900 people.
    pub fn new(seed: &Chance, number: usize) -> Person {
        let mut chance = seed.branch(&format!("person {number}"));
        let surname = SURNAMES[number % SURNAMES.len()];
        let given = GIVEN[(number / SURNAMES.len() + number) % GIVEN.len()];
        let (year, month, day) = (chance.between(1966, 2000), chance.between(1, 12), chance.between(1, 28));
        let order = number % 900 + 100;
        let id_number = with_checksum(&format!("{}{year:04}{month:02}{day:02}{order:03}", chance.pick(AREAS)));
        Person {
            number,
            name: format!("{surname}例{given}"),
            nickname: (chance.pick(NICKNAMES)).to_owned(),
            id_number,
            phone: format!("1380000{:04}", number % 10_000),
            email: format!("t{number:04}@example.com"),
            device: format!("sim-{:012x}", chance.next() >> 16),
            ip: format!("{}.{}", ["192.0.2", "198.51.100", "203.0.113"][number / 250 % 3], number % 250 + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nine_hundred_people_have_names_numbers_and_devices_of_their_own() {
        let chance = Chance::new(3);
        let people: Vec<Person> = (0..900).map(|number| Person::new(&chance, number)).collect();
        let distinct = |of: fn(&Person) -> &str| people.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|person| &person.name), 900);
        assert_eq!(distinct(|person| &person.id_number), 900);
        assert_eq!(distinct(|person| &person.device), 900);
        assert_eq!(distinct(|person| &person.phone), 900);
    }

    #[test]
    fn a_person_is_the_same_for_the_same_seed() {
        assert_eq!(Person::new(&Chance::new(9), 4), Person::new(&Chance::new(9), 4));
        assert_ne!(Person::new(&Chance::new(9), 4).id_number, Person::new(&Chance::new(10), 4).id_number);
    }
}
