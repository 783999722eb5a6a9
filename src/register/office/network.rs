//! An address or a network of addresses, as lists write them: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The first of them.
    first: IpAddr,
    /// How many bits are the same.
    bits: u8,
}

impl Network {
    /// The first and the last of them as numbers; none of version 6, which are too many for one.
    pub fn v4_range(&self) -> Option<(i64, i64)> {
        let IpAddr::V4(first) = self.first else { return None };
        let from = i64::from(u32::from(first));
        Some((from, from + (1_i64 << (32 - self.bits)) - 1))
    }
}

impl FromStr for Network {
    type Err = ();

    /// Bits behind the prefix are cut off: `203.0.113.7/24` is the network that the address lies in.
    fn from_str(text: &str) -> Result<Network, ()> {
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(drop)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits: u8 = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(drop))?;
        // A network of everybody says nothing of a provider.
        if bits == 0 || bits > most {
            return Err(());
        }
        let first = match address {
            IpAddr::V4(address) => IpAddr::V4((u32::from(address) & (u32::MAX << (32 - bits))).into()),
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << (128 - bits))).into()),
        };
        Ok(Network { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.first.is_ipv4() { 32 } else { 128 };
        if self.bits == whole { self.first.fmt(f) } else { write!(f, "{}/{}", self.first, self.bits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_one_way_and_has_its_first_and_last_address() {
        let told = |text: &str| text.parse::<Network>().map(|network| (network.to_string(), network.v4_range()));
        assert_eq!(told(" 203.0.113.7/24"), Ok(("203.0.113.0/24".into(), Some((3_405_803_776, 3_405_804_031)))));
        assert_eq!(told("10.0.0.1"), Ok(("10.0.0.1".into(), Some((167_772_161, 167_772_161)))));
        assert_eq!(told("128.0.0.0/1"), Ok(("128.0.0.0/1".into(), Some((2_147_483_648, 4_294_967_295)))));
        assert_eq!(told("2001:DB8:0::7/32"), Ok(("2001:db8::/32".into(), None)));
        assert_eq!(told("::1/128"), Ok(("::1".into(), None)));
        for wrong in ["", "0.0.0.0/0", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.256", "example.org"] {
            assert_eq!(told(wrong), Err(()), "{wrong}");
        }
    }
}
