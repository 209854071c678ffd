package knp

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// namespaceOf is a namespace of 200 pods in 20 apps, with as many policies as asked: each lets one app reach another on
// a port, so that the more there are the more of them select the same pods.
func namespaceOf(policies int) *cluster {
	c := newCluster()
	c.namespaces["shop"] = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	for number := range 200 {
		ip := fmt.Sprintf("10.0.0.%d", number+1)
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: fmt.Sprintf("p%d", number), Labels: map[string]string{"app": fmt.Sprint(number % 20)},
		}}
		pod.Spec.NodeName = node
		pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}}
		c.pods["shop/"+pod.Name] = pod
	}
	protocol := corev1.ProtocolTCP
	for number := range policies {
		port := intstr.FromInt32(int32(1000 + number))
		policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: fmt.Sprintf("l%d", number)}}
		policy.Spec = networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": fmt.Sprint(number % 20)}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From: []networkingv1.NetworkPolicyPeer{{
					PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": fmt.Sprint((number + 7) % 20)}},
				}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: &protocol, Port: &port}},
			}},
		}
		c.policies["shop/"+policy.Name] = policy
	}
	return c
}

// BenchmarkPacket is a packet through a PolicyEngine of kube-network-policies, with its own evaluator and with ours.
func BenchmarkPacket(b *testing.B) {
	for _, policies := range []int{1, 10, 100, 1000} {
		s := newSides(b)
		s.become(namespaceOf(policies))
		var probes []probe
		for number := range 200 {
			probes = append(probes, probe{
				fmt.Sprintf("10.0.0.%d", number+1), fmt.Sprintf("10.0.0.%d", (number*7)%200+1),
				corev1.ProtocolTCP, 1000 + number%max(policies, 1),
			})
		}
		for name, engine := range map[string]*networkpolicy.PolicyEngine{"own": s.theirs, "portcullis": s.ours} {
			b.Run(fmt.Sprintf("%s/%d", name, policies), func(b *testing.B) {
				ctx := context.Background()
				at := 0
				for b.Loop() {
					if _, err := engine.EvaluatePacket(ctx, probes[at%len(probes)].packet()); err != nil {
						b.Fatal(err)
					}
					at++
				}
			})
		}
	}
}
