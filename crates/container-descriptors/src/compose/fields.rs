//! The fields of a compose file, after the Compose Specification. Fields that only newer versions of `docker compose`
//! know are among them: which version a guest has, no source says.

use crate::shape::Shape::{
    self, Any, Closed, Duration, Either, Integer, List, Map, Open, Scalar, Switch, Text,
};

const TEXTS: Shape = Either(&[Text, List(&Text)]);
const NAMES: Shape = Either(&[List(&Text), Map(&Any)]);
/// `NAME: value`, or `- NAME=value`.
const PAIRS: Shape = Either(&[Map(&Scalar), List(&Text)]);
const AMOUNT: Shape = Scalar;

const HEALTHCHECK: Shape = Closed(&[
    ("disable", Switch),
    ("interval", Duration),
    ("retries", Integer),
    ("start_interval", Duration),
    ("start_period", Duration),
    ("test", TEXTS),
    ("timeout", Duration),
]);

const PORT: Shape = Closed(&[
    ("app_protocol", Text),
    ("host_ip", Text),
    ("mode", Text),
    ("name", Text),
    ("protocol", Text),
    ("published", Scalar),
    ("target", Integer),
]);

const MOUNT: Shape = Closed(&[
    (
        "bind",
        Closed(&[
            ("create_host_path", Switch),
            ("propagation", Text),
            ("recursive", Text),
            ("selinux", Text),
        ]),
    ),
    ("consistency", Text),
    ("image", Any),
    ("read_only", Switch),
    ("source", Text),
    ("target", Text),
    ("tmpfs", Any),
    ("type", Text),
    ("volume", Any),
]);

/// A config or secret that a service is given.
const GRANT: Shape = Either(&[
    Text,
    Closed(&[("gid", Scalar), ("mode", Scalar), ("source", Text), ("target", Text), ("uid", Scalar)]),
]);

/// The fields of a service.
pub const SERVICE: Shape = Closed(&[
    ("annotations", PAIRS),
    ("attach", Switch),
    ("blkio_config", Any),
    ("build", Any),
    ("cap_add", List(&Text)),
    ("cap_drop", List(&Text)),
    ("cgroup", Text),
    ("cgroup_parent", Text),
    ("command", TEXTS),
    ("configs", List(&GRANT)),
    ("container_name", Text),
    ("cpu_count", Integer),
    ("cpu_percent", AMOUNT),
    ("cpu_period", AMOUNT),
    ("cpu_quota", AMOUNT),
    ("cpu_rt_period", AMOUNT),
    ("cpu_rt_runtime", AMOUNT),
    ("cpu_shares", AMOUNT),
    ("cpus", AMOUNT),
    ("cpuset", Text),
    ("credential_spec", Map(&Text)),
    ("depends_on", NAMES),
    ("deploy", Map(&Any)),
    ("develop", Any),
    ("device_cgroup_rules", List(&Text)),
    ("devices", List(&Any)),
    ("dns", TEXTS),
    ("dns_opt", List(&Text)),
    ("dns_search", TEXTS),
    ("domainname", Text),
    ("entrypoint", TEXTS),
    ("env_file", Either(&[Text, List(&Any)])),
    ("environment", PAIRS),
    ("expose", List(&Scalar)),
    ("extends", Any),
    ("external_links", List(&Text)),
    ("extra_hosts", Either(&[Map(&Any), List(&Text)])),
    ("gpus", Any),
    ("group_add", List(&Scalar)),
    ("healthcheck", HEALTHCHECK),
    ("hostname", Text),
    ("image", Text),
    ("init", Switch),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", TEXTS),
    ("labels", PAIRS),
    ("links", List(&Text)),
    ("logging", Closed(&[("driver", Text), ("options", Map(&Scalar))])),
    ("mac_address", Text),
    ("mem_limit", AMOUNT),
    ("mem_reservation", AMOUNT),
    ("mem_swappiness", Integer),
    ("memswap_limit", AMOUNT),
    ("models", Any),
    ("network_mode", Text),
    ("networks", NAMES),
    ("oom_kill_disable", Switch),
    ("oom_score_adj", Integer),
    ("pid", Text),
    ("pids_limit", AMOUNT),
    ("platform", Text),
    ("ports", List(&Either(&[Scalar, PORT]))),
    ("post_start", List(&Any)),
    ("pre_stop", List(&Any)),
    ("privileged", Switch),
    ("profiles", List(&Text)),
    ("provider", Any),
    ("pull_policy", Text),
    ("pull_refresh_after", Text),
    ("read_only", Switch),
    ("restart", Text),
    ("runtime", Text),
    ("scale", Integer),
    ("secrets", List(&GRANT)),
    ("security_opt", List(&Text)),
    ("shm_size", AMOUNT),
    ("stdin_open", Switch),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", Map(&Any)),
    ("sysctls", PAIRS),
    ("tmpfs", TEXTS),
    ("tty", Switch),
    ("ulimits", Map(&Either(&[Integer, Closed(&[("hard", Integer), ("soft", Integer)])]))),
    ("use_api_socket", Switch),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", List(&Either(&[Text, MOUNT]))),
    ("volumes_from", List(&Text)),
    ("working_dir", Text),
]);

/// Where a number or a boolean becomes a text of the user's own.
pub const OWN_TEXTS: Shape =
    Open(&[("services", Map(&Open(&[("annotations", PAIRS), ("environment", PAIRS), ("labels", PAIRS)])))]);

/// The fields at the top of the file; services are looked at one by one.
pub const FILE: Shape = Closed(&[
    ("configs", Map(&Map(&Any))),
    ("include", Any),
    ("models", Any),
    ("name", Text),
    ("networks", Map(&Map(&Any))),
    ("secrets", Map(&Map(&Any))),
    ("services", Any),
    ("version", Scalar),
    ("volumes", Map(&Map(&Any))),
]);
