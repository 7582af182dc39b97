//! The fields of a Pod and a `ConfigMap` that `podman kube play` reads, with Kubernetes' types. It passes over names that it
//! does not know, and refuses a value of another type.

use crate::shape::Shape::{self, Any, Integer, List, Map, Open, Quantity, Scalar, Scalar as Text, Switch};

const META: Shape =
    Open(&[("annotations", Map(&Text)), ("labels", Map(&Text)), ("name", Text), ("namespace", Text)]);

const KEY: Shape = Open(&[("key", Text), ("name", Text), ("optional", Switch)]);

const ENV: Shape = Open(&[
    ("name", Text),
    ("value", Text),
    (
        "valueFrom",
        Open(&[
            ("configMapKeyRef", KEY),
            ("fieldRef", Open(&[("apiVersion", Text), ("fieldPath", Text)])),
            ("resourceFieldRef", Open(&[("containerName", Text), ("divisor", Scalar), ("resource", Text)])),
            ("secretKeyRef", KEY),
        ]),
    ),
]);

const PORT: Shape = Open(&[
    ("containerPort", Integer),
    ("hostIP", Text),
    ("hostPort", Integer),
    ("name", Text),
    ("protocol", Text),
]);

const PROBE: Shape = Open(&[
    ("exec", Open(&[("command", List(&Text))])),
    ("failureThreshold", Integer),
    ("httpGet", Open(&[("host", Text), ("path", Text), ("port", Scalar), ("scheme", Text)])),
    ("initialDelaySeconds", Integer),
    ("periodSeconds", Integer),
    ("successThreshold", Integer),
    ("tcpSocket", Open(&[("host", Text), ("port", Scalar)])),
    ("timeoutSeconds", Integer),
]);

const SECURITY: Shape = Open(&[
    ("allowPrivilegeEscalation", Switch),
    ("capabilities", Open(&[("add", List(&Text)), ("drop", List(&Text))])),
    ("privileged", Switch),
    ("procMount", Text),
    ("readOnlyRootFilesystem", Switch),
    ("runAsGroup", Integer),
    ("runAsNonRoot", Switch),
    ("runAsUser", Integer),
    ("seLinuxOptions", Map(&Text)),
]);

const CONTAINER: Shape = Open(&[
    ("args", List(&Text)),
    ("command", List(&Text)),
    ("env", List(&ENV)),
    (
        "envFrom",
        List(&Open(&[
            ("configMapRef", Open(&[("name", Text), ("optional", Switch)])),
            ("prefix", Text),
            ("secretRef", Open(&[("name", Text), ("optional", Switch)])),
        ])),
    ),
    ("image", Text),
    ("imagePullPolicy", Text),
    ("livenessProbe", PROBE),
    ("name", Text),
    ("ports", List(&PORT)),
    ("readinessProbe", PROBE),
    ("resources", Open(&[("limits", Map(&Quantity)), ("requests", Map(&Quantity))])),
    ("securityContext", SECURITY),
    ("startupProbe", PROBE),
    ("stdin", Switch),
    ("stdinOnce", Switch),
    ("terminationMessagePath", Text),
    ("tty", Switch),
    (
        "volumeMounts",
        List(&Open(&[
            ("mountPath", Text),
            ("mountPropagation", Text),
            ("name", Text),
            ("readOnly", Switch),
            ("subPath", Text),
        ])),
    ),
    ("workingDir", Text),
]);

const VOLUME: Shape = Open(&[
    (
        "configMap",
        Open(&[
            ("defaultMode", Integer),
            ("items", List(&Open(&[("key", Text), ("mode", Integer), ("path", Text)]))),
            ("name", Text),
            ("optional", Switch),
        ]),
    ),
    ("emptyDir", Open(&[("medium", Text), ("sizeLimit", Quantity)])),
    ("hostPath", Open(&[("path", Text), ("type", Text)])),
    ("name", Text),
    ("persistentVolumeClaim", Open(&[("claimName", Text), ("readOnly", Switch)])),
]);

/// A pod.
pub const POD: Shape = Open(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", META),
    (
        "spec",
        Open(&[
            ("activeDeadlineSeconds", Integer),
            ("automountServiceAccountToken", Switch),
            ("containers", List(&CONTAINER)),
            (
                "dnsConfig",
                Open(&[
                    ("nameservers", List(&Text)),
                    ("options", List(&Open(&[("name", Text), ("value", Text)]))),
                    ("searches", List(&Text)),
                ]),
            ),
            ("dnsPolicy", Text),
            ("enableServiceLinks", Switch),
            ("hostAliases", List(&Open(&[("hostnames", List(&Text)), ("ip", Text)]))),
            ("hostIPC", Switch),
            ("hostNetwork", Switch),
            ("hostPID", Switch),
            ("hostUsers", Switch),
            ("hostname", Text),
            ("initContainers", List(&CONTAINER)),
            ("nodeSelector", Map(&Text)),
            ("restartPolicy", Text),
            (
                "securityContext",
                Open(&[
                    ("fsGroup", Integer),
                    ("runAsGroup", Integer),
                    ("runAsNonRoot", Switch),
                    ("runAsUser", Integer),
                    ("supplementalGroups", List(&Integer)),
                    ("sysctls", List(&Open(&[("name", Text), ("value", Text)]))),
                ]),
            ),
            ("serviceAccountName", Text),
            ("shareProcessNamespace", Switch),
            ("subdomain", Text),
            ("terminationGracePeriodSeconds", Integer),
            ("volumes", List(&VOLUME)),
        ]),
    ),
    ("status", Any),
]);

/// A config map.
pub const CONFIG_MAP: Shape = Open(&[
    ("apiVersion", Text),
    ("binaryData", Map(&Text)),
    ("data", Map(&Text)),
    ("immutable", Switch),
    ("kind", Text),
    ("metadata", META),
]);
