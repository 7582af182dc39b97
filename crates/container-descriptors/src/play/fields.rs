//! The fields of a Pod and a `ConfigMap` that `podman kube play` reads, with Kubernetes' types. It ignores unknown names
//! and refuses a value of another type.

use crate::shape::Shape::{self, Any, Ignored, Integer, List, Map, Open, Quantity, Scalar, Switch, Text};

const META: Shape = Open(&[
    (
        Any,
        &[
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "finalizers",
            "generateName",
            "generation",
            "managedFields",
            "ownerReferences",
            "resourceVersion",
            "selfLink",
            "uid",
        ],
    ),
    (Map(&Text), &["annotations", "labels"]),
    (Text, &["name", "namespace"]),
]);

const KEY: Shape = Open(&[(Switch, &["optional"]), (Text, &["key", "name"])]);

const NAME: Shape = Open(&[(Switch, &["optional"]), (Text, &["name"])]);

const NAMED_VALUES: Shape = List(&Open(&[(Text, &["name", "value"])]));

const FIELD: Shape = Open(&[(Text, &["apiVersion", "fieldPath"])]);

const RESOURCE_FIELD: Shape = Open(&[(Scalar, &["divisor"]), (Text, &["containerName", "resource"])]);

const VALUE_FROM: Shape = Open(&[
    (Any, &["fileKeyRef"]),
    (FIELD, &["fieldRef"]),
    (KEY, &["configMapKeyRef", "secretKeyRef"]),
    (RESOURCE_FIELD, &["resourceFieldRef"]),
]);

const ENV: Shape = Open(&[(Text, &["name", "value"]), (VALUE_FROM, &["valueFrom"])]);

const ENV_FROM: Shape = Open(&[(Ignored(&Text), &["prefix"]), (NAME, &["configMapRef", "secretRef"])]);

const PORT: Shape =
    Open(&[(Integer, &["containerPort", "hostPort"]), (Text, &["hostIP", "name", "protocol"])]);

const EXEC: Shape = Open(&[(List(&Text), &["command"])]);

const HTTP_GET: Shape =
    Open(&[(NAMED_VALUES, &["httpHeaders"]), (Scalar, &["port"]), (Text, &["host", "path", "scheme"])]);

const TCP_SOCKET: Shape = Open(&[(Scalar, &["port"]), (Text, &["host"])]);

const PROBE: Shape = Open(&[
    (Any, &["grpc"]),
    (EXEC, &["exec"]),
    (HTTP_GET, &["httpGet"]),
    (
        Integer,
        &[
            "failureThreshold",
            "initialDelaySeconds",
            "periodSeconds",
            "successThreshold",
            "terminationGracePeriodSeconds",
            "timeoutSeconds",
        ],
    ),
    (TCP_SOCKET, &["tcpSocket"]),
]);

const HANDLER: Shape =
    Open(&[(Any, &["sleep"]), (EXEC, &["exec"]), (HTTP_GET, &["httpGet"]), (TCP_SOCKET, &["tcpSocket"])]);

const LIFECYCLE: Shape = Open(&[(Ignored(&HANDLER), &["postStart", "preStop"]), (Text, &["stopSignal"])]);

const SECURITY: Shape = Open(&[
    (Any, &["appArmorProfile", "seccompProfile", "windowsOptions"]),
    (Ignored(&Switch), &["runAsNonRoot"]),
    (Integer, &["runAsGroup", "runAsUser"]),
    (Map(&Text), &["seLinuxOptions"]),
    (Open(&[(List(&Text), &["add", "drop"])]), &["capabilities"]),
    (Switch, &["allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem"]),
    (Text, &["procMount"]),
]);

const POD_SECURITY: Shape = Open(&[
    (
        Any,
        &[
            "appArmorProfile",
            "fsGroupChangePolicy",
            "seLinuxChangePolicy",
            "seccompProfile",
            "supplementalGroupsPolicy",
            "windowsOptions",
        ],
    ),
    (Ignored(&Integer), &["fsGroup"]),
    (Ignored(&Switch), &["runAsNonRoot"]),
    (Integer, &["runAsGroup", "runAsUser"]),
    (List(&Integer), &["supplementalGroups"]),
    (Map(&Text), &["seLinuxOptions"]),
    (NAMED_VALUES, &["sysctls"]),
]);

const VOLUME_MOUNT: Shape = Open(&[
    (Ignored(&Text), &["subPathExpr"]),
    (Switch, &["readOnly"]),
    (Text, &["mountPath", "mountPropagation", "name", "recursiveReadOnly", "subPath"]),
]);

const RESOURCES: Shape = Open(&[(Any, &["claims"]), (Map(&Quantity), &["limits", "requests"])]);

const CONTAINER: Shape = Open(&[
    (Any, &["resizePolicy", "restartPolicy", "restartPolicyRules", "volumeDevices"]),
    (Ignored(&PROBE), &["readinessProbe", "startupProbe"]),
    (Ignored(&Switch), &["stdin", "stdinOnce", "tty"]),
    (LIFECYCLE, &["lifecycle"]),
    (List(&ENV), &["env"]),
    (List(&ENV_FROM), &["envFrom"]),
    (List(&PORT), &["ports"]),
    (List(&Text), &["args", "command"]),
    (List(&VOLUME_MOUNT), &["volumeMounts"]),
    (RESOURCES, &["resources"]),
    (PROBE, &["livenessProbe"]),
    (SECURITY, &["securityContext"]),
    (
        Text,
        &[
            "image",
            "imagePullPolicy",
            "name",
            "terminationMessagePath",
            "terminationMessagePolicy",
            "workingDir",
        ],
    ),
]);

const ITEM: Shape = Open(&[(Integer, &["mode"]), (Text, &["key", "path"])]);

const CONFIG_MAP_VOLUME: Shape = Open(&[
    (Integer, &["defaultMode"]),
    (List(&ITEM), &["items"]),
    (Switch, &["optional"]),
    (Text, &["name"]),
]);

const SECRET_VOLUME: Shape = Open(&[
    (Integer, &["defaultMode"]),
    (List(&ITEM), &["items"]),
    (Switch, &["optional"]),
    (Text, &["secretName"]),
]);

/// Kinds of volumes that podman refuses.
pub const OTHER_VOLUMES: [&str; 27] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "downwardAPI",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "serviceAccountToken",
    "storageos",
    "vsphereVolume",
    "windows",
];

const VOLUME: Shape = Open(&[
    (Any, &OTHER_VOLUMES),
    (Open(&[(Text, &["pullPolicy", "reference"])]), &["image"]),
    (SECRET_VOLUME, &["secret"]),
    (CONFIG_MAP_VOLUME, &["configMap"]),
    (Open(&[(Quantity, &["sizeLimit"]), (Text, &["medium"])]), &["emptyDir"]),
    (Open(&[(Switch, &["readOnly"]), (Text, &["claimName"])]), &["persistentVolumeClaim"]),
    (Open(&[(Text, &["path", "type"])]), &["hostPath"]),
    (Text, &["name"]),
]);

const DNS: Shape = Open(&[(List(&Text), &["nameservers", "searches"]), (NAMED_VALUES, &["options"])]);

const HOST_ALIAS: Shape = Open(&[(List(&Text), &["hostnames"]), (Text, &["ip"])]);

const SPEC: Shape = Open(&[
    (
        Any,
        &[
            "affinity",
            "ephemeralContainers",
            "nodeName",
            "os",
            "overhead",
            "preemptionPolicy",
            "priority",
            "priorityClassName",
            "readinessGates",
            "resourceClaims",
            "resources",
            "schedulerName",
            "schedulingGates",
            "tolerations",
            "topologySpreadConstraints",
        ],
    ),
    (DNS, &["dnsConfig"]),
    (Ignored(&List(&NAME)), &["imagePullSecrets"]),
    (Ignored(&Text), &["dnsPolicy", "runtimeClassName", "serviceAccount", "serviceAccountName"]),
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
            "setHostnameAsFQDN",
            "shareProcessNamespace",
        ],
    ),
    (Text, &["hostname", "restartPolicy", "subdomain"]),
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
