# What the guest's agent lets Kubernetes do with the pod. A request without a rule is refused. This is a beginning that
# starts no container: replace it by the policy of your pod. IBM's contract-go makes one from a pod's descriptor.
package agent_policy

default CreateContainerRequest := false
default ExecProcessRequest := false
default ReadStreamRequest := false
default SetPolicyRequest := false
default WriteStreamRequest := false
