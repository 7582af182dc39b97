//! The fields of a compose file, after the Compose Specification. Fields of newer versions of `docker compose` are
//! included: no source states which version a guest has.

use crate::shape::{
    self,
    Shape::{self, Any, Closed, Duration, Either, Integer, List, Map, Open, Scalar, Switch, Text},
};

const TEXTS: Shape = Either(&[Text, List(&Text)]);
const NAMES: Shape = Either(&[List(&Text), Map(&Any)]);
/// `NAME: value`, or `- NAME=value`.
const PAIRS: Shape = Either(&[Map(&Scalar), List(&Text)]);

const HEALTHCHECK: Shape = Closed(&[
    (Duration, &["interval", "start_interval", "start_period", "timeout"]),
    (Integer, &["retries"]),
    (Switch, &["disable"]),
    (TEXTS, &["test"]),
]);

const PORT: Shape = Closed(&[
    (Integer, &["target"]),
    (Scalar, &["published"]),
    (Text, &["app_protocol", "host_ip", "mode", "name", "protocol"]),
]);

const BIND: Shape =
    Closed(&[(Switch, &["create_host_path"]), (Text, &["propagation", "recursive", "selinux"])]);

const MOUNT: Shape = Closed(&[
    (Any, &["image", "tmpfs", "volume"]),
    (BIND, &["bind"]),
    (Switch, &["read_only"]),
    (Text, &["consistency", "source", "target", "type"]),
]);

/// A config or secret that a service is given.
const GRANT: Shape =
    Either(&[Text, Closed(&[(Scalar, &["gid", "mode", "uid"]), (Text, &["source", "target"])])]);

const LOGGING: Shape = Closed(&[(Map(&Scalar), &["options"]), (Text, &["driver"])]);

const LIMIT: Shape = Either(&[Integer, Closed(&[(Integer, &["hard", "soft"])])]);

/// The fields of a service.
const SERVICE: Shape = Closed(&[
    (Any, &["blkio_config", "build", "develop", "gpus", "models", "provider"]),
    (Either(&[Text, Closed(&[(Text, &["file", "service"])])]), &["extends"]),
    (Duration, &["stop_grace_period"]),
    (Either(&[Map(&Any), List(&Text)]), &["extra_hosts"]),
    (Either(&[Text, List(&Any)]), &["env_file"]),
    (HEALTHCHECK, &["healthcheck"]),
    (Integer, &["cpu_count", "mem_swappiness", "oom_score_adj", "scale"]),
    (List(&Any), &["devices", "post_start", "pre_stop"]),
    (List(&Either(&[Scalar, PORT])), &["ports"]),
    (List(&Either(&[Text, MOUNT])), &["volumes"]),
    (List(&GRANT), &["configs", "secrets"]),
    (List(&Scalar), &["expose", "group_add"]),
    (
        List(&Text),
        &[
            "cap_add",
            "cap_drop",
            "device_cgroup_rules",
            "dns_opt",
            "external_links",
            "links",
            "profiles",
            "security_opt",
            "volumes_from",
        ],
    ),
    (LOGGING, &["logging"]),
    (Map(&Any), &["deploy", "storage_opt"]),
    (Map(&LIMIT), &["ulimits"]),
    (Map(&Text), &["credential_spec"]),
    (NAMES, &["depends_on", "networks"]),
    (PAIRS, &["annotations", "environment", "labels", "sysctls"]),
    (
        Scalar,
        &[
            "cpu_percent",
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpu_shares",
            "cpus",
            "mem_limit",
            "mem_reservation",
            "memswap_limit",
            "pids_limit",
            "shm_size",
        ],
    ),
    (
        Switch,
        &[
            "attach",
            "init",
            "oom_kill_disable",
            "privileged",
            "read_only",
            "stdin_open",
            "tty",
            "use_api_socket",
        ],
    ),
    (TEXTS, &["command", "dns", "dns_search", "entrypoint", "label_file", "tmpfs"]),
    (
        Text,
        &[
            "cgroup",
            "cgroup_parent",
            "container_name",
            "cpuset",
            "domainname",
            "hostname",
            "image",
            "ipc",
            "isolation",
            "mac_address",
            "network_mode",
            "pid",
            "platform",
            "pull_policy",
            "pull_refresh_after",
            "restart",
            "runtime",
            "stop_signal",
            "user",
            "userns_mode",
            "uts",
            "working_dir",
        ],
    ),
]);

/// Where a number or a boolean becomes a text of the user.
pub const USER_TEXTS: Shape =
    Open(&[(Map(&Open(&[(PAIRS, &["annotations", "environment", "labels"])])), &["services"])]);

const INCLUDE: Shape = Closed(&[(TEXTS, &["env_file", "path"]), (Text, &["project_directory"])]);

/// The fields at the top of the file.
pub const FILE: Shape = Closed(&[
    (List(&Either(&[Text, INCLUDE])), &["include"]),
    (Map(&Map(&Any)), &["configs", "models", "networks", "secrets", "volumes"]),
    (Map(&SERVICE), &["services"]),
    (Text, &["name", "version"]),
]);

/// Whether a compose file may have this field at its top.
pub fn is_top_level(name: &str) -> bool {
    matches!(FILE, Closed(fields) if shape::field(fields, name).is_some()) || name.starts_with("x-")
}
