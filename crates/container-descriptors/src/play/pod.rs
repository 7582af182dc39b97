//! A pod, and whether `podman kube play` would start it.

use std::{collections::BTreeSet, net::IpAddr};

use contract_core::names::is_variable_name;
use findings::Place;
use serde_json::Value;

use crate::{
    Descriptors, Environment, Mount, Port, Source, TopLevel, at,
    play::{CONTRACT_CONFIG_MAP, Maps, fields},
    shape::Texts,
    variables::has_variable,
};

/// What a pod is checked with.
pub struct Context<'a> {
    pub place: &'a Place,
    pub texts: Texts,
    pub maps: &'a Maps,
    pub top: &'a TopLevel,
    pub environment: &'a Environment,
}

/// Checks a pod; `names` are those of the pods before it.
pub fn pod(found: &mut Descriptors, context: &Context<'_>, pod: &Value, names: &mut BTreeSet<String>) {
    let place = context.place;
    found.pods += 1;
    if !found.shape(place, "", pod, &fields::POD, context.texts) {
        return;
    }
    match pod.pointer("/metadata/name").and_then(Value::as_str) {
        None | Some("") => {
            found.error(place, "metadata.name", "a pod without a name", "write `metadata: {name: app}`");
        }
        Some(name) if has_variable(name) => {}
        Some(name) if !is_name(name) => {
            let hint = "begin with a letter or digit, then letters, digits, `_`, `.` and `-`";
            found.error(place, "metadata.name", format!("`{name}` is not a name for a pod"), hint);
        }
        Some(name) if !names.insert(name.to_owned()) => {
            let message = format!("two pods are named `{name}`");
            found.stops(place, "metadata.name", message, "give each pod a different name");
        }
        Some(_) => {}
    }
    let volumes = volumes(found, context, pod);
    let containers =
        |list: &str| pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).map(Vec::as_slice);
    if containers("containers").unwrap_or_default().is_empty() {
        let hint = "write `containers:` under `spec:`";
        found.error(place, "spec.containers", "a pod without containers", hint);
    }
    let on_host = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool).unwrap_or(false);
    let mut names = BTreeSet::new();
    for list in ["containers", "initContainers"] {
        for (index, container) in containers(list).unwrap_or_default().iter().enumerate() {
            let path = format!("spec.{list}[{index}]");
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            if name.is_empty() {
                let field = format!("{path}.name");
                found.error(place, &field, "a container without a name", "write `name: main`");
            } else if !names.insert(name) {
                let message = format!("two containers are named `{name}`");
                found.stops(place, &format!("{path}.name"), message, "give each container a different name");
            }
            Container { context, path: &path, name, value: container, on_host }.check(found, &volumes);
        }
    }
}

/// Whether podman accepts a name.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn volumes<'v>(found: &mut Descriptors, context: &Context<'_>, pod: &'v Value) -> Vec<(&'v str, Source)> {
    let mut volumes: Vec<(&str, Source)> = Vec::new();
    let place = context.place;
    let list = pod.pointer("/spec/volumes").and_then(Value::as_array);
    for (index, volume) in list.into_iter().flatten().enumerate() {
        let path = format!("spec.volumes[{index}]");
        let Some(name) = volume.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
            let field = format!("{path}.name");
            found.stops(place, &field, "a volume without a name", "write `name: data`");
            continue;
        };
        if volumes.iter().any(|(other, _)| *other == name) {
            let message = format!("two volumes are named `{name}`");
            found.stops(place, &format!("{path}.name"), message, "give each volume a different name");
        }
        volumes.push((name, source(found, context, &path, volume)));
    }
    volumes
}

fn source(found: &mut Descriptors, context: &Context<'_>, path: &str, volume: &Value) -> Source {
    let place = context.place;
    let text = |pointer: &str| volume.pointer(pointer).and_then(Value::as_str);
    if volume.get("hostPath").is_some() {
        let kind = text("/hostPath/type").unwrap_or_default();
        let special = matches!(kind, "Socket" | "CharDevice" | "BlockDevice");
        let plain = matches!(kind, "" | "Directory" | "DirectoryOrCreate" | "File" | "FileOrCreate");
        if !special && !plain && !has_variable(kind) {
            let message = format!("`{kind}` is not a type of path");
            found.stops(place, &format!("{path}.hostPath.type"), message, "write `type: Directory`");
        }
        let Some(host) = text("/hostPath/path").filter(|path| !path.is_empty()) else {
            let hint = "write `path: /mnt/data`";
            found.stops(place, &format!("{path}.hostPath.path"), "no path is given", hint);
            return Source::Temporary;
        };
        if !host.contains('/') && !has_variable(host) {
            let message = format!("`{host}` without a slash is the name of a volume to podman, not a path");
            found.warning(place, &format!("{path}.hostPath.path"), message, format!("write `./{host}`"));
            return Source::Engine(host.to_owned());
        }
        let made = kind.ends_with("OrCreate");
        let source = Source::Host { path: host.to_owned(), packed: context.top.holds(host) };
        if !made && !has_variable(host) && source.not_packed().is_some() {
            let hint = format!("put `{host}` into the folder that is packed, or write an absolute path");
            let field = format!("{path}.hostPath.path");
            found.stops(place, &field, format!("`{host}` is not in the archive"), hint);
        }
        if special {
            return Source::Temporary;
        }
        return source;
    }
    if volume.get("configMap").is_some() {
        let name = text("/configMap/name").unwrap_or_default();
        let optional = volume.pointer("/configMap/optional").and_then(Value::as_bool).unwrap_or(false);
        if !optional && !has_variable(name) && !context.maps.knows(name) {
            unknown_map(found, place, &format!("{path}.configMap.name"), name);
        }
        return Source::Temporary;
    }
    if let Some(claim) = text("/persistentVolumeClaim/claimName") {
        return Source::Engine(claim.to_owned());
    }
    if volume.get("secret").is_some() {
        if !volume.pointer("/secret/optional").and_then(Value::as_bool).unwrap_or(false) {
            no_secrets(found, place, path);
        }
        return Source::Temporary;
    }
    let other = fields::OTHER_VOLUMES.iter().find(|name| volume.get(**name).is_some());
    if other.is_some() || volume.get("emptyDir").or(volume.get("image")).is_none() {
        let hint = "write `hostPath: {path: /mnt/data}`: so the guest's volumes are mounted";
        let message = other.map_or_else(
            || "neither `hostPath` nor `configMap` nor `persistentVolumeClaim`".to_owned(),
            |name| format!("`{name}` is not a kind of volume that podman knows"),
        );
        found.stops(place, path, message, hint);
    }
    Source::Temporary
}

fn unknown_map(found: &mut Descriptors, place: &Place, field: &str, name: &str) {
    let hint =
        format!("describe it, or take `{CONTRACT_CONFIG_MAP}`, which holds the variables of both sections");
    found.stops(place, field, format!("the config map `{name}` is described nowhere"), hint);
}

struct Container<'a> {
    context: &'a Context<'a>,
    path: &'a str,
    name: &'a str,
    value: &'a Value,
    on_host: bool,
}

impl Container<'_> {
    fn check(&self, found: &mut Descriptors, volumes: &[(&str, Source)]) {
        let place = self.context.place;
        let image = self.value.get("image").unwrap_or(&Value::Null);
        found.image(at(place, &self.field("image")), image, "a container");
        self.built(found, image.as_str().unwrap_or_default());
        let policy = self.text("imagePullPolicy").unwrap_or_default().to_ascii_lowercase();
        let known = ["", "always", "never", "ifnotpresent", "missing", "newer"].contains(&&*policy);
        if !known && !has_variable(&policy) {
            let hint = "write `imagePullPolicy: IfNotPresent`";
            found.stops(place, &self.field("imagePullPolicy"), "not a pull policy", hint);
        }
        for (at, port) in self.list("ports").enumerate() {
            self.port(found, &format!("{}.ports[{at}]", self.path), port);
        }
        for (at, mount) in self.list("volumeMounts").enumerate() {
            self.mount(found, &format!("{}.volumeMounts[{at}]", self.path), mount, volumes);
        }
        for (at, variable) in self.list("env").enumerate() {
            self.variable(found, &format!("{}.env[{at}]", self.path), variable);
        }
        for (at, from) in self.list("envFrom").enumerate() {
            let field = format!("{}.envFrom[{at}]", self.path);
            let text = |pointer: &str| from.pointer(pointer).and_then(Value::as_str);
            let optional = |kind: &str| {
                from.pointer(&format!("/{kind}/optional")).and_then(Value::as_bool).unwrap_or(false)
            };
            let unknown = |name: &&str| !self.context.maps.knows(name) && !has_variable(name);
            if let Some(name) =
                text("/configMapRef/name").filter(unknown).filter(|_| !optional("configMapRef"))
            {
                unknown_map(found, place, &field, name);
            }
            if from.get("secretRef").is_some() && !optional("secretRef") {
                no_secrets(found, place, &field);
            }
        }
    }

    /// podman builds an image from a folder of its name.
    fn built(&self, found: &mut Descriptors, image: &str) {
        let untagged = image.split(':').next().unwrap_or_default();
        let mut folders = [image, untagged].into_iter().filter(|folder| !folder.is_empty());
        let has = |file: &str| self.context.top.entries.contains(file);
        let holds =
            |folder: &&str| ["Containerfile", "Dockerfile"].iter().any(|it| has(&format!("{folder}/{it}")));
        if let Some(folder) = folders.find(holds) {
            let message =
                format!("podman builds this image: the archive has a folder `{folder}` with its recipe");
            let place = at(self.context.place, &self.field("image"));
            found.warning(&place, "", message, "rename the folder, or list it in `.contractignore`");
        }
    }

    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name).and_then(Value::as_str)
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.value.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    fn port(&self, found: &mut Descriptors, path: &str, port: &Value) {
        let place = self.context.place;
        let number = |name: &str| {
            let value = port.get(name)?;
            value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
        };
        for name in ["containerPort", "hostPort"] {
            if number(name).is_some_and(|port| !(0..=65535).contains(&port)) {
                let hint = "take a number from 1 to 65535";
                return found.stops(place, &format!("{path}.{name}"), "not a port", hint);
            }
        }
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP").to_ascii_lowercase();
        if !matches!(&*protocol, "tcp" | "udp" | "sctp" | "") && !has_variable(&protocol) {
            let hint = "write `protocol: TCP`";
            return found.stops(place, &format!("{path}.protocol"), "not a protocol", hint);
        }
        let number =
            |name: &str| number(name).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let inner = number("containerPort");
        let outer = if self.on_host { inner } else { number("hostPort") };
        match (inner, outer) {
            (Some(inner), None) if port.get("hostPort").is_none() => found.warning(
                place,
                path,
                format!("containerPort {inner} has no hostPort: nobody outside the guest reaches it"),
                format!("write `hostPort: {inner}` next to it"),
            ),
            (inner, Some(host)) => {
                let address = port.get("hostIP").and_then(Value::as_str).map(str::to_owned);
                if address.as_deref().is_some_and(|address| {
                    !address.is_empty() && !has_variable(address) && address.parse::<IpAddr>().is_err()
                }) {
                    let hint = "write an address of the guest, or leave it out";
                    return found.stops(place, &format!("{path}.hostIP"), "not an IP address", hint);
                }
                let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol };
                let (place, by, inner) = (at(place, path), self.name.to_owned(), inner.unwrap_or(host));
                let (host, inner) = ((host, host), (inner, inner));
                found.ports.push(Port { place, by, address, host, inner, protocol });
            }
            _ => {}
        }
    }

    fn mount(&self, found: &mut Descriptors, path: &str, mount: &Value, volumes: &[(&str, Source)]) {
        let place = self.context.place;
        let text = |name: &str| mount.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, target) = (text("name"), text("mountPath"));
        if has_variable(name) {
            found.unknown_mounts = true;
            return;
        }
        let Some((_, source)) = volumes.iter().find(|(volume, _)| *volume == name) else {
            let hint = format!(
                "describe it under `spec.volumes`: `- {{name: {name}, hostPath: {{path: /mnt/data}}}}`"
            );
            return found.stops(place, path, format!("the pod has no volume `{name}`"), hint);
        };
        if !target.starts_with('/') && !has_variable(target) {
            let hint = "write `mountPath:` and an absolute path";
            let message = "not an absolute path in the container";
            return found.stops(place, &format!("{path}.mountPath"), message, hint);
        }
        if matches!(source, Source::Host { path, .. } | Source::Engine(path) if has_variable(path)) {
            found.unknown_mounts = true;
            return;
        }
        // podman accepts options after a colon: `/data:ro`
        let (target, options) = target.split_once(':').unwrap_or((target, ""));
        let read_only = mount.get("readOnly").and_then(Value::as_bool).unwrap_or(false)
            || options.split(',').any(|option| option == "ro");
        let (place, by, target) = (at(place, path), self.name.to_owned(), target.to_owned());
        found.mounts.push(Mount { place, by, source: source.clone(), target, read_only });
    }

    fn variable(&self, found: &mut Descriptors, path: &str, variable: &Value) {
        let place = self.context.place;
        if variable.get("name").is_none_or(Value::is_null) {
            let hint = "write `name: LOG_LEVEL`";
            found.stops(place, &format!("{path}.name"), "a variable without a name", hint);
        }
        let text = |pointer: &str| variable.pointer(pointer).and_then(Value::as_str);
        let optional = |kind: &str| {
            variable.pointer(&format!("/valueFrom/{kind}/optional")).and_then(Value::as_bool).unwrap_or(false)
        };
        if variable.pointer("/valueFrom/secretKeyRef").is_some() && !optional("secretKeyRef") {
            no_secrets(found, place, path);
        }
        if let Some(field) = text("/valueFrom/fieldRef/fieldPath") {
            let known = ["metadata.name", "metadata.uid", "metadata.labels", "metadata.annotations"]
                .iter()
                .any(|known| field.starts_with(known));
            if !known && !has_variable(field) {
                let hint = "podman knows `metadata.name`, `.uid`, `.labels['…']` and `.annotations['…']`";
                found.stops(place, path, "a field that podman does not provide", hint);
            }
        }
        let (name, key) = ("/valueFrom/configMapKeyRef/name", "/valueFrom/configMapKeyRef/key");
        let (Some(name), Some(key), false) = (text(name), text(key), optional("configMapKeyRef")) else {
            return;
        };
        if name == CONTRACT_CONFIG_MAP && is_variable_name(key) {
            found.uses_contract(key, self.context.environment, at(place, path));
        } else if name == CONTRACT_CONFIG_MAP && !has_variable(key) {
            let message = format!("no section can provide `{key}`: it is not a name for a variable");
            let hint = "take letters, digits and `_`, here and in `env`: `LOG_LEVEL`";
            found.stops(place, path, message, hint);
        } else if has_variable(name) || has_variable(key) {
        } else if !self.context.maps.knows(name) {
            unknown_map(found, place, path, name);
        } else if !self.context.maps.has(name, key) {
            let hint = format!("write it under `data:` of `{name}`");
            found.stops(place, path, format!("the config map `{name}` has no key `{key}`"), hint);
        }
    }
}

fn no_secrets(found: &mut Descriptors, place: &Place, field: &str) {
    let hint = format!(
        "take a variable of the contract: `configMapKeyRef: {{name: {CONTRACT_CONFIG_MAP}, key: NAME}}`"
    );
    found.stops(place, field, "the guest has no secrets of Kubernetes' kind", hint);
}
