//! Lists of other offices: what they say of providers, who keeps them, and as of when.

use crate::class::{Listed, Provider};
use crate::days::day;
use crate::people::address;

const LISTS: &[(&str, &str)] = &[
    ("pension", "安康市养老保险经办处"),
    ("payroll", "安康市社会保险事业管理中心"),
    ("student", "安康市教育局"),
    ("deceased", "安康市民政局"),
    ("detained", "安康市司法局"),
    ("provider_network", "安康市就业服务局"),
    ("staff_device", "安康市就业服务局"),
    ("course_material", "安康市就业服务局"),
];

/// The place of a list, for the number of its file.
pub fn number(list: &str) -> u64 {
    LISTS.iter().position(|(name, _)| *name == list).unwrap_or(0) as u64
}

/// The office that keeps a list.
pub fn source(list: &str) -> &'static str {
    LISTS[number(list) as usize].1
}

/// The files of all lists: kind and number.
pub fn files() -> impl Iterator<Item = u64> {
    0..LISTS.len() as u64
}

/// The network and the devices of a provider, as it registered them.
pub fn of_provider(provider: &Provider) -> Vec<Listed> {
    let line = |list, value: String| Listed {
        list,
        person: None,
        value: Some(value),
        provider: Some(provider.number),
        from_on: Some(day(2020, 2, 18)),
        until_on: None,
        as_of: day(2020, 6, 30),
    };
    let mut found: Vec<Listed> = provider.staff_devices.iter().map(|device| line("staff_device", device.to_string())).collect();
    if provider.network_listed {
        found.push(line("provider_network", format!("{}/26", address(provider.network))));
    }
    found
}
