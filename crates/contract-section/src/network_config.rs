//! `network-config`: the guest's addresses on a network without DHCP, a file of the boot medium.
//!
//! `network-config = UTF-8 YAML, netplan version 2 below "network:"`. The guest checks it with a schema: only
//! `enc` interfaces, `dhcp4` in each, IPv4 addresses with prefix length or DHCP. This reader repeats the schema, and also
//! refuses what the schema accepts but netplan or IPv4 cannot use. Only the digest of the whole medium protects the file.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use findings::Findings;
use jiff::Timestamp;
use strict_yaml::Tags;

use crate::fields::{Check, Field, Map};

/// The smallest MTU that IPv4 allows (RFC 791), and the largest packet.
const MTU: std::ops::RangeInclusive<u64> = 68..=65_535;

/// The guest's interfaces, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    /// In the order of the file.
    pub interfaces: Vec<Interface>,
}

/// An interface of the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `enc1`.
    pub name: String,
    /// Whether its addresses come from DHCP.
    pub dhcp: bool,
    /// Its addresses; none with DHCP.
    pub addresses: Vec<Subnet>,
    /// Where its routes lead, the default route of `gateway4` included.
    pub routes: Vec<Subnet>,
    /// Its name servers.
    pub name_servers: Vec<IpAddr>,
}

/// An IPv4 address with the length of its network's prefix: `192.0.2.21/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    address: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    const EVERYWHERE: Self = Self { address: Ipv4Addr::UNSPECIFIED, prefix: 0 };

    /// Decimal numbers without leading zeros, as netplan reads them.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let is_number =
            prefix.bytes().all(|byte| byte.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
        let prefix = prefix.parse().ok().filter(|prefix| is_number && *prefix <= 32)?;
        Some(Self { address: address.parse().ok()?, prefix })
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }

    /// Its network: `192.0.2.0/24`.
    fn network(self) -> Self {
        Self { address: Ipv4Addr::from_bits(self.address.to_bits() & self.mask()), ..self }
    }

    fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask() == self.network().address.to_bits()
    }

    /// Whether the address means the whole network: its first or last one, in a network that is not just a link.
    fn is_of_all(self) -> bool {
        let host = self.address.to_bits() & !self.mask();
        self.prefix < 31 && (host == 0 || host == !self.mask())
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// `enc1 192.0.2.21/24, enc2 by DHCP`.
impl fmt::Display for NetworkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Interface { name, dhcp, addresses, .. }) in self.interfaces.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
            addresses.iter().try_for_each(|address| write!(f, " {address}"))?;
            f.write_str(if *dhcp { " by DHCP" } else { "" })?;
        }
        Ok(())
    }
}

/// Reads the file; there is nothing if there are errors among the findings.
pub fn read(file: &str, text: &str) -> (Option<NetworkConfig>, Findings) {
    // nothing in it depends on the time or on the product
    let mut check = Check::new(file, None, Timestamp::UNIX_EPOCH, &[]);
    let Some(root) = crate::parse(&mut check, text, Tags::Refused) else { return (None, check.findings) };
    let config = network(&mut check, &Field::root(&root)).filter(|_| check.findings.errors() == 0);
    (config, check.findings)
}

fn network(check: &mut Check<'_>, root: &Field<'_>) -> Option<NetworkConfig> {
    let root = check.open_mapping(root, &["network"])?;
    let network = check.required(&root, "network", "write `network:`, and everything else below it")?;
    let network = check.open_mapping(&network, &["version", "ethernets"])?;
    match network.find("version") {
        None => check.warning(&network.field, "`version` is missing", "write `version: 2`"),
        Some(version) => {
            if check.integer(&version).is_some_and(|number| number != 2) {
                check.error(&version, "netplan reads version 2 only", "write `version: 2`");
            }
        }
    }
    let hint = "write the guest's interfaces below it, such as `enc1:`";
    let ethernets = check.required(&network, "ethernets", hint)?;
    let map = check.any_mapping(&ethernets)?;
    let interfaces: Vec<_> =
        map.fields().filter_map(|(name, field)| interface(check, name, &field)).collect();
    if map.fields().next().is_none() {
        check.error(&ethernets, "no interface", hint);
    }
    let config = NetworkConfig { interfaces };
    if check.findings.errors() == 0 {
        config.check_together(check, &ethernets);
    }
    Some(config)
}

impl NetworkConfig {
    /// What a single interface does not show.
    fn check_together(&self, check: &mut Check<'_>, ethernets: &Field<'_>) {
        let all = || self.interfaces.iter();
        let by_dhcp = all().any(|interface| interface.dhcp);
        let default_routes = all().flat_map(|it| &it.routes).filter(|route| route.prefix == 0).count();
        if default_routes > 1 {
            let message = format!("{default_routes} default routes");
            check.warning(ethernets, message, "write one `gateway4`, or one route with `to: default`");
        }
        let mut addresses: Vec<_> = all().flat_map(|it| &it.addresses).map(|it| it.address).collect();
        addresses.sort_unstable();
        if let Some([twice, _]) = addresses.windows(2).find(|pair| pair.first() == pair.last()) {
            check.warning(
                ethernets,
                format!("{twice} is there twice"),
                "give each interface another address",
            );
        }
        if by_dhcp {
            return;
        }
        let name_servers: Vec<_> = all().flat_map(|it| &it.name_servers).collect();
        if name_servers.is_empty() {
            check.warning(
                ethernets,
                "no name server: the guest's connectivity check asks for one when it fails (HPL14001E)",
                "write `nameservers: {addresses: [ADDRESS]}` below an interface",
            );
        }
        let reaches = |address: &IpAddr| match address {
            IpAddr::V4(address) => all()
                .flat_map(|it| it.addresses.iter().chain(&it.routes))
                .any(|subnet| subnet.contains(*address)),
            IpAddr::V6(_) => false,
        };
        for unreachable in name_servers.into_iter().filter(|address| !reaches(address)) {
            check.warning(
                ethernets,
                format!("no route leads to the name server {unreachable}"),
                "write a `gateway4`, or name a server inside one of the guest's networks",
            );
        }
    }
}

fn interface(check: &mut Check<'_>, name: &str, field: &Field<'_>) -> Option<Interface> {
    let digits = name.strip_prefix("enc").unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        check.error(
            field,
            "not the name of a guest's interface: `enc` and decimal digits",
            "name it after its device number: `enc1` is device 0.0.0001",
        );
    }
    let known = ["dhcp4", "addresses", "gateway4", "routes", "nameservers", "mtu"];
    let map = check.open_mapping(field, &known)?;
    let dhcp = check.required(&map, "dhcp4", "write `dhcp4: false` and `addresses`, or `dhcp4: true`");
    let dhcp = dhcp.and_then(|field| check.boolean(&field));
    if let Some(mtu) = map.find("mtu")
        && check.integer(&mtu).is_some_and(|number| !MTU.contains(&number))
    {
        let message = format!("not an MTU: from {} to {} bytes", MTU.start(), MTU.end());
        check.error(&mtu, message, "write `mtu: 1500`, or remove it");
    }
    if dhcp? {
        for name in ["addresses", "gateway4", "routes", "nameservers"] {
            if let Some(field) = map.find(name) {
                let message = format!("`{name}` and `dhcp4: true` exclude each other");
                check.error(&field, message, "remove it, or write `dhcp4: false`");
            }
        }
        return Some(Interface { name: name.to_owned(), dhcp: true, ..Interface::default() });
    }
    let addresses = addresses(check, &map);
    let mut routes = routes(check, &map, addresses.as_deref());
    if let Some(gateway) = map.find("gateway4") {
        next_hop(check, &gateway, addresses.as_deref());
        routes.push(Subnet::EVERYWHERE);
    }
    let name_servers = name_servers(check, &map);
    Some(Interface { name: name.to_owned(), dhcp: false, addresses: addresses?, routes, name_servers })
}

/// The interface's own addresses; nothing if one of them is wrong.
fn addresses(check: &mut Check<'_>, interface: &Map<'_>) -> Option<Vec<Subnet>> {
    let hint = "write each with the length of its network's prefix: `addresses: [192.0.2.21/24]`";
    let field = check.required(interface, "addresses", hint)?;
    let items = check.list(&field)?;
    if items.is_empty() {
        check.error(&field, "no address", hint);
        return None;
    }
    let read = |item: Field<'_>| {
        let text = check.text(&item)?;
        let Some(subnet) = Subnet::parse(text) else {
            check.error(&item, "not an IPv4 address with the length of its network's prefix", hint);
            return None;
        };
        if subnet.prefix == 0 {
            check.error(&item, "a prefix of 0 bits makes every address a neighbour", hint);
        } else if !is_of_one_host(subnet.address) {
            check.error(&item, format!("{} is no address of a host", subnet.address), hint);
        } else if subnet.is_of_all() {
            let message = format!("{} is the network itself or its broadcast address", subnet.address);
            check.warning(&item, message, "write the guest's own address");
        }
        Some(subnet)
    };
    items.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

/// Neither loopback nor multicast nor reserved.
fn is_of_one_host(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    !matches!(first, 0 | 127 | 224..)
}

/// An address that packets are sent to on the interface's own network.
fn next_hop(check: &mut Check<'_>, field: &Field<'_>, own: Option<&[Subnet]>) {
    let Some(text) = check.text(field) else { return };
    let Ok(address) = text.parse::<Ipv4Addr>() else {
        return check.error(field, "not an IPv4 address", "write it as `192.0.2.1`, without a prefix");
    };
    // another finding says what is wrong with the addresses
    let Some(own) = own else { return };
    let hint = "write the router's address";
    let router =
        own.iter().find(|subnet| subnet.contains(address)).map(|subnet| Subnet { address, ..*subnet });
    if own.iter().any(|subnet| subnet.address == address) {
        check.error(field, format!("{address} is the guest's own address"), hint);
    } else if router.is_some_and(Subnet::is_of_all) {
        check.error(field, format!("{address} is the network itself or its broadcast address"), hint);
    } else if router.is_none() {
        let networks: Vec<_> = own.iter().map(|subnet| subnet.network().to_string()).collect();
        let networks = networks.join("`, `");
        check.error(
            field,
            format!("{address} is outside of the interface's network, `{networks}`: no packet gets there"),
            "correct the address, or the prefix of the interface's address",
        );
    }
}

fn routes(check: &mut Check<'_>, interface: &Map<'_>, own: Option<&[Subnet]>) -> Vec<Subnet> {
    let Some(routes) = interface.find("routes").and_then(|field| check.list(&field)) else {
        return Vec::new();
    };
    routes.iter().filter_map(|item| route(check, item, own)).collect()
}

fn route(check: &mut Check<'_>, field: &Field<'_>, own: Option<&[Subnet]>) -> Option<Subnet> {
    let map = check.open_mapping(field, &["to", "via", "on-link"])?;
    let is_on_link = map.find("on-link").and_then(|field| check.boolean(&field)).unwrap_or(false);
    match map.find("via") {
        Some(via) => next_hop(check, &via, own.filter(|_| !is_on_link)),
        None => check.warning(
            field,
            "a route without `via` leads to neighbours only",
            "write the router's address: `via: 192.0.2.1`",
        ),
    }
    let hint = "write `to: default`, or a network: `to: 198.51.100.0/24`";
    let to = check.required(&map, "to", hint)?;
    let text = check.text(&to)?;
    let alone = text.parse().ok().map(|address| Subnet { address, prefix: 32 });
    let subnet = match text.as_str() {
        "default" => Some(Subnet::EVERYWHERE),
        text => Subnet::parse(text).or(alone),
    };
    match subnet {
        None => check.error(&to, "neither `default` nor an IPv4 network", hint),
        Some(subnet) if subnet != subnet.network() => {
            let message = format!("`{subnet}` is an address inside of its network");
            check.warning(&to, message, format!("write the network: `to: {}`", subnet.network()));
        }
        Some(_) => {}
    }
    subnet
}

fn name_servers(check: &mut Check<'_>, interface: &Map<'_>) -> Vec<IpAddr> {
    let hint = "write `addresses: [192.0.2.53]` below it";
    let Some(field) = interface.find("nameservers") else { return Vec::new() };
    let Some(map) = check.open_mapping(&field, &["addresses", "search"]) else { return Vec::new() };
    if let Some(domains) = map.find("search") {
        check.texts(&domains);
    }
    let addresses = check.required(&map, "addresses", hint).and_then(|field| check.list(&field));
    let address = |item: Field<'_>| {
        let address = check.text(&item)?.parse();
        if address.is_err() {
            check.error(&item, "not an IP address: a name would need a name server", hint);
        }
        address.ok()
    };
    addresses.unwrap_or_default().into_iter().filter_map(address).collect()
}
