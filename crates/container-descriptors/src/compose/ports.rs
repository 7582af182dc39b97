//! `ports` of a service: `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, where a port may be a range, or the long form.

use std::net::IpAddr;

use findings::Place;
use serde_json::Value;

use crate::{Descriptors, Port, compose::service::Service, variables::has_variable};

/// All ports of a service.
pub fn ports(found: &mut Descriptors, service: &Service<'_>) {
    for (at, entry) in service.list("ports").enumerate() {
        port(found, &service.at(&format!("ports[{at}]")), service.name, entry);
    }
}

/// One entry, short or long.
fn port(found: &mut Descriptors, place: &Place, by: &str, entry: &Value) {
    let text = match entry {
        Value::Object(_) => return long(found, place, by, entry),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return,
    };
    if has_variable(&text) {
        return;
    }
    if short(found, place, by, &text).is_none() {
        let hint = "write `\"8443:8443\"`: the guest's port, then the container's";
        found.error(place, "", "not a port: expected `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`", hint);
    }
}

fn long(found: &mut Descriptors, place: &Place, by: &str, entry: &Value) {
    let text = |name: &str| match entry.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let Some(target) = text("target") else {
        return found.error(place, "target", "a port without a target", "write `target: 8443`");
    };
    let outer = text("published").map(|published| match text("host_ip") {
        Some(address) if address.contains(':') => format!("[{address}]:{published}:"),
        Some(address) => format!("{address}:{published}:"),
        None => format!("{published}:"),
    });
    let protocol = text("protocol").map(|protocol| format!("/{protocol}")).unwrap_or_default();
    port(found, place, by, &Value::String(outer.unwrap_or_default() + &target + &protocol));
}

/// `None` if the text is not a port.
fn short(found: &mut Descriptors, place: &Place, by: &str, text: &str) -> Option<()> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(&*protocol, "tcp" | "udp" | "sctp") {
        return None;
    }
    let (outer, inner) = ports.rsplit_once(':').map_or((None, ports), |(outer, inner)| (Some(outer), inner));
    let inner = range(inner)?;
    let outer = outer.unwrap_or_default();
    let (address, outer) =
        outer.rsplit_once(':').map_or((None, outer), |(address, outer)| (Some(address), outer));
    let address = address.map(|address| address.trim_start_matches('[').trim_end_matches(']'));
    if address.is_some_and(|address| !address.is_empty() && address.parse::<IpAddr>().is_err()) {
        return None;
    }
    if outer.is_empty() {
        let message = "only the container's port is named: the guest's is drawn at each start";
        found.warning(place, "", message, "write both: `\"8443:8443\"`");
        return Some(());
    }
    let host = range(outer)?;
    // a container's single port may get any port of a range
    if host.1 - host.0 != inner.1 - inner.0 {
        return (inner.0 == inner.1).then_some(());
    }
    let address = address.map(str::to_owned);
    found.ports.push(Port { place: place.clone(), by: by.to_owned(), address, host, inner, protocol });
    Some(())
}

fn range(text: &str) -> Option<(u16, u16)> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten().filter(|port| *port > 0)
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some((first, last))
}
