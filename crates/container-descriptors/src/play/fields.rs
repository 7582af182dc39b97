//! The fields of a Pod and a `ConfigMap` that `podman kube play` reads, with Kubernetes' types. It ignores unknown names
//! and refuses a value of another type.

use crate::shape::Shape::{self, Any, Integer, List, Map, Open, Quantity, Scalar, Scalar as Text, Switch};

const META: Shape = Open(&[(Map(&Text), &["annotations", "labels"]), (Text, &["name", "namespace"])]);

const KEY: Shape = Open(&[(Switch, &["optional"]), (Text, &["key", "name"])]);

const NAME: Shape = Open(&[(Switch, &["optional"]), (Text, &["name"])]);

const NAMED_VALUES: Shape = List(&Open(&[(Text, &["name", "value"])]));

const FIELD: Shape = Open(&[(Text, &["apiVersion", "fieldPath"])]);

const RESOURCE_FIELD: Shape = Open(&[(Scalar, &["divisor"]), (Text, &["containerName", "resource"])]);

const VALUE_FROM: Shape = Open(&[
    (FIELD, &["fieldRef"]),
    (KEY, &["configMapKeyRef", "secretKeyRef"]),
    (RESOURCE_FIELD, &["resourceFieldRef"]),
]);

const ENV: Shape = Open(&[(Text, &["name", "value"]), (VALUE_FROM, &["valueFrom"])]);

const ENV_FROM: Shape = Open(&[(NAME, &["configMapRef", "secretRef"]), (Text, &["prefix"])]);

const PORT: Shape =
    Open(&[(Integer, &["containerPort", "hostPort"]), (Text, &["hostIP", "name", "protocol"])]);

const PROBE: Shape = Open(&[
    (Open(&[(List(&Text), &["command"])]), &["exec"]),
    (Open(&[(Scalar, &["port"]), (Text, &["host", "path", "scheme"])]), &["httpGet"]),
    (Open(&[(Scalar, &["port"]), (Text, &["host"])]), &["tcpSocket"]),
    (
        Integer,
        &["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"],
    ),
]);

const SECURITY: Shape = Open(&[
    (Integer, &["runAsGroup", "runAsUser"]),
    (Map(&Text), &["seLinuxOptions"]),
    (Open(&[(List(&Text), &["add", "drop"])]), &["capabilities"]),
    (Switch, &["allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "runAsNonRoot"]),
    (Text, &["procMount"]),
]);

const POD_SECURITY: Shape = Open(&[
    (Integer, &["fsGroup", "runAsGroup", "runAsUser"]),
    (List(&Integer), &["supplementalGroups"]),
    (NAMED_VALUES, &["sysctls"]),
    (Switch, &["runAsNonRoot"]),
]);

const VOLUME_MOUNT: Shape =
    Open(&[(Switch, &["readOnly"]), (Text, &["mountPath", "mountPropagation", "name", "subPath"])]);

const CONTAINER: Shape = Open(&[
    (List(&ENV), &["env"]),
    (List(&ENV_FROM), &["envFrom"]),
    (List(&PORT), &["ports"]),
    (List(&Text), &["args", "command"]),
    (List(&VOLUME_MOUNT), &["volumeMounts"]),
    (Open(&[(Map(&Quantity), &["limits", "requests"])]), &["resources"]),
    (PROBE, &["livenessProbe", "readinessProbe", "startupProbe"]),
    (SECURITY, &["securityContext"]),
    (Switch, &["stdin", "stdinOnce", "tty"]),
    (Text, &["image", "imagePullPolicy", "name", "terminationMessagePath", "workingDir"]),
]);

const ITEM: Shape = Open(&[(Integer, &["mode"]), (Text, &["key", "path"])]);

const CONFIG_MAP_VOLUME: Shape = Open(&[
    (Integer, &["defaultMode"]),
    (List(&ITEM), &["items"]),
    (Switch, &["optional"]),
    (Text, &["name"]),
]);

const VOLUME: Shape = Open(&[
    (CONFIG_MAP_VOLUME, &["configMap"]),
    (Open(&[(Quantity, &["sizeLimit"]), (Text, &["medium"])]), &["emptyDir"]),
    (Open(&[(Switch, &["readOnly"]), (Text, &["claimName"])]), &["persistentVolumeClaim"]),
    (Open(&[(Text, &["path", "type"])]), &["hostPath"]),
    (Text, &["name"]),
]);

const DNS: Shape = Open(&[(List(&Text), &["nameservers", "searches"]), (NAMED_VALUES, &["options"])]);

const HOST_ALIAS: Shape = Open(&[(List(&Text), &["hostnames"]), (Text, &["ip"])]);

const SPEC: Shape = Open(&[
    (DNS, &["dnsConfig"]),
    (Integer, &["activeDeadlineSeconds", "terminationGracePeriodSeconds"]),
    (List(&CONTAINER), &["containers", "initContainers"]),
    (List(&HOST_ALIAS), &["hostAliases"]),
    (List(&VOLUME), &["volumes"]),
    (Map(&Text), &["nodeSelector"]),
    (POD_SECURITY, &["securityContext"]),
    (
        Switch,
        &[
            "automountServiceAccountToken",
            "enableServiceLinks",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "shareProcessNamespace",
        ],
    ),
    (Text, &["dnsPolicy", "hostname", "restartPolicy", "serviceAccountName", "subdomain"]),
]);

/// A pod.
pub const POD: Shape =
    Open(&[(Any, &["status"]), (META, &["metadata"]), (SPEC, &["spec"]), (Text, &["apiVersion", "kind"])]);

/// A config map.
pub const CONFIG_MAP: Shape = Open(&[
    (META, &["metadata"]),
    (Map(&Text), &["binaryData", "data"]),
    (Switch, &["immutable"]),
    (Text, &["apiVersion", "kind"]),
]);
