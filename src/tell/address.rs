//! Where a webhook may go: what is allowed as an address, and which machines it may lead to.
//!
//! A name says nothing of the machine behind it, and may say another one next time. So names are resolved by [`Guarded`] for the very
//! connection that is made, and addresses that are not public are left out of its answer.

use crate::error::{Error, Result, codes};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Longest address, in bytes.
const LONGEST: usize = 2_000;

/// An address as sent. In a closed network it may go by http and to any machine.
///
/// Errors: `webhook_url`.
pub fn check(text: &str, closed_network: bool) -> Result<Url> {
    let refused = || Error::of(&codes::WEBHOOK_URL);
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST).ok_or_else(refused)?;
    let scheme = url.scheme() == "https" || (closed_network && url.scheme() == "http");
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if scheme && bare && leads_out(&url, closed_network) { Ok(url) } else { Err(refused()) }
}

/// Whether an address that names a machine by number names one that is allowed; connecting to those resolves nothing.
pub fn leads_out(url: &Url, closed_network: bool) -> bool {
    match url.host() {
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(ip)) => closed_network || is_public(ip.into()),
        Some(Host::Ipv6(ip)) => closed_network || is_public(ip.into()),
        None => false,
    }
}

/// An address as it is shown and logged: a query may hold a password.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.to_string().replace("?%E2%80%A6", "?…")
}

/// Whether a number belongs to the public internet: no machine of one's own, no network of one's own, nothing special.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => public_v6(ip),
    }
}

/// By the registry of special-purpose addresses (RFC 6890 and later).
fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, ..) | (224.., ..) => true, // this network, private, loopback; multicast, reserved, broadcast
        (100, 64..128, _) | (169, 254, _) => true, // shared; link-local, with the metadata of clouds
        (172, 16..32, _) | (192, 168, _) => true, // private
        (192, 0, 0 | 2) | (192, 88, 99) => true,  // protocols, examples, 6to4 relays
        (198, 18..20, _) | (198, 51, 100) => true, // benchmarks, examples
        (203, 0, 113) => true,                    // examples
        _ => false,
    };
    !special
}

/// Of IPv6 only global unicast, and what stands in one for an IPv4 address as that address.
fn public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),    // mapped
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low), // NAT64
        [0x2002, high, low, ..] => v4(high, low),               // 6to4
        [0x2001, ..0x200, ..] | [0x2001, 0xdb8, ..] => false,   // protocols with Teredo; examples
        [0x3fff, ..0x1000, ..] => false,                        // examples
        [0x2000..0x4000, ..] => true,
        _ => false,
    }
}

/// A name leads to no machine that is allowed.
#[derive(Debug)]
pub struct NotAllowed;

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name leads to no public address")
    }
}

impl std::error::Error for NotAllowed {}

/// Resolves names to the addresses a connection may be made to.
#[derive(Clone, Copy, Debug)]
pub struct Guarded {
    /// Whether any address is allowed.
    pub closed_network: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let closed_network = self.closed_network;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|at| closed_network || is_public(at.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_without_user_or_fragment_and_not_of_this_network() {
        for good in ["https://example.org/hook?key=1", "https://8.8.8.8:8443/", "https://[2606:4700::1111]/"] {
            assert!(check(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org/",
            "https://user@example.org/",
            "https://:word@example.org/",
            "https://example.org/#part",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "file:///etc/passwd",
            "no address",
        ] {
            assert_eq!(check(bad, false).expect_err(bad).code, "webhook_url", "{bad}");
        }
        assert!(check(&format!("https://example.org/{}", "a".repeat(LONGEST)), false).is_err());
        assert!(check("http://127.0.0.1:9/", true).is_ok() && check("ftp://127.0.0.1/", true).is_err());
    }

    #[test]
    fn a_query_is_not_shown() {
        assert_eq!(shown(&check("https://example.org/a?key=secret", false).expect("good")), "https://example.org/a?…");
    }

    #[test]
    fn numbers_of_this_machine_and_of_private_networks_are_not_public() {
        let own = "0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 \
                   192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 255.255.255.255 :: ::1 ::10.0.0.1 ::ffff:127.0.0.1 \
                   ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd00:ec2::254 \
                   fe80::1 fec0::1 ff02::1";
        for ip in own.split_whitespace() {
            assert!(!is_public(ip.parse().expect(ip)), "{ip}");
        }
        for ip in
            "1.1.1.1 100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 223.5.5.5 ::ffff:1.1.1.1 64:ff9b::808:808 2002:808:808:: 2400:3200::1"
                .split(' ')
        {
            assert!(is_public(ip.parse().expect(ip)), "{ip}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_resolved_unless_the_network_is_closed() {
        let resolve = |closed_network| Guarded { closed_network }.resolve("localhost".parse().expect("a name"));
        let refused = resolve(false).await.map(drop).expect_err("refused");
        assert!(refused.is::<NotAllowed>(), "{refused}");
        assert!(resolve(true).await.expect("allowed").all(|at| at.ip().is_loopback()));
    }
}
