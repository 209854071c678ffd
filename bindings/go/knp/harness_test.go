package knp

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	portcullis "portcullis.dev/go"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

// compiled keeps the compiled guests for all tests.
var compiled = wazero.NewCompilationCache()

// cluster is what an API server knows.
type cluster struct {
	namespaces map[string]*corev1.Namespace
	pods       map[string]*corev1.Pod
	policies   map[string]*networkingv1.NetworkPolicy
}

func newCluster() *cluster {
	return &cluster{map[string]*corev1.Namespace{}, map[string]*corev1.Pod{}, map[string]*networkingv1.NetworkPolicy{}}
}

// parse reads the objects of a cluster; kinds that are not watched are left out.
func parse(objects []json.RawMessage) (*cluster, error) {
	c := newCluster()
	for _, raw := range objects {
		var kind metav1.TypeMeta
		if err := json.Unmarshal(raw, &kind); err != nil {
			return nil, err
		}
		var err error
		switch kind.Kind {
		case kindNamespace:
			namespace := &corev1.Namespace{}
			err = json.Unmarshal(raw, namespace)
			c.namespaces[namespace.Name] = namespace
		case kindPod:
			pod := &corev1.Pod{}
			err = json.Unmarshal(raw, pod)
			// Spelt as packets spell addresses, because their resolver compares texts.
			pod.Status.PodIP = spelt(pod.Status.PodIP)
			for at := range pod.Status.PodIPs {
				pod.Status.PodIPs[at].IP = spelt(pod.Status.PodIPs[at].IP)
			}
			c.pods[pod.Namespace+"/"+pod.Name] = pod
		case kindPolicy:
			policy := &networkingv1.NetworkPolicy{}
			err = json.Unmarshal(raw, policy)
			c.policies[policy.Namespace+"/"+policy.Name] = policy
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func spelt(address string) string {
	if ip := net.ParseIP(address); ip != nil {
		return ip.String()
	}
	return address
}

// sides are two engines of kube-network-policies over the same informers: with its own evaluator, and with ours.
type sides struct {
	t            testing.TB
	client       *fake.Clientset
	factory      informers.SharedInformerFactory
	now          *cluster
	evaluator    *Evaluator
	provider     *podinfo.InformerProvider
	theirs, ours *networkpolicy.PolicyEngine
	standard     *networkpolicy.StandardNetworkPolicy
}

const node = "node-1"

func newSides(t testing.TB) *sides {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	client := fake.NewClientset()
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		t.Fatal(err)
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	standard := networkpolicy.NewStandardNetworkPolicy(node, namespaces, pods, policies)
	config := Config{NodeName: node, Engine: portcullis.EngineConfig{Config: portcullis.Config{Cache: compiled}}}
	evaluator, err := New(ctx, config, namespaces, pods, policies)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = evaluator.Run(ctx)
		close(ended)
	}()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	t.Cleanup(func() {
		cancel()
		<-ended
		factory.Shutdown()
	})
	return &sides{
		t: t, client: client, factory: factory, now: newCluster(), evaluator: evaluator, provider: provider, standard: standard,
		theirs: networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{standard}),
		ours:   networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{evaluator}),
	}
}

// become changes what the API server knows, one object at a time, and waits until the informers know it.
func (s *sides) become(next *cluster) {
	s.t.Helper()
	ctx, core, networking := context.Background(), s.client.CoreV1(), s.client.NetworkingV1()
	check := func(err error) {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	for key, policy := range s.now.policies {
		if next.policies[key] == nil {
			check(networking.NetworkPolicies(policy.Namespace).Delete(ctx, policy.Name, metav1.DeleteOptions{}))
		}
	}
	for key, pod := range s.now.pods {
		if next.pods[key] == nil {
			check(core.Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{}))
		}
	}
	for name := range s.now.namespaces {
		if next.namespaces[name] == nil {
			check(core.Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
		}
	}
	for name, namespace := range next.namespaces {
		if before := s.now.namespaces[name]; before == nil {
			_, err := core.Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
			check(err)
		} else if !equality.Semantic.DeepEqual(before, namespace) {
			_, err := core.Namespaces().Update(ctx, namespace, metav1.UpdateOptions{})
			check(err)
		}
	}
	for key, policy := range next.policies {
		if before := s.now.policies[key]; before == nil {
			_, err := networking.NetworkPolicies(policy.Namespace).Create(ctx, policy, metav1.CreateOptions{})
			check(err)
		} else if !equality.Semantic.DeepEqual(before, policy) {
			_, err := networking.NetworkPolicies(policy.Namespace).Update(ctx, policy, metav1.UpdateOptions{})
			check(err)
		}
	}
	for key, pod := range next.pods {
		if before := s.now.pods[key]; before == nil {
			_, err := core.Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{})
			check(err)
		} else if !equality.Semantic.DeepEqual(before, pod) {
			_, err := core.Pods(pod.Namespace).Update(ctx, pod, metav1.UpdateOptions{})
			check(err)
		}
	}
	s.now = next
	s.wait(func() bool { return s.informed() && s.evaluator.Settled() })
}

// informed says whether the informers know exactly what the API server does.
func (s *sides) informed() bool {
	o := s.evaluator.objects
	all, err := o.all()
	if err != nil || len(all) != len(s.now.namespaces)+len(s.now.pods)+len(s.now.policies) {
		return false
	}
	for _, object := range all {
		key := object.Namespace + "/" + object.Name
		var wanted any
		switch object.Kind {
		case kindNamespace:
			if namespace := s.now.namespaces[object.Name]; namespace != nil {
				wanted = namespaceManifest(namespace)
			}
		case kindPod:
			if pod := s.now.pods[key]; pod != nil {
				wanted = podManifest(pod)
			}
		case kindPolicy:
			if policy := s.now.policies[key]; policy != nil {
				wanted = policyManifest(policy, strict)
			}
		}
		// What decisions are about: the API server adds to objects what is its own.
		text, err := json.Marshal(wanted)
		if found, missing := o.manifest(object, strict); err != nil || missing != nil || found != string(text) {
			return false
		}
	}
	return true
}

func (s *sides) wait(is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("nothing happens any more")
		}
	}
}

// probe is a packet by its addresses.
type probe struct {
	from, to string
	protocol corev1.Protocol
	port     int
}

func (p probe) packet() *network.Packet {
	return &network.Packet{
		SrcIP: net.ParseIP(p.from), DstIP: net.ParseIP(p.to), Proto: p.protocol, DstPort: p.port, SrcPort: 40000,
	}
}

func (p probe) String() string {
	return fmt.Sprintf("%s -> %s, %s %d", p.from, p.to, p.protocol, p.port)
}

// differences are the probes on which the two engines do not agree. What informers have told of reaches the two in any
// order, so they get a while to agree.
func (s *sides) differences(probes []probe) (different []string, allowed int) {
	s.t.Helper()
	ctx := context.Background()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		different, allowed = nil, 0
		for _, probe := range probes {
			theirs, err := s.theirs.EvaluatePacket(ctx, probe.packet())
			if err != nil {
				s.t.Fatal(err)
			}
			ours, err := s.ours.EvaluatePacket(ctx, probe.packet())
			if err != nil {
				s.t.Fatal(err)
			}
			if theirs != ours {
				different = append(different, fmt.Sprintf("%v: theirs %v, ours %v", probe, theirs, ours))
			}
			if ours {
				allowed++
			}
		}
		if len(different) == 0 || time.Now().After(end) {
			return different, allowed
		}
	}
}
