package knp

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"

	portcullis "portcullis.dev/go"
)

const (
	kindNamespace = "Namespace"
	kindPod       = "Pod"
	kindPolicy    = "NetworkPolicy"
)

// strength is how much of an object is passed on, when all of it is refused.
type strength int

const (
	// strict is all that decisions are about.
	strict strength = iota
	// isolating is a policy's selector and directions, without rules.
	isolating
	// weakest is a policy that isolates its whole namespace.
	weakest
)

// objects are those that the informers know.
type objects struct {
	namespaces corelisters.NamespaceLister
	pods       corelisters.PodLister
	policies   networkinglisters.NetworkPolicyLister
}

// all names every object.
func (o objects) all() ([]portcullis.Object, error) {
	var all []portcullis.Object
	namespaces, err := o.namespaces.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, namespace := range namespaces {
		all = append(all, portcullis.Object{Kind: kindNamespace, Name: namespace.Name})
	}
	pods, err := o.pods.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, pod := range pods {
		all = append(all, portcullis.Object{Kind: kindPod, Namespace: pod.Namespace, Name: pod.Name})
	}
	policies, err := o.policies.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, policy := range policies {
		all = append(all, portcullis.Object{Kind: kindPolicy, Namespace: policy.Namespace, Name: policy.Name})
	}
	return all, nil
}

// manifest is an object as text: what decisions are about and no more. It is empty for one that is not there any more.
func (o objects) manifest(object portcullis.Object, how strength) (string, error) {
	var found any
	var err error
	switch object.Kind {
	case kindNamespace:
		var namespace *corev1.Namespace
		if namespace, err = o.namespaces.Get(object.Name); err == nil {
			found = namespaceManifest(namespace)
		}
	case kindPod:
		var pod *corev1.Pod
		if pod, err = o.pods.Pods(object.Namespace).Get(object.Name); err == nil {
			found = podManifest(pod)
		}
	case kindPolicy:
		var policy *networkingv1.NetworkPolicy
		if policy, err = o.policies.NetworkPolicies(object.Namespace).Get(object.Name); err == nil {
			found = policyManifest(policy, how)
		}
	default:
		return "", fmt.Errorf("kind %q is none that is watched", object.Kind)
	}
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(found)
	return string(text), err
}

func named(object metav1.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName(), Labels: object.GetLabels()}
}

func namespaceManifest(namespace *corev1.Namespace) any {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: kindNamespace},
		ObjectMeta: named(namespace),
	}
}

func podManifest(pod *corev1.Pod) any {
	small := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: kindPod},
		ObjectMeta: named(pod),
		Spec:       corev1.PodSpec{NodeName: pod.Spec.NodeName, HostNetwork: pod.Spec.HostNetwork},
		Status: corev1.PodStatus{
			Phase: pod.Status.Phase, PodIP: pod.Status.PodIP, PodIPs: pod.Status.PodIPs, HostIP: pod.Status.HostIP,
		},
	}
	// The ports of init containers are no pod's ports to kube-network-policies.
	for _, container := range pod.Spec.Containers {
		small.Spec.Containers = append(small.Spec.Containers, corev1.Container{
			Name: container.Name, Image: container.Image, Ports: container.Ports,
		})
	}
	return small
}

func policyManifest(policy *networkingv1.NetworkPolicy, how strength) any {
	small := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: kindPolicy},
		ObjectMeta: named(policy),
		Spec:       policy.Spec,
	}
	if how >= isolating {
		small.Labels = nil
		types := policy.Spec.PolicyTypes
		if len(types) == 0 {
			// What the API server fills in.
			types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
			if len(policy.Spec.Egress) > 0 {
				types = append(types, networkingv1.PolicyTypeEgress)
			}
		}
		small.Spec = networkingv1.NetworkPolicySpec{PodSelector: policy.Spec.PodSelector, PolicyTypes: types}
	}
	if how >= weakest {
		small.Spec = networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		}
	}
	return small
}
