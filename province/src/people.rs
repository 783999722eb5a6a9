//! Invented people: what rosters say of them, where they live, what they sign in with. Everything follows from the seed and the person's number.

use crate::chance::{Chance, mix};
use crate::class::{Ids, PEOPLE_OF_A_CLASS, Seat, Thing, Trainee};
use std::sync::Arc;

/// Models of phones that one platform writes instead of a device.
const MODELS: &[&str] = &[
    "HUAWEI VOG-AL10",
    "HUAWEI ELE-AL00",
    "HUAWEI MAR-AL00",
    "HONOR HLK-AL00",
    "OPPO R15",
    "OPPO PCAM00",
    "vivo X27",
    "vivo Y97",
    "Redmi Note 8",
    "MI 9",
    "iPhone 11",
    "iPhone 8 Plus",
    "iPhone XR",
    "Windows PC",
    "SM-G9750",
    "HUAWEI JKM-AL00b",
];
/// User agents, each with its kind of client.
const AGENTS: &[(&str, &str)] = &[
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/80.0.3987.132 Safari/537.36", "web"),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 Chrome/69.0.3497.100 Safari/537.36", "web"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 13_3_1 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/7.0.10", "wechat"),
    ("Mozilla/5.0 (Linux; Android 10; ELE-AL00) AppleWebKit/537.36 MicroMessenger/7.0.10", "wechat"),
    ("LiveClass/5.2.1 (Android 9; OPPO PCAM00)", "app"),
    ("LiveClass/5.2.1 (Android 10; VOG-AL10)", "app"),
    ("LiveClass/5.1.8 (iOS 13.3)", "app"),
    ("LiveClass/4.9.0 (Windows 10)", "pc"),
];
const REGIONS: &[&str] = &["陕西安康", "陕西安康", "陕西安康", "陕西安康", "陕西汉中", "陕西西安", "陕西宝鸡", "陕西渭南", "陕西商洛"];
/// Provinces of ID numbers of those who come from elsewhere.
const OTHERS: &[&str] = &["42", "51", "50", "41", "62", "14", "34", "43"];

/// An IPv4 address as text.
pub fn address(ip: u32) -> Arc<str> {
    format!("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255).into()
}

/// Thirty-two hexadecimal digits.
pub fn key(of: u64) -> String {
    format!("{:016x}{:016x}", mix(of), mix(of ^ 0x5bd1_e995))
}

/// The number of a person of a class: `place` below 64 for people of its own roster, from 64 on for invented ones.
pub fn number(class: usize, place: usize) -> u64 {
    class as u64 * PEOPLE_OF_A_CLASS + place as u64
}

/// A device as platforms number them.
pub fn device(of: u64) -> Arc<str> {
    format!("{:012x}", mix(of ^ 0xdeca_f000) >> 16).into()
}

/// Whether a person signs in over a mobile network, whose addresses thousands share and change every day.
pub fn is_mobile(person: u64, seed: u64) -> bool {
    mix(seed ^ person ^ 0x0b11e).is_multiple_of(5)
}

/// The address of a mobile network on a day.
pub fn mobile_address(person: u64, day: i64) -> Arc<str> {
    // 100.127.0.0/19 out of the shared address space (RFC 6598): 8,192 addresses for the province.
    address(0x647f_0000 | (mix(person.wrapping_mul(977) ^ day as u64) & 0x1fff) as u32)
}

/// What a person usually signs in with on a platform.
pub fn seat(person: u64, platform: usize, seed: u64) -> Seat {
    let mut chance = Chance::new(seed).at("seat", person);
    // Homes are in 100.64.0.0/10 below the mobile networks.
    let ip = 0x6440_0000 + (chance.draw() % 0x3e_0000) as u32;
    let (agent, client) = chance.pick(AGENTS);
    let region = chance.pick(REGIONS);
    let model = chance.pick(MODELS);
    match platform {
        0 => Seat { device: Some(device(person ^ seed)), ip: Some(address(ip)), agent: None, client: Some(client), region: None },
        1 => Seat { device: Some(model.into()), ip: Some(address(ip)), agent: Some(agent), client: Some(client), region: Some(region) },
        2 => Seat { device: Some(device(person ^ seed)), ip: Some(address(ip)), agent: Some(agent), client: Some(client), region: None },
        3 => Seat { device: Some(device(person ^ seed)), ip: Some(address(ip)), agent: None, client: Some(client), region: Some(region) },
        _ => Seat { device: None, ip: None, agent: None, client: None, region: None },
    }
}

/// A person as the roster of a class has it, at a place.
pub fn trainee(ids: Ids, class: usize, place: usize, person: u64, platform: usize, enterprise: bool, created_at: i64) -> Trainee {
    let seed = ids.0;
    let mut chance = Chance::new(seed).at("person", person);
    let region = if chance.one_in(0.9) { "61" } else { chance.pick(OTHERS) };
    let age = 18 + ((chance.unit() + chance.unit()) * 20.0) as i64;
    let sex = if chance.one_in(0.44) { "f" } else { "m" };
    let category = if enterprise || chance.one_in(0.35) {
        "employee"
    } else if chance.one_in(0.6) {
        "key_group"
    } else {
        "poor_household"
    };
    let phone = chance.one_in(0.985).then(|| key(person ^ seed ^ 0x1111));
    let email = chance.one_in(0.3).then(|| key(person ^ seed ^ 0x2222));
    Trainee {
        id: ids.id(Thing::Trainee, class as u64 * PEOPLE_OF_A_CLASS + place as u64),
        person,
        category,
        withdrawn_at: None,
        created_at,
        fault: None,
        age: Some(age),
        sex: Some(sex),
        region: Some(region),
        phone,
        email,
        phone_fault: None,
        name: key(person ^ seed ^ 0x3333).into(),
        seat: seat(person, platform, seed),
        clock_off: 0,
        elsewhere: Vec::new(),
        is_guest: false,
        is_made_up: false,
    }
}
